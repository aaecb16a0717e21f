"""PLACEHOLDER until review-pages writes this module: overwrite it whole."""

from django.http import Http404, HttpRequest, HttpResponse


def design(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def ladder(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def check(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404
