"""Tokens: how a program acts as a person, and how that ends."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.backends import Backend
from accounts.errors import NotAllowed, Refused
from accounts.models import MOST_DAYS, Token, User
from accounts.roles import Permission
from accounts.services.shared import digest_of_secret, note, one_at_a_time
from audit.words import day_words

BEGINS = "clearway_"
SHOWN = len(BEGINS) + 3
MOST_TOKENS = 50


@transaction.atomic
def issue_token(
    *, user: User, name: str, days: int, writes: bool, narrowed: bool, at: datetime
) -> tuple[Token, str]:
    """Give the person a token; return it with its secret of 256 bits, which is not stored.

    Raises Refused for a name that a working token of theirs has, for less than a day or more
    than a year, and for more tokens than anybody can tell apart.
    """
    one_at_a_time()
    working = Token.objects.working(at).filter(user=user)
    reasons = []
    if not name.strip():
        reasons.append("Name: say which program uses it.")
    if working.filter(name__iexact=name.strip()).exists():
        reasons.append(f"Name: “{name.strip()}” is in use. Revoke that token, or choose another.")
    if not 1 <= days <= MOST_DAYS:
        reasons.append(f"Days: choose from 1 to {MOST_DAYS}.")
    if working.count() >= MOST_TOKENS:
        reasons.append(f"{MOST_TOKENS} tokens work already. Revoke those that nothing uses.")
    if reasons:
        raise Refused(reasons)
    secret = BEGINS + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        name=name.strip(),
        prefix=secret[:SHOWN],
        sha256=digest_of_secret(secret),
        writes=writes,
        narrowed=narrowed,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    note(
        "token.issued",
        f"{user} made the token {token}, which works until {day_words(token.expires_at.date())}",
        data={"user": user.pk, "token": token.pk, "writes": writes, "narrowed": narrowed},
        by=user,
        at=at,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: Token, by: User, at: datetime) -> Token:
    """End a token at once; a revoked one stays as it is.

    Raises NotAllowed for somebody else's, unless an administrator asks.
    """
    if token.user_id != by.pk and not by.may(Permission.PEOPLE):
        raise NotAllowed("Only an administrator revokes the tokens of others.")
    one_at_a_time()
    stored = Token.objects.select_related("user").get(pk=token.pk)
    if stored.revoked_at is None:
        stored.revoked_at, stored.revoked_by = at, by
        stored.save(update_fields=["revoked_at", "revoked_by"])
        note(
            "token.revoked",
            f"Revoked the token {stored} of {stored.user}",
            data={"user": stored.user_id, "token": stored.pk},
            by=by,
            at=at,
        )
    return stored


def token_of(secret: str, *, at: datetime) -> Token | None:
    """The working token with this secret, of somebody who may sign in; its day of use is noted.

    Only digests are compared, by an index: how long it takes says nothing about a secret.
    """
    token = (
        Token.objects.working(at)
        .select_related("user")
        .filter(sha256=digest_of_secret(secret))
        .first()
    )
    if token is None or not Backend().user_can_authenticate(token.user):
        return None
    today = at.date()
    if token.last_used_on != today:
        earlier = Q(last_used_on__isnull=True) | Q(last_used_on__lt=today)
        Token.objects.filter(earlier, pk=token.pk).update(last_used_on=today)
    return token
