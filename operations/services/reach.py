"""Whom the system reaches: counts of access, the plan to reduce it, and the waves."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.words import day_words
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from operations.models import Exposure, ReductionPlan, Wave


@transaction.atomic
def count_exposure(
    *,
    initiative: Initiative,
    exposed: int,
    counted_on: date,
    by: User,
    at: datetime,
    note: str = "",
) -> Exposure:
    """Record how many have access on a day; a second count of one day replaces the first.

    Raises Refused for a day to come.
    """
    stored = lock(initiative.pk)
    if counted_on > at.date():
        raise Refused("Counted on: choose today or an earlier day.")
    row, _created = Exposure.objects.update_or_create(
        initiative=stored,
        counted_on=counted_on,
        defaults={
            "exposed": exposed,
            "note": note.strip(),
            "recorded_by": by,
            "recorded_at": at,
        },
    )
    conclude(
        initiative=stored,
        verb="exposure.counted",
        summary=f"{exposed:,} have access, counted on {day_words(counted_on)}",
        data={"exposed": exposed, "counted_on": counted_on, "note": row.note},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def plan_reduction(
    *, initiative: Initiative, text: str, due: date, by: User, at: datetime
) -> ReductionPlan:
    """Say how and by when access comes back under its bound. A later plan replaces an earlier one.

    Raises Refused without words, and for a day that is over.
    """
    stored = lock(initiative.pk)
    reasons = []
    if not text.strip():
        reasons.append("How access comes down: say it in a sentence.")
    if due < at.date():
        reasons.append("By: choose today or a later day.")
    if reasons:
        raise Refused(reasons)
    plan = ReductionPlan.objects.create(
        initiative=stored, text=text.strip(), due=due, made_by=by, made_at=at
    )
    conclude(
        initiative=stored,
        verb="exposure.reduction_planned",
        summary=f"Access comes down by {day_words(due)}: {plan.text}",
        data={"plan": plan.pk, "due": due},
        by=by,
        at=at,
    )
    return plan


@transaction.atomic
def plan_wave(*, initiative: Initiative, name: str, starts: date, by: User, at: datetime) -> Wave:
    """Add the next wave. Raises Refused where it would start before the wave in front of it."""
    stored = lock(initiative.pk)
    _in_order(stored.waves.all().last(), starts)
    last = stored.waves.aggregate(number=Max("number"))["number"] or 0
    wave = Wave.objects.create(initiative=stored, number=last + 1, name=name.strip(), starts=starts)
    conclude(
        initiative=stored,
        verb="wave.planned",
        summary=f"{wave}, planned for {day_words(starts)}",
        data={"wave": wave.number, "name": wave.name, "starts": starts},
        by=by,
        at=at,
    )
    return wave


@transaction.atomic
def change_wave(*, wave: Wave, name: str, starts: date, by: User, at: datetime) -> Wave:
    """Change whom a wave reaches, or when. Raises Refused once it is released."""
    stored = lock(wave.initiative_id)
    row = Wave.objects.get(pk=wave.pk)
    if row.released_at is not None:
        raise Refused("It is released. What it reached stays as it is recorded.")
    _in_order(stored.waves.filter(number__lt=row.number).last(), starts)
    row.name, row.starts = name.strip(), starts
    row.save(update_fields=["name", "starts"])
    conclude(
        initiative=stored,
        verb="wave.changed",
        summary=f"{row}, now planned for {day_words(starts)}",
        data={"wave": row.number, "name": row.name, "starts": starts},
        by=by,
        at=at,
    )
    return row


def _in_order(before: Wave | None, starts: date) -> None:
    if before is not None and starts < before.starts:
        raise Refused(
            f"Starts: wave {before.number} starts on {day_words(before.starts)}; choose that day "
            "or a later one."
        )


@transaction.atomic
def release_wave(*, wave: Wave, by: User, at: datetime) -> Wave:
    """Give the people of a wave access, on purpose.

    Raises Refused when it is released already, or when a wave in front of it is not.
    """
    stored = lock(wave.initiative_id)
    row = Wave.objects.get(pk=wave.pk)
    if row.released_at is not None:
        raise Refused(f"Wave {row.number} is released already.")
    waiting = stored.waves.filter(number__lt=row.number, released_at__isnull=True).first()
    if waiting is not None:
        raise Refused(f"Wave {waiting.number} comes first. Release it before this one.")
    row.released_at, row.released_by = at, by
    row.save(update_fields=["released_at", "released_by"])
    conclude(
        initiative=stored,
        verb="wave.released",
        summary=f"Released wave {row.number}: {row.name}",
        data={"wave": row.number, "name": row.name, "starts": row.starts},
        by=by,
        at=at,
    )
    return row
