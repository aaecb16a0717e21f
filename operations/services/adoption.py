"""Who really uses the system, what is done where too few do, and what its users say."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.words import day_words
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from operations.models import FeedbackItem, UserGroup, Wave


@transaction.atomic
def describe_group(
    *,
    initiative: Initiative,
    name: str,
    people: int,
    target_percent: int,
    by: User,
    at: datetime,
    wave: Wave | None = None,
    group: UserGroup | None = None,
) -> UserGroup:
    """Name a group of users, or describe the one given anew.

    Raises Refused for a name that another group has, and for fewer people than use it already.
    """
    stored = lock(initiative.pk)
    row = UserGroup.objects.get(pk=group.pk) if group else UserGroup(initiative=stored)
    if stored.user_groups.filter(name__iexact=name.strip()).exclude(pk=row.pk).exists():
        raise Refused("Group: another group has this name. Give it one of its own.")
    if row.using is not None and row.using > people:
        raise Refused(f"People: {row.using:,} of the group use it. Enter that many or more.")
    row.name, row.people, row.target_percent, row.wave = name.strip(), people, target_percent, wave
    row.save()
    conclude(
        initiative=stored,
        verb="group.described",
        summary=f"{row.name}: {people:,} people, target {target_percent} %",
        data={
            "group": row.pk,
            "name": row.name,
            "people": people,
            "target_percent": target_percent,
            "wave": wave.number if wave else None,
        },
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def measure_group(
    *, group: UserGroup, using: int, measured_on: date, by: User, at: datetime
) -> UserGroup:
    """Record how many of a group really use it. Raises Refused for more than there are, and for a
    day to come."""
    stored = lock(group.initiative_id)
    row = UserGroup.objects.get(pk=group.pk)
    reasons = []
    if using > row.people:
        reasons.append(f"Really using it: the group has {row.people:,} people. Enter no more.")
    if measured_on > at.date():
        reasons.append("Measured on: choose today or an earlier day.")
    if reasons:
        raise Refused(reasons)
    row.using, row.measured_on, row.measured_by = using, measured_on, by
    row.save(update_fields=["using", "measured_on", "measured_by"])
    conclude(
        initiative=stored,
        verb="group.measured",
        summary=f"{row.name}: {using:,} of {row.people:,} use it, "
        f"measured on {day_words(measured_on)}",
        data={"group": row.pk, "using": using, "people": row.people, "measured_on": measured_on},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def act_on_group(
    *, group: UserGroup, reason: str, action: str, owner: User, due: date, by: User, at: datetime
) -> UserGroup:
    """Say why people of a group do not use it, and who does what about it by when.

    Raises Refused without a reason or an action.
    """
    stored = lock(group.initiative_id)
    row = UserGroup.objects.get(pk=group.pk)
    reasons = []
    if not reason.strip():
        reasons.append("Why some do not use it: say what they gave as the reason.")
    if not action.strip():
        reasons.append("What is done about it: name one action.")
    if reasons:
        raise Refused(reasons)
    if row.action != action.strip():
        row.action_done_at = None
    row.reason, row.action = reason.strip(), action.strip()
    row.action_owner, row.action_due = owner, due
    row.save()
    conclude(
        initiative=stored,
        verb="group.acted_on",
        summary=f"{row.name}: {row.action}, by {day_words(due)}",
        data={
            "group": row.pk,
            "reason": row.reason,
            "action": row.action,
            "owner": owner.name,
            "due": due,
        },
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def finish_action(*, group: UserGroup, by: User, at: datetime) -> UserGroup:
    """Say that a group's action is done; the next measurement shows whether it helped.

    Raises Refused where there is none, or where it is done already.
    """
    stored = lock(group.initiative_id)
    row = UserGroup.objects.get(pk=group.pk)
    if not row.action:
        raise Refused("No action is named for this group. Name one first.")
    if row.action_done_at is not None:
        raise Refused("The action is done already.")
    row.action_done_at = at
    row.save(update_fields=["action_done_at"])
    conclude(
        initiative=stored,
        verb="group.action_done",
        summary=f"{row.name}: done, {row.action}",
        data={"group": row.pk, "action": row.action},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def log_feedback(
    *,
    initiative: Initiative,
    text: str,
    received_on: date,
    stage: str,
    by: User,
    at: datetime,
    group: UserGroup | None = None,
) -> FeedbackItem:
    """Keep what users said, with the stage in which they said it.

    Raises Refused without words, and for a day to come.
    """
    stored = lock(initiative.pk)
    reasons = []
    if not text.strip():
        reasons.append("What was said: write it down.")
    if received_on > at.date():
        reasons.append("Received on: choose today or an earlier day.")
    if reasons:
        raise Refused(reasons)
    item = FeedbackItem.objects.create(
        initiative=stored,
        group=group,
        text=text.strip(),
        stage=stage,
        received_on=received_on,
        logged_by=by,
        logged_at=at,
    )
    data: Mapping[str, Any] = {
        "item": item.pk,
        "group": group.name if group else None,
        "stage": stage,
        "received_on": received_on,
    }
    conclude(
        initiative=stored,
        verb="feedback.logged",
        summary=f"Feedback: {item.text[:200]}",
        data=data,
        by=by,
        at=at,
    )
    return item


@transaction.atomic
def close_feedback(
    *, item: FeedbackItem, outcome: str, released: bool, by: User, at: datetime
) -> FeedbackItem:
    """Close an item with what came of it; ``released`` says that it changed the system.

    Raises Refused without words, and for an item that is closed.
    """
    stored = lock(item.initiative_id)
    row = FeedbackItem.objects.get(pk=item.pk)
    if row.closed_at is not None:
        raise Refused("It is closed already.")
    if not outcome.strip():
        raise Refused("What came of it: say it in a sentence, so that people can be told.")
    row.outcome, row.released = outcome.strip(), released
    row.closed_at, row.closed_by = at, by
    row.save(update_fields=["outcome", "released", "closed_at", "closed_by"])
    conclude(
        initiative=stored,
        verb="feedback.closed",
        summary=f"Feedback closed: {row.outcome[:200]}",
        data={"item": row.pk, "outcome": row.outcome, "released": released},
        by=by,
        at=at,
    )
    return row
