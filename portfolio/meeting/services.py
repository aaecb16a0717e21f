"""Calling a gate meeting, keeping its agenda, deciding its items, and closing it.

Each takes the meeting's row lock first; whatever decides takes the initiative's after it, and
nobody takes them the other way round.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Case, Max, When

from accounts.models import User
from audit.services import SYSTEM, Entry, record
from gates.models import Decision, Review
from gates.services.decisions import Choice, decide
from initiatives.errors import Refused
from portfolio.meeting.building import Agenda, build
from portfolio.meeting.candidates import awaiting, candidates, rules
from portfolio.models import AgendaItem, ItemOutcome, Meeting

NOT_REACHED = "Not reached."


def lock(meeting_id: int) -> Meeting:
    """The meeting with its row locked until the transaction ends. Raises Refused once it is
    closed."""
    meeting = Meeting.objects.select_for_update(no_key=True).get(pk=meeting_id)
    if meeting.closed_at is not None:
        raise Refused("This meeting is closed. Call another, or decide on the initiative's page.")
    return meeting


@transaction.atomic
def call_meeting(
    *, day: date, starts_at: time | None, minutes: int, by: User, at: datetime
) -> Meeting:
    """Call a meeting, with an agenda of what is ready for it now.

    Raises Refused for a day that is over or has its meeting, and for no time at all.
    """
    if day < at.date():
        raise Refused("Day: name today or a later day.")
    if minutes <= 0:
        raise Refused("Minutes: a meeting takes more than none.")
    # get_or_create waits for whoever calls one for the same day at this moment.
    meeting, new = Meeting.objects.get_or_create(
        day=day,
        defaults={
            "starts_at": starts_at,
            "minutes_available": minutes,
            "called_by": by,
            "called_at": at,
        },
    )
    if not new:
        raise Refused("Day: it has its meeting already. Open that one, or name another day.")
    _fill(meeting, at)
    _record(meeting, "called", f"{meeting} called", by, at)
    return meeting


@transaction.atomic
def change_meeting(
    *,
    meeting: Meeting,
    starts_at: time | None,
    minutes: int,
    present: str,
    by: User,
    at: datetime,
) -> None:
    """Change when it starts, how long it is and who is there; the agenda stays as it is.

    Raises Refused once it is closed, and for no time at all.
    """
    stored = lock(meeting.pk)
    if minutes <= 0:
        raise Refused("Minutes: a meeting takes more than none.")
    stored.starts_at, stored.minutes_available = starts_at, minutes
    stored.present = present.strip()
    stored.save(update_fields=["starts_at", "minutes_available", "present"])
    _record(stored, "changed", f"{stored} changed", by, at)


@transaction.atomic
def build_anew(*, meeting: Meeting, by: User, at: datetime) -> None:
    """Put the open part of the agenda together again from what is ready now. What was decided or
    deferred stays. Raises Refused once the meeting is closed."""
    stored = lock(meeting.pk)
    _take_in(stored)
    stored.items.filter(outcome=ItemOutcome.OPEN).delete()
    _fill(stored, at)
    _record(stored, "built", f"{stored}: agenda built anew", by, at)


def plan(meeting: Meeting, *, at: datetime) -> Agenda:
    """What the agenda would hold if it were built now, besides what is decided or deferred.

    What was decided keeps its minutes; what was deferred takes none.
    """
    settled = [item for item in meeting.items.all() if item.outcome != ItemOutcome.OPEN]
    taken = sum(item.minutes for item in settled if item.outcome == ItemOutcome.DECIDED)
    waiting = awaiting().exclude(pk__in=[item.review_id for item in settled])
    return build(candidates(waiting, at=at), max(0, meeting.minutes_available - taken), rules())


def _fill(meeting: Meeting, at: datetime) -> None:
    last = meeting.items.aggregate(last=Max("position"))["last"] or 0
    AgendaItem.objects.bulk_create(
        AgendaItem(
            meeting=meeting,
            review_id=placed.candidate.review,
            position=position,
            minutes=placed.minutes,
        )
        for position, placed in enumerate(plan(meeting, at=at).placed, start=last + 1)
    )


@transaction.atomic
def move_item(*, item: AgendaItem, up: bool, by: User, at: datetime) -> None:
    """Change places with the item before, or behind it. At either end it stays where it is.

    Raises Refused once the meeting is closed.
    """
    meeting = lock(item.meeting_id)
    stored = meeting.items.get(pk=item.pk)
    others = (
        meeting.items.filter(position__lt=stored.position).order_by("-position")
        if up
        else meeting.items.filter(position__gt=stored.position)
    )
    other = others.first()
    if other is None:
        return
    meeting.items.filter(pk__in=(stored.pk, other.pk)).update(
        position=Case(When(pk=stored.pk, then=other.position), default=stored.position)
    )
    way = "up" if up else "down"
    _record(meeting, "moved", f"{meeting}: {_named(stored)} moved {way}", by, at)


@transaction.atomic
def defer_item(*, item: AgendaItem, reason: str, by: User, at: datetime) -> None:
    """Leave an item for another meeting, and say why.

    Raises Refused without a reason, for what is decided, and once the meeting is closed.
    """
    meeting = lock(item.meeting_id)
    stored = _stored(meeting, item)
    if not reason.strip():
        raise Refused("Why it waits: say it in a sentence.")
    if stored.made is not None:
        raise Refused(_decided(stored.made))
    stored.outcome, stored.reason = ItemOutcome.DEFERRED, reason.strip()
    stored.save(update_fields=["outcome", "reason"])
    summary = f"{meeting}: {_named(stored)} deferred. {stored.reason}"
    _record(meeting, "deferred", summary, by, at)


@transaction.atomic
def decide_item(
    *, item: AgendaItem, choice: Choice, seen: Mapping[str, Any], by: User, at: datetime
) -> Decision:
    """Decide an item, deferred or not, as its gate is decided anywhere.

    Raises what ``decide`` raises, and Refused where somebody decided it meanwhile, its review was
    withdrawn, or the meeting is closed.
    """
    meeting = lock(item.meeting_id)
    stored = _stored(meeting, item)
    if stored.made is not None:
        raise Refused(_decided(stored.made))
    if not stored.awaits:
        raise Refused("Its review was withdrawn, so nothing waits for a decision.")
    decision = decide(rollout=stored.review.rollout, choice=choice, seen=seen, by=by, at=at)
    stored.outcome, stored.decision, stored.reason = ItemOutcome.DECIDED, decision, ""
    stored.save(update_fields=["outcome", "decision", "reason"])
    return decision


@transaction.atomic
def close_meeting(*, meeting: Meeting, present: str, by: User, at: datetime) -> None:
    """End the meeting: its minutes stand from now on. What is open is deferred as not reached.

    Raises Refused once it is closed.
    """
    stored = lock(meeting.pk)
    items = stored.items.filter(outcome=ItemOutcome.OPEN)
    # Nobody decides one on its own page from here on.
    reviews = Review.objects.filter(pk__in=items.values("review")).order_by("pk")
    list(reviews.select_for_update(no_key=True))
    _take_in(stored)
    items.update(outcome=ItemOutcome.DEFERRED, reason=NOT_REACHED)
    stored.present, stored.closed_by, stored.closed_at = present.strip(), by, at
    stored.save(update_fields=["present", "closed_by", "closed_at"])
    _record(stored, "closed", f"{stored} closed", by, at)


def _take_in(meeting: Meeting) -> None:
    """Items whose review was decided on another page, or withdrawn, say so from now on."""
    open_items = meeting.items.filter(outcome=ItemOutcome.OPEN)
    for item in open_items.filter(review__decision__isnull=False).select_related(
        "review__decision"
    ):
        item.outcome, item.decision = ItemOutcome.DECIDED, item.made
        item.save(update_fields=["outcome", "decision"])
    gone = Review.objects.exclude(pk__in=awaiting().values("pk"))
    open_items.filter(review__in=gone, review__decision__isnull=True).update(
        outcome=ItemOutcome.DEFERRED, reason="Its review was withdrawn."
    )


def _stored(meeting: Meeting, item: AgendaItem) -> AgendaItem:
    """The item as it is now, with its review and decision. Raises AgendaItem.DoesNotExist."""
    return meeting.items.select_related(
        "review__rollout__initiative", "review__decision__decided_by", "decision__decided_by"
    ).get(pk=item.pk)


def _decided(decision: Decision) -> str:
    return f"{decision.decided_by} has decided it meanwhile: {decision.get_outcome_display()}."


def _named(item: AgendaItem) -> str:
    return f"Gate {item.review.gate} of {item.review.rollout.initiative.reference}"


def _record(meeting: Meeting, done: str, summary: str, by: User, at: datetime) -> None:
    data = {"meeting": meeting.pk, "day": meeting.day}
    record(entry=Entry(SYSTEM, f"meeting.{done}", summary, data), by=by, at=at)
