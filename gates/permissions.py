"""Who may review and sign off. Who may decide is a fact of the case (independence)."""

from accounts.models import User
from accounts.roles import Permission
from gates.models import Review
from initiatives.models import Initiative


def may_sign_off(user: User, remit: str) -> bool:
    """A reviewer of this remit, whatever the review."""
    return user.may(Permission.SIGN_OFF) and remit in user.remits


def signs_for_own_work(user: User, review: Review, initiative: Initiative) -> bool:
    """Owner and submitter never sign off what they answer for."""
    return user.pk in {initiative.owner_id, review.submitted_by_id}


def may_be_asked_to_decide(user: User, initiative: Initiative) -> bool:
    """Program office or this initiative's sponsor; the case says who is barred."""
    return user.may(Permission.DECIDE_ALL) or initiative.sponsor_id == user.pk
