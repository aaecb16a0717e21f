"""What the API says when it does not do what was asked: problem details (RFC 9457)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from accounts.errors import NotAllowed, Refused

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"

# Status -> the last part of the type, and what it means.
KINDS = {
    400: ("unreadable", "The request cannot be read."),
    401: ("unauthenticated", "Sign in, or send a token that works."),
    403: ("forbidden", "You see this, and have no right to what you ask."),
    404: ("not-found", "There is nothing here, or nothing that you may see."),
    405: ("no-such-method", "This address does not answer this method."),
    409: ("refused", "What you ask is understood, and not possible as things stand."),
    413: ("too-large", "The request is too large."),
    415: ("no-json", "The request's body is not JSON."),
    422: ("invalid", "The request is not what the API's document asks for."),
    500: ("failed", "Clearway failed. Its log says why."),
}


class Problem(Schema):
    """``reasons`` are sentences, each naming what to do."""

    type: str
    title: str
    status: int
    detail: str
    reasons: list[str]


class Declined(Exception):
    """An answer of the API's own that is no service's refusal."""

    def __init__(self, status: int, *reasons: str) -> None:
        self.status, self.reasons = status, reasons
        super().__init__(*reasons)


def problem(status: int, reasons: Iterable[str] = (), kind: str = "") -> HttpResponse:
    """The problem document for a status, with every reason that is known."""
    known, title = KINDS.get(status, ("failed", "The request was not carried out."))
    said = [reason for reason in reasons if reason]
    response = JsonResponse(
        {
            "type": f"urn:clearway:{kind or known}",
            "title": title,
            "status": status,
            "detail": " ".join(said) or title,
            "reasons": said,
        },
        status=status,
        content_type=MEDIA_TYPE,
    )
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Clearway"'
    return response


def _where(error: dict[str, Any]) -> str:
    """The field that an error is about, as the request spells it."""
    source, *path = error["loc"]
    named = path[1:] if source == "body" else path
    return ".".join(str(part) for part in named) or str(source)


def _invalid(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    return problem(422, [f"{_where(e)}: {e['msg']}." for e in invalid.errors])


def answer_problems(api: NinjaAPI) -> None:
    """Teach the API what each exception is answered with."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        ValidationError: _invalid,
        Declined: lambda _request, e: problem(e.status, e.reasons),
        Refused: lambda _request, e: problem(409, e.reasons),
        NotAllowed: lambda _request, e: problem(403, [str(e)]),
        PermissionDenied: lambda _request, e: problem(403, [str(e)]),
        Http404: lambda _request, _e: problem(404),
        HttpError: lambda _request, e: problem(e.status_code, [str(e)]),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


class ProblemMiddleware:
    """What goes wrong before or beside an operation (no such address, a text that nobody can store,
    a fault of ours) is told in the same form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            not request.path_info.startswith(PREFIX)
            or response.status_code < 400
            or response.get("Content-Type") == MEDIA_TYPE
        ):
            return response
        told = problem(response.status_code)
        if response.has_header("Allow"):
            told["Allow"] = response["Allow"]
        return told
