"""Text that PostgreSQL cannot hold is refused at the door, once for every page."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict


class TextMiddleware:
    """Answers 400 to a NUL in the query string, a cookie or a form field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _refuse(_texts(request.GET))
        _refuse(request.COOKIES.values())
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        _refuse(_texts(request.POST))


def _texts(query: QueryDict) -> Iterable[str]:
    return chain(query, *(values for _name, values in query.lists()))


def _refuse(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("A NUL character is in no text that people write.")
