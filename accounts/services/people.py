"""Roles, leaving and coming back, and what people say of themselves."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.errors import Refused
from accounts.hooks import rights_changed
from accounts.models import User
from accounts.roles import Role
from accounts.services.shared import Given, give, in_words, note, one_at_a_time


@transaction.atomic
def set_grants(*, user: User, grants: Sequence[Given], by: User, at: datetime) -> User:
    """Replace somebody's roles and remits. Raises Refused for the last administrator's role."""
    one_at_a_time()
    stored = User.objects.get(pk=user.pk)
    before = sorted(stored.grants.values_list("role", "remit"))
    if sorted(grants) == before:
        return stored
    if (str(Role.ADMINISTRATOR), "") not in grants:
        _keep_an_administrator(stored)
    give(stored, grants)
    note(
        "person.roles_changed",
        f"{stored}: {in_words(grants)} (was {in_words(before)})",
        data={"user": stored.pk, "before": before, "after": sorted(grants)},
        by=by,
        at=at,
    )
    rights_changed(at)
    return stored


@transaction.atomic
def deactivate(*, user: User, by: User, at: datetime) -> User:
    """Somebody left: they can sign in no more, and what they did stays theirs.

    Raises Refused for the last administrator.
    """
    one_at_a_time()
    stored = User.objects.get(pk=user.pk)
    if not stored.is_active:
        return stored
    _keep_an_administrator(stored)
    stored.is_active = False
    stored.save(update_fields=["is_active"])
    note(
        "person.deactivated",
        f"{stored} can no longer sign in",
        data={"user": stored.pk},
        by=by,
        at=at,
    )
    rights_changed(at)
    return stored


@transaction.atomic
def reactivate(*, user: User, by: User, at: datetime) -> User:
    """Let somebody who left sign in again, with the roles they had."""
    one_at_a_time()
    stored = User.objects.get(pk=user.pk)
    if stored.is_active:
        return stored
    stored.is_active = True
    stored.save(update_fields=["is_active"])
    note(
        "person.reactivated",
        f"{stored} can sign in again",
        data={"user": stored.pk},
        by=by,
        at=at,
    )
    rights_changed(at)
    return stored


@transaction.atomic
def edit_profile(*, user: User, name: str, time_zone: str, theme: str, at: datetime) -> User:
    """What people say of themselves. Only the name is a matter of record."""
    one_at_a_time()
    stored = User.objects.get(pk=user.pk)
    before, stored.name = stored.name, name.strip()
    stored.time_zone, stored.theme = time_zone, theme
    stored.save(update_fields=["name", "time_zone", "theme"])
    if stored.name != before:
        note(
            "person.renamed",
            f"{before} is now called {stored.name}",
            data={"user": stored.pk, "before": before, "after": stored.name},
            by=stored,
            at=at,
        )
    return stored


def set_theme(*, user: User, theme: str) -> None:
    """Light, dark or as the system. Touches nothing else: somebody may be changing that."""
    User.objects.filter(pk=user.pk).update(theme=theme)


def _keep_an_administrator(leaving: User) -> None:
    administrators = User.objects.administrators()
    others = administrators.exclude(pk=leaving.pk)
    if administrators.filter(pk=leaving.pk).exists() and not others.exists():
        raise Refused(
            f"{leaving} is the last administrator. Make somebody else administrator first."
        )
