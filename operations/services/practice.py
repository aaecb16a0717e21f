"""How a running system is kept good: reviews, updates and improvements."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Max, QuerySet

from accounts.models import User
from audit.words import day_words
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from operations.models import Improvement, ModelUpdate, PerformanceReview


@transaction.atomic
def record_review(
    *, initiative: Initiative, held_on: date, found: str, decided: str, by: User, at: datetime
) -> PerformanceReview:
    """Keep what a performance review found and decided.

    Raises Refused without findings, and for a day to come.
    """
    stored = lock(initiative.pk)
    reasons = _to_come("Held on", held_on, at)
    if not found.strip():
        reasons.append("What was found: say it with its figures.")
    if reasons:
        raise Refused(reasons)
    row = PerformanceReview.objects.create(
        initiative=stored,
        held_on=held_on,
        found=found.strip(),
        decided=decided.strip(),
        recorded_by=by,
        recorded_at=at,
    )
    conclude(
        initiative=stored,
        verb="practice.reviewed",
        summary=f"Performance review held on {day_words(held_on)}",
        data={"held_on": held_on, "found": row.found, "decided": row.decided},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def record_update(
    *,
    initiative: Initiative,
    version: str,
    updated_on: date,
    reason: str,
    tested: str,
    way_back: str,
    by: User,
    at: datetime,
) -> ModelUpdate:
    """Keep a change of model, prompt or threshold.

    Raises Refused unless reason, test and way back are told, and for a day to come.
    """
    stored = lock(initiative.pk)
    reasons = _to_come("Updated on", updated_on, at)
    told = (
        ("Version", version),
        ("Why", reason),
        ("How it was tested", tested),
        ("The way back", way_back),
    )
    reasons += [f"{label}: say it in a few words." for label, text in told if not text.strip()]
    if reasons:
        raise Refused(reasons)
    row = ModelUpdate.objects.create(
        initiative=stored,
        version=version.strip(),
        updated_on=updated_on,
        reason=reason.strip(),
        tested=tested.strip(),
        way_back=way_back.strip(),
        recorded_by=by,
        recorded_at=at,
    )
    conclude(
        initiative=stored,
        verb="practice.updated",
        summary=f"Updated to {row.version} on {day_words(updated_on)}: {row.reason}",
        data={
            "version": row.version,
            "updated_on": updated_on,
            "tested": row.tested,
            "way_back": row.way_back,
        },
        by=by,
        at=at,
    )
    return row


def _to_come(label: str, day: date, at: datetime) -> list[str]:
    return [f"{label}: choose today or an earlier day."] if day > at.date() else []


@transaction.atomic
def list_improvement(
    *, initiative: Initiative, text: str, by: User, at: datetime, rank: int | None = None
) -> Improvement:
    """Put an improvement on the backlog: at the end, or at a rank, where the rest moves down.

    Raises Refused without words.
    """
    stored = lock(initiative.pk)
    if not text.strip():
        raise Refused("Improvement: say what is to be better.")
    last = _open(stored).aggregate(rank=Max("rank"))["rank"] or 0
    place = _make_room(stored, min(rank or last + 1, last + 1))
    row = Improvement.objects.create(
        initiative=stored, text=text.strip(), rank=place, listed_by=by, listed_at=at
    )
    conclude(
        initiative=stored,
        verb="improvement.listed",
        summary=f"On the backlog at {place}: {row.text}",
        data={"improvement": row.pk, "rank": place},
        by=by,
        at=at,
    )
    return row


def _open(initiative: Initiative) -> QuerySet[Improvement]:
    return Improvement.objects.filter(initiative=initiative, closed_at__isnull=True)


def _make_room(initiative: Initiative, rank: int) -> int:
    _open(initiative).filter(rank__gte=rank).update(rank=F("rank") + 1)
    return rank


@transaction.atomic
def rank_improvement(*, improvement: Improvement, rank: int, by: User, at: datetime) -> Improvement:
    """Move an improvement to another place of the backlog; 1 comes first.

    Raises Refused once it is closed.
    """
    stored = lock(improvement.initiative_id)
    row = _still_open(improvement)
    others = [other for other in _open(stored) if other.pk != row.pk]
    place = max(1, min(rank, len(others) + 1))
    others.insert(place - 1, row)
    for number, other in enumerate(others, start=1):
        other.rank = number
    Improvement.objects.bulk_update(others, ["rank"])
    conclude(
        initiative=stored,
        verb="improvement.ranked",
        summary=f"Now at {place} on the backlog: {row.text}",
        data={"improvement": row.pk, "rank": place},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def start_improvement(*, improvement: Improvement, by: User, at: datetime) -> Improvement:
    """Say that an improvement is being worked on. Raises Refused when it is, or is closed."""
    stored = lock(improvement.initiative_id)
    row = _still_open(improvement)
    if row.started_on is not None:
        raise Refused("It is being worked on already.")
    row.started_on = at.date()
    row.save(update_fields=["started_on"])
    conclude(
        initiative=stored,
        verb="improvement.started",
        summary=f"Being worked on: {row.text}",
        data={"improvement": row.pk},
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def close_improvement(
    *, improvement: Improvement, outcome: str, by: User, at: datetime
) -> Improvement:
    """Take an improvement off the backlog with what came of it.

    Raises Refused without words, and once it is closed.
    """
    stored = lock(improvement.initiative_id)
    row = _still_open(improvement)
    if not outcome.strip():
        raise Refused("What came of it: say it in a sentence, with its figure.")
    row.outcome, row.closed_at, row.closed_by = outcome.strip(), at, by
    row.save(update_fields=["outcome", "closed_at", "closed_by"])
    conclude(
        initiative=stored,
        verb="improvement.closed",
        summary=f"Off the backlog: {row.text}. {row.outcome}",
        data={"improvement": row.pk, "outcome": row.outcome},
        by=by,
        at=at,
    )
    return row


def _still_open(improvement: Improvement) -> Improvement:
    row = Improvement.objects.get(pk=improvement.pk)
    if row.closed_at is not None:
        raise Refused("It is closed already.")
    return row
