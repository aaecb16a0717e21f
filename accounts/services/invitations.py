"""Inviting people by a link that runs out, of which only the digest is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.errors import Refused
from accounts.hooks import rights_changed
from accounts.models import Invitation, User
from accounts.services.shared import (
    Given,
    digest_of_secret,
    give,
    in_words,
    new_secret,
    note,
    one_at_a_time,
)

DAYS_VALID = 7


@transaction.atomic
def invite(
    *, email: str, name: str, grants: Sequence[Given], by: User, at: datetime
) -> tuple[Invitation, str]:
    """Keep a place for somebody; return it with the secret of its link, which is not stored.

    Raises Refused when the address has an account or a pending invitation.
    """
    one_at_a_time()
    email = User.objects.normalize_email(email).strip()
    _refuse_known(email)
    if Invitation.objects.pending().filter(email__iexact=email).exists():
        raise Refused("E-mail address: invited already. Send that invitation again instead.")
    secret, digest = new_secret()
    invitation = Invitation.objects.create(
        email=email,
        name=name.strip(),
        grants=[list(pair) for pair in grants],
        secret_sha256=digest,
        invited_by=by,
        invited_at=at,
        expires_at=at + timedelta(days=DAYS_VALID),
    )
    note(
        "person.invited",
        f"Invited {invitation} ({in_words(grants)})",
        data={"invitation": invitation.pk, "email": email, "grants": invitation.grants},
        by=by,
        at=at,
    )
    return invitation, secret


@transaction.atomic
def resend(*, invitation: Invitation, by: User, at: datetime) -> tuple[Invitation, str]:
    """Give a pending invitation a fresh link and a fresh end; the old link stops working."""
    stored = _pending(invitation)
    secret, stored.secret_sha256 = new_secret()
    stored.expires_at = at + timedelta(days=DAYS_VALID)
    stored.save(update_fields=["secret_sha256", "expires_at"])
    note(
        "person.invited_again",
        f"Invited {stored} again",
        data={"invitation": stored.pk},
        by=by,
        at=at,
    )
    return stored, secret


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User, at: datetime) -> None:
    """Take a pending invitation back; its link stops working."""
    stored = _pending(invitation)
    note(
        "person.invitation_withdrawn",
        f"Withdrew the invitation of {stored}",
        data={"invitation": stored.pk, "email": stored.email},
        by=by,
        at=at,
    )
    stored.delete()


def find(*, secret: str, at: datetime) -> Invitation:
    """The pending invitation behind a link. Raises Refused when the link no longer counts."""
    invitation = (
        Invitation.objects.pending()
        .select_related("invited_by")
        .filter(secret_sha256=digest_of_secret(secret))
        .first()
    )
    if invitation is None:
        raise Refused("This link was used already, or was replaced or withdrawn.")
    if invitation.expires_at <= at:
        raise Refused(f"This link ran out. Ask {invitation.invited_by} to send it again.")
    return invitation


@transaction.atomic
def accept(*, secret: str, name: str, password: str, at: datetime) -> User:
    """Make the account that the invitation promised.

    Raises Refused when the link no longer counts, or the address got an account meanwhile.
    """
    one_at_a_time()
    invitation = find(secret=secret, at=at)
    _refuse_known(invitation.email)
    user = User.objects.create_user(invitation.email, name, password)
    grants = [(role, remit) for role, remit in invitation.grants]
    give(user, grants)
    invitation.accepted_by, invitation.accepted_at = user, at
    invitation.save(update_fields=["accepted_by", "accepted_at"])
    note(
        "person.joined",
        f"{user} accepted the invitation ({in_words(grants)})",
        data={"user": user.pk, "invitation": invitation.pk},
        by=user,
        at=at,
    )
    rights_changed(at)
    return user


def _pending(invitation: Invitation) -> Invitation:
    one_at_a_time()
    stored = Invitation.objects.pending().filter(pk=invitation.pk).first()
    if stored is None:
        raise Refused("This invitation was accepted or withdrawn meanwhile.")
    return stored


def _refuse_known(email: str) -> None:
    if User.objects.filter(email__iexact=email).exists():
        raise Refused("E-mail address: this person has an account already.")
