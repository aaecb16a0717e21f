"""The first administrator: made once, by whoever holds the code that the server printed."""

import hmac
from datetime import datetime

from django.db import transaction

from accounts.errors import Refused
from accounts.models import SetupCode, User
from accounts.roles import Role
from accounts.services.shared import digest_of_secret, give, new_secret, note, one_at_a_time
from audit.services import SystemActor


@transaction.atomic
def issue_setup_code(*, at: datetime) -> str:
    """A fresh code, which replaces the one before. Raises Refused once Clearway is set up."""
    one_at_a_time()
    if User.objects.administrators().exists():
        raise Refused("Clearway is set up already. An administrator invites people.")
    code, digest = new_secret()
    SetupCode.objects.update_or_create(pk=1, defaults={"sha256": digest, "issued_at": at})
    note("setup.code_issued", "Setup code issued", by=SystemActor(), at=at)
    return code


@transaction.atomic
def create_first_administrator(
    *, code: str, email: str, name: str, password: str, at: datetime
) -> User:
    """Turn the first visitor who knows the code into the administrator.

    Raises Refused when somebody was faster, the code is not the one printed last, or the address
    has an account.
    """
    one_at_a_time()
    if User.objects.administrators().exists():
        raise Refused(
            "Clearway is set up already. Sign in, or ask the administrator to invite you."
        )
    stored = SetupCode.objects.first()
    if stored is None or not hmac.compare_digest(stored.sha256, digest_of_secret(code)):
        raise Refused("Code: this is not the code that the server printed last.")
    if User.objects.filter(email__iexact=email.strip()).exists():
        raise Refused("E-mail address: somebody has an account with it already. Choose another.")
    stored.delete()
    user = User.objects.create_user(email, name, password)
    give(user, [(str(Role.ADMINISTRATOR), "")])
    note(
        "setup.first_administrator",
        f"{user} became the first administrator",
        data={"user": user.pk},
        by=user,
        at=at,
    )
    return user
