"""Asking the API as somebody, in a session or through a token."""

from collections.abc import Iterable
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services.tokens import issue_token
from api.problems import MEDIA_TYPE
from initiatives.models import Initiative
from metrics.models import Metric
from metrics.scopes import narrow


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


def make_token(
    user: User,
    *,
    writes: bool = True,
    initiatives: Iterable[Initiative] = (),
    metrics: Iterable[Metric] = (),
    name: str = "Feed",
    days: int = 30,
) -> str:
    """The secret of a token that works now; narrowed where something is named."""
    initiatives, metrics = [*initiatives], [*metrics]
    token, secret = issue_token(
        user=user,
        name=name,
        days=days,
        writes=writes,
        narrowed=bool(initiatives or metrics),
        at=timezone.now(),
    )
    if token.narrowed:
        narrow(token=token, initiatives=initiatives, metrics=metrics)
    return secret


def by_token(user: User, **more: Any) -> Caller:
    return Caller(secret=make_token(user, **more))
