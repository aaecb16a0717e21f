"""Asking the API as somebody, in a session or through a token."""

from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from api.problems import MEDIA_TYPE
from tests.factories import make_token


class Caller:
    """``status``, ``body`` and ``headers`` are those of the last answer."""

    def __init__(self, user: User | None = None, *, secret: str = "", csrf: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=csrf)
        if user is not None and not secret:
            self.client.force_login(user)
        self.standing_headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def __call__(
        self, method: str, path: str, body: Any = None, *, key: str = "", **headers: str
    ) -> Any:
        """The answer's JSON; a problem's is checked to be one."""
        sent = {**self.standing_headers, **headers}
        if key:
            sent["Idempotency-Key"] = key
        response = self.client.generic(
            method,
            f"/api/v1/{path}",
            "" if body is None else self.client._encode_json(body, "application/json"),
            content_type="application/json",
            headers=sent,
        )
        self.status, self.headers = response.status_code, response.headers
        self.body = response.json() if response.content else None
        if self.status >= 400:
            assert self.headers["Content-Type"] == MEDIA_TYPE, response.content
            assert self.body["status"] == self.status
        return self.body


def secret_of(user: User, **more: Any) -> str:
    """The secret of a new token that works now."""
    return make_token(user, at=timezone.now(), **more)[1]


def by_token(user: User, **more: Any) -> Caller:
    return Caller(secret=secret_of(user, **more))
