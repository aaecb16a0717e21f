"""The door to every operation: who asks, by which token, and that a change is made once or not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja.utils import check_csrf

from accounts.models import Token, User
from accounts.services.answers import Keyed
from accounts.services.tokens import token_of
from api.problems import problem
from audit.canonical import digest_of
from audit.services import acting_through
from metrics.scopes import Reach, reach_of

View = Callable[..., HttpResponse]

SAFE = ("GET", "HEAD", "OPTIONS")
SCHEME = "bearer "
KEY_HEADER = "Idempotency-Key"
KEY_LENGTH = 200
KEY = re.compile(f"[!-~]{{1,{KEY_LENGTH}}}")
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Asker:
    """A person, in a session or through one of their tokens."""

    user: User
    token: Token | None = None

    @cached_property
    def reach(self) -> Reach:
        return reach_of(self.token)

    @property
    def means(self) -> str:
        return f"the token “{self.token.name}”" if self.token else ""


def asker(request: HttpRequest) -> Asker:
    return cast(Asker, request.asker)  # type: ignore[attr-defined]


def guarded(operation: View) -> View:
    """The operation behind the door. A request with an Authorization header is its token's, and
    never the session's of the same browser."""

    @csrf_exempt
    @wraps(operation)
    def guard(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (unread := _unreadable(request)) is not None:
            return unread
        who = _asker_of(request)
        if isinstance(who, HttpResponse):
            return who
        request.user, request.asker = who.user, who  # type: ignore[attr-defined]
        if request.method in SAFE:
            return operation(request, *args, **kwargs)
        if who.token is not None and not who.token.writes:
            return problem(403, ["This token reads only. Make one that may write."])
        with acting_through(who.means):
            return _once(who, request, lambda: operation(request, *args, **kwargs))

    guard.login_required = False  # type: ignore[attr-defined]
    return guard


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """The problem with a body that is too large, or no JSON."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        return problem(413, [f"A request may have {MOST_BYTES} bytes. Send several."])
    if int(length) and request.content_type != "application/json":
        return problem(415, ["Content-Type: send application/json."])
    return None


def _asker_of(request: HttpRequest) -> Asker | HttpResponse:
    """Who asks; the problem, where nobody does who may."""
    header = request.headers.get("Authorization", "")
    if header:
        if not header.lower().startswith(SCHEME):
            return problem(401, ["Send the token as “Authorization: Bearer …”."])
        token = token_of(header[len(SCHEME) :], at=timezone.now())
        if token is None:
            return problem(401, ["This token is unknown, revoked or has run out."])
        return Asker(token.user, token)
    if not isinstance(request.user, User):
        return problem(401)
    if request.method not in SAFE and check_csrf(request) is not None:
        return problem(403, ["The CSRF token is missing or wrong. Send the X-CSRFToken header."])
    return Asker(request.user)


def _once(who: Asker, request: HttpRequest, carry_out: Callable[[], HttpResponse]) -> HttpResponse:
    """Carry the request out in one transaction, which a problem rolls back whole. One that carries
    a key is answered as it was the first time; a problem keeps no key busy."""
    key = request.headers.get(KEY_HEADER) if request.method == "POST" else None
    with transaction.atomic():
        if key is None:
            return _undone_by_a_problem(carry_out())
        if not KEY.fullmatch(key):
            words = f"{KEY_HEADER}: send 1 to {KEY_LENGTH} visible ASCII characters."
            return problem(422, [words])
        asked = digest_of([request.method, request.get_full_path(), request.body.hex()])
        keyed = Keyed(who.user, who.token, key, asked)
        keyed.wait()
        kept = keyed.answered()
        if kept is not None and kept.request != asked:
            words = f"{KEY_HEADER}: another request was sent under this key. Choose a fresh one."
            return problem(422, [words], kind="key-reused")
        if kept is not None:
            answer = HttpResponse(
                kept.body, status=kept.status, content_type="application/json; charset=utf-8"
            )
            answer["Idempotent-Replayed"] = "true"
            return answer
        response = _undone_by_a_problem(carry_out())
        if response.status_code < 400:
            body = response.content.decode()
            keyed.keep(status=response.status_code, body=body, at=timezone.now())
        return response


def _undone_by_a_problem(response: HttpResponse) -> HttpResponse:
    if response.status_code >= 400:
        transaction.set_rollback(True)
    return response
