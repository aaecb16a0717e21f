"""Who may sign off. Who may decide is a fact of the case (independence)."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from checklists.models import Check
from gates.case import Case

OWN_WORK = _(
    "You own or submitted this, or brought evidence for it. Somebody else of your remit signs off."
)


def may_sign_off(user: User, remit: str) -> bool:
    """A reviewer of this remit, whatever the review."""
    return user.may(Permission.SIGN_OFF) and remit in user.remits


def signs_for_own_work(user: User, case: Case) -> bool:
    """Owner, submitter and whoever brought the evidence never sign off what they answer for."""
    return user.pk in case.facts.authors


def may_confirm(user: User, check: Check, verifies: bool) -> bool:
    """A second person, of those who verify on the initiative, where the check's evidence was
    verified before it was brought for this check."""
    evidence, brought_at = check.newest, check.brought_at
    return (
        verifies
        and evidence is not None
        and evidence.verified_at is not None
        and brought_at is not None
        and (check.confirmed_at is None or check.renewal is not None)
        and evidence.verified_at < brought_at
        and user.pk not in (evidence.added_by_id, check.brought_by_id)
    )
