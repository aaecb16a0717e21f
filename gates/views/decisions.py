"""PLACEHOLDER until review-pages writes this module: overwrite it whole."""

from django.http import Http404, HttpRequest, HttpResponse


def decide(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def decision(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def condition(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404
