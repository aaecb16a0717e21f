"""The main navigation: what each role comes for, with what waits behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.roles import Permission, Role
from portfolio.waiting import waits


@dataclass(frozen=True)
class Place:
    """An item of the navigation: for whom, and the name of what is counted there."""

    key: str
    label: str
    url_name: str
    shown_to: Callable[[User], bool]
    waits: str = ""
    shown_while_waiting: bool = False
    """Whether it is shown to others as well while something waits for them there."""


def _office(user: User) -> bool:
    return Role.PROGRAM_OFFICE in user.roles


def _steers(user: User) -> bool:
    return bool({Role.PROGRAM_OFFICE, Role.EXECUTIVE} & set(user.roles))


def _reviewer(user: User) -> bool:
    return bool(user.remits)


def _works(user: User) -> bool:
    """Owners, contributors and sponsors have no role; what they see is what they are part of."""
    return not user.roles


PLACES = (
    Place("attention", "Attention", "portfolio:attention", _office, "attention"),
    Place("inbox", "Inbox", "portfolio:inbox", _reviewer, "inbox", shown_while_waiting=True),
    Place("tasks", "Tasks", "portfolio:tasks", _works, "tasks"),
    Place(
        "portfolio",
        "Portfolio",
        "portfolio:table",
        lambda user: _works(user) or user.may(Permission.SEE_ALL),
    ),
    Place(
        "dashboard", "Dashboard", "portfolio:dashboard", lambda user: user.may(Permission.SEE_ALL)
    ),
    Place(
        "decisions",
        "Decisions",
        "portfolio:decisions",
        lambda user: _works(user) or user.may(Permission.SEE_ALL),
        "decisions",
    ),
    Place("intake", "Intake", "portfolio:intake", _steers),
    Place("graveyard", "Graveyard", "portfolio:graveyard", _steers),
    Place("proving", "Proving", "portfolio:proving", lambda user: user.may(Permission.ASSIGN)),
    Place("import", "Import", "portfolio:imports", lambda user: user.may(Permission.IMPORT)),
    Place("people", "People", "accounts:people", lambda user: user.may(Permission.PEOPLE)),
    Place("mailbox", "Mailbox", "reminders:mailbox", lambda user: settings.DEMO),
)


def nav(request: HttpRequest) -> dict[str, Any]:
    """``nav_items`` for the page's frame. Lazy: a fragment that shows none costs no query."""
    return {
        "nav_items": SimpleLazyObject(lambda: _items(request)),
        "account_items": SimpleLazyObject(lambda: _account_items(request)),
    }


def _items(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    if not isinstance(user, User):
        return []
    shown = [place for place in PLACES if place.shown_to(user)]
    counted = waits(request, user) if any(place.waits for place in shown) else None

    def waiting(place: Place) -> int:
        return getattr(counted, place.waits) if counted and place.waits else 0

    return [
        {
            "key": place.key,
            "label": place.label,
            "url": reverse(place.url_name),
            "count": waiting(place),
        }
        for place in PLACES
        if place in shown or (place.shown_while_waiting and waiting(place))
    ]


def _account_items(request: HttpRequest) -> list[dict[str, str]]:
    user = request.user
    if not isinstance(user, User):
        return []
    shown = [
        ("Profile and sign-in", reverse("accounts:profile")),
        ("Playbook", reverse("portfolio:playbook")),
        ("Glossary", reverse("portfolio:glossary")),
    ]
    if user.may(Permission.SEE_ALL):
        shown.append(("Crosswalk to other frameworks", reverse("portfolio:crosswalk")))
    if user.may(Permission.SEE_ALL):
        shown.append(("Funds", reverse("portfolio:funds")))
        shown.append(("Value ledger", reverse("portfolio:promises")))
        shown.append(("Shared dependencies", reverse("portfolio:dependencies")))
    if user.may(Permission.MEET):
        shown.append(("Gate meetings", reverse("portfolio:meetings")))
    if user.may(Permission.EDIT_ALL):
        shown.append(("Reminders sent", reverse("reminders:sent")))
    if user.may(Permission.CONNECT):
        shown.append(("Webhooks", reverse("webhooks:endpoints")))
    return [{"label": label, "url": url} for label, url in shown]
