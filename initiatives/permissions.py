"""Who may do what on one initiative: roles across the organisation, and one's part in it."""

from accounts.models import User
from accounts.roles import Permission
from initiatives.models import Initiative, KillCriterion, Membership


def is_owner(user: User, initiative: Initiative) -> bool:
    return initiative.owner_id == user.pk


def is_member(user: User, initiative: Initiative) -> bool:
    """Owner or contributor: somebody who works on it."""
    return (
        is_owner(user, initiative)
        or Membership.objects.filter(initiative=initiative, user=user).exists()
    )


def may_edit(user: User, initiative: Initiative) -> bool:
    """Change what is known of the initiative, answer, assess and attach evidence."""
    return user.may(Permission.EDIT_ALL) or is_member(user, initiative)


def may_submit(user: User, initiative: Initiative) -> bool:
    """Open, submit and withdraw reviews; pause and resume."""
    return user.may(Permission.EDIT_ALL) or is_owner(user, initiative)


def may_assign(user: User) -> bool:
    """Set owners and sponsors."""
    return user.may(Permission.ASSIGN)


def may_verify(user: User, initiative: Initiative) -> bool:
    """Confirm that evidence shows what it says; never one's own (the evidence itself refuses)."""
    return (
        user.may(Permission.SIGN_OFF)
        or user.may(Permission.EDIT_ALL)
        or is_member(user, initiative)
    )


def may_oversee(user: User, initiative: Initiative) -> bool:
    """Approve an exception from a criterion, and settle the hit of a kill criterion: what lets
    the work go on all the same. Never the owner."""
    return not is_owner(user, initiative) and (
        user.may(Permission.DECIDE_ALL) or initiative.sponsor_id == user.pk
    )


def may_settle(user: User, kill: KillCriterion, initiative: Initiative) -> bool:
    """Settle the hit; nor may who owned the initiative when it was hit."""
    return may_oversee(user, initiative) and user.pk != kill.owner_then_id


def may_approve_money(user: User, initiative: Initiative) -> bool:
    """Approve a tranche; never the owner, and never who asked or owned it then (the
    tranche itself refuses)."""
    return not is_owner(user, initiative) and (
        user.may(Permission.MANAGE_MONEY) or initiative.sponsor_id == user.pk
    )


def may_release_money(user: User, initiative: Initiative) -> bool:
    """Release what was approved after its gate, and thaw what a return froze."""
    return user.may(Permission.MANAGE_MONEY)
