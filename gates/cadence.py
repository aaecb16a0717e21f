"""When each practice of the steady state was last done, and when it is due again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Greatest

from operations.models import (
    CapacityOffer,
    FeedbackItem,
    Improvement,
    ModelUpdate,
    PerformanceReview,
)
from playbook.document import SteadyPractice


def _last(rows: QuerySet[Any], *fields: str) -> Subquery:
    days = [Max(Cast(F(field), DateField())) for field in fields]
    newest = Greatest(*days) if len(days) > 1 else days[0]
    mine = rows.filter(initiative=OuterRef("initiative")).order_by().values("initiative")
    return Subquery(mine.values(day=newest), output_field=DateField())


def last_done() -> dict[str, Subquery]:
    """For each practice that leaves rows, the day it was last done, as annotations of a queryset
    of rollouts."""
    return {
        "performance_reviews": _last(PerformanceReview.objects.all(), "held_on"),
        "model_updates": _last(ModelUpdate.objects.all(), "updated_on"),
        "optimisation": _last(Improvement.objects.all(), "listed_at", "started_on", "closed_at"),
        "feedback_loops": _last(FeedbackItem.objects.all(), "received_on", "closed_at"),
        "capacity_freed": _last(CapacityOffer.objects.all(), "offered_at"),
    }


@dataclass(frozen=True)
class Turn:
    """One practice: when it was last done, and when it is due again."""

    practice: SteadyPractice
    last: date | None
    due: date | None
    overdue: bool


def turns(
    practices: tuple[SteadyPractice, ...],
    last: Mapping[str, date | None],
    *,
    since: date,
    today: date,
) -> list[Turn]:
    """Every practice with its turn; one that was never done is counted from ``since``."""
    found = []
    for practice in practices:
        done = last.get(practice.key)
        due = None
        if practice.every_days is not None and practice.key in last:
            due = max(done or since, since) + timedelta(days=practice.every_days)
        found.append(Turn(practice, done, due, due is not None and due < today))
    return found
