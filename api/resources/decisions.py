"""Decisions, to be read. They are made on the page that shows the facts which are signed."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from api.fields import Reference, RowId
from api.loading import load, seen_rollouts
from api.paging import Page, Paged, page_of
from api.resources.people import Person, person
from gates.models import Decision

router = Router()


class DecisionOut(Schema):
    """``digest`` is the SHA-256 of the canonical facts that were signed. Nobody decided what
    Clearway took back by itself."""

    id: int
    initiative: str
    gate: int | None
    outcome: str
    from_stage: str
    to_stage: str
    decided_by: Person | None
    decided_at: datetime
    reason: str
    cause: str
    hold_until: date | None
    digest: str


class ReconciliationOut(Schema):
    """What was measured ``milestone`` days after the decision; null where nothing was. ``share``
    is how much of the promised improvement it is, 1 for all of it."""

    milestone: int
    day: date
    measured: float | None
    measured_on: date | None
    share: float | None
    reached: bool | None
    settled_at: datetime


class PromiseOut(Schema):
    """A business metric as it stood at the go, and what became of it so far."""

    id: int
    metric: str
    unit: str
    direction: str
    baseline: float | None
    target: float
    target_by: date | None
    reconciliations: list[ReconciliationOut]


class DecisionWithFacts(DecisionOut):
    """``promises`` are frozen with a go; no other outcome has any."""

    facts: dict[str, Any]
    promises: list[PromiseOut]


def _values(row: Decision) -> dict[str, Any]:
    return {
        "id": row.pk,
        "initiative": row.rollout.initiative.reference,
        "decided_by": person(row.decided_by),
        **{name: getattr(row, name) for name in SAME},
    }


SAME = (
    *("gate", "outcome", "from_stage", "to_stage", "decided_at"),
    *("reason", "cause", "hold_until", "digest"),
)


def _promises(row: Decision) -> list[PromiseOut]:
    return [
        PromiseOut(
            **{name: getattr(promise, name) for name in PROMISED},
            reconciliations=[
                ReconciliationOut(**{name: getattr(settled, name) for name in SETTLED})
                for settled in promise.reconciliations.all()
            ],
        )
        for promise in row.promises.prefetch_related("reconciliations")
    ]


PROMISED = ("id", "metric", "unit", "direction", "baseline", "target", "target_by")
SETTLED = (
    *("milestone", "day", "measured", "measured_on"),
    *("share", "reached", "settled_at"),
)


def shown(row: Decision) -> DecisionOut:
    return DecisionOut(**_values(row))


@router.get("/initiatives/{reference}/decisions", response=Page[DecisionOut])
def list_decisions(request: HttpRequest, reference: Reference, asked: Paged) -> dict[str, Any]:
    """Every decision on the initiative, newest first."""
    rollout = load(request, reference)
    rows = Decision.objects.filter(rollout__initiative=rollout.initiative_id).defer("facts")
    rows = rows.select_related("rollout__initiative", "decided_by")
    return page_of(rows.order_by("-decided_at", "-pk"), asked, shown)


@router.get("/decisions/{pk}", response=DecisionWithFacts)
def read_decision(request: HttpRequest, pk: RowId) -> DecisionWithFacts:
    """One decision with the facts that were signed, and what was promised."""
    rows = Decision.objects.filter(rollout__in=seen_rollouts(request), pk=pk)
    row = rows.select_related("rollout__initiative", "decided_by").first()
    if row is None:
        raise Http404
    return DecisionWithFacts(**_values(row), facts=row.facts, promises=_promises(row))
