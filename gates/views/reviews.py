"""PLACEHOLDER until review-pages writes this module: overwrite it whole."""

from django.http import Http404, HttpRequest, HttpResponse


def review(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def submit(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def withdraw(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def sign_off(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def criterion(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404
