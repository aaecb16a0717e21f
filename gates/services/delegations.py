"""Naming stand-ins for reviewers who are away, and ending that."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission, Remit
from accounts.services.shared import note, one_at_a_time
from audit.words import day_words
from gates.models import Delegation
from initiatives.errors import NotAllowed, Refused


def may_delegate(by: User, reviewer: User) -> bool:
    """A reviewer for themselves, and the administrator for anybody."""
    return by.pk == reviewer.pk or by.may(Permission.PEOPLE)


@transaction.atomic
def name_stand_in(
    *,
    reviewer: User,
    remit: str,
    stand_in: User,
    first_day: date,
    last_day: date,
    by: User,
    at: datetime,
) -> Delegation:
    """Let somebody give a reviewer's voice in a remit, from the first day to the last.

    Raises NotAllowed for anybody but the reviewer and the administrator, and Refused for a remit
    that the reviewer does not hold, a stand-in who could not act or has a voice of their own, and
    days that are over, run backwards or have a stand-in already.
    """
    one_at_a_time()
    if not may_delegate(by, reviewer):
        raise NotAllowed("A reviewer names their own stand-ins; the administrator anybody's.")
    giver = User.objects.get(pk=reviewer.pk)
    taker = User.objects.get(pk=stand_in.pk)
    reasons = []
    if not giver.is_active or remit not in giver.remits:
        reasons.append(f"For: {giver} does not sign off for this. Choose one of their remits.")
    if taker.pk == giver.pk:
        reasons.append("Stand-in: choose somebody else than the reviewer.")
    elif remit in taker.remits:
        reasons.append(f"Stand-in: {taker} signs off for this in their own name. Choose another.")
    if not taker.may(Permission.SEE_ALL):
        reasons.append(f"Stand-in: {taker} cannot open every initiative. Choose another.")
    if last_day < first_day:
        reasons.append("Last day: choose the first day or a later one.")
    elif last_day < at.date():
        reasons.append("Last day: choose today or a later one.")
    taken = Delegation.objects.filter(
        delegate_from=giver,
        remit=remit,
        ended_at__isnull=True,
        first_day__lte=last_day,
        last_day__gte=first_day,
    )
    reasons += [
        f"First day: {each.delegate_to} stands in until {day_words(each.last_day)}. "
        "End that first, or choose other days."
        for each in taken.select_related("delegate_to")[:1]
    ]
    if reasons:
        raise Refused(reasons)
    made = Delegation.objects.create(
        remit=remit,
        delegate_from=giver,
        delegate_to=taker,
        first_day=first_day,
        last_day=last_day,
        made_by=by,
        made_at=at,
    )
    note(
        "delegation.made",
        f"{taker} stands in for {giver}, {Remit(remit).label.lower()}, from "
        f"{day_words(first_day)} to {day_words(last_day)}",
        data={"user": giver.pk, "stand_in": taker.pk, "delegation": made.pk},
        by=by,
        at=at,
    )
    return made


@transaction.atomic
def end_delegation(*, delegation: Delegation, by: User, at: datetime) -> Delegation:
    """End it now; what was signed under it stays. Raises NotAllowed as naming does."""
    stored = (
        Delegation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("delegate_from", "delegate_to")
        .get(pk=delegation.pk)
    )
    if not may_delegate(by, stored.delegate_from):
        raise NotAllowed("A reviewer ends their own delegations; the administrator anybody's.")
    if stored.ended_at is not None:
        return stored
    stored.ended_at, stored.ended_by = at, by
    stored.save(update_fields=["ended_at", "ended_by"])
    note(
        "delegation.ended",
        f"{stored.delegate_to} no longer stands in for {stored.delegate_from}, "
        f"{stored.get_remit_display().lower()}",
        data={"user": stored.delegate_from_id, "delegation": stored.pk},
        by=by,
        at=at,
    )
    return stored
