"""PLACEHOLDER until review-pages writes this module: overwrite it whole."""

from django.http import Http404, HttpRequest, HttpResponse


def risks(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404

def risk(request: HttpRequest, reference: str, **_: object) -> HttpResponse:
    raise Http404
