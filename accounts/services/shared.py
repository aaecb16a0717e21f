"""What every change to accounts does: one at a time, and written to the audit trail."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Grant, User
from accounts.roles import Remit, Role
from audit.services import SYSTEM, Actor, Entry, record

# A role and, for a reviewer, the remit.
Given = tuple[str, str]


def one_at_a_time() -> None:
    """Wait until no other transaction changes accounts, and keep others waiting until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clearway.accounts'))")


def new_secret() -> tuple[str, str]:
    """A secret of 192 bits for a link or a code, and the digest under which it is kept."""
    secret = secrets.token_urlsafe(24)
    return secret, digest_of_secret(secret)


def digest_of_secret(secret: str) -> str:
    """SHA-256 is enough for what cannot be guessed: nobody tries 2^192 secrets."""
    return hashlib.sha256(secret.strip().encode()).hexdigest()


def given(roles: Iterable[str], remits: Iterable[str]) -> list[Given]:
    """Roles and remits as grants, in a fixed order; a remit makes a reviewer."""
    return [
        *((role, "") for role in Role.values if role in roles and role != Role.REVIEWER),
        *((str(Role.REVIEWER), remit) for remit in Remit.values if remit in remits),
    ]


def in_words(grants: Iterable[Given]) -> str:
    """The grants as somebody would say them; *no role* when there is none."""
    words = [str(Grant(role=role, remit=remit)) for role, remit in grants]
    return ", ".join(words) or "no role"


def give(user: User, grants: Iterable[Given]) -> None:
    """Make these the person's grants."""
    user.grants.all().delete()
    Grant.objects.bulk_create(Grant(user=user, role=role, remit=remit) for role, remit in grants)


def note(
    verb: str, summary: str, *, by: Actor, at: datetime, data: dict[str, Any] | None = None
) -> None:
    record(entry=Entry(chain=SYSTEM, verb=verb, summary=summary, data=data or {}), by=by, at=at)
