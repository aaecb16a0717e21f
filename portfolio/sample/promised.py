"""What became of what gates were opened for, in the sample's stories and in invented ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from accounts.models import User
from gates.models import Decision, Promise, Reconciliation
from gates.models.promises import MILESTONES, day_of_milestone, settles_on
from gates.services.promises import due, reconcile
from initiatives.models import Initiative
from metrics.days import day_of
from metrics.models import Metric
from metrics.moments import moment_of
from metrics.observations import Reading, record_observations

SHORT_OF_IT = 39.0  # hours to a first answer, of 52 before and 30 promised


def fall_short(initiative: Initiative, *, by: User, at: datetime) -> None:
    """What production measures is better than before, and not what was promised."""
    metric = Metric.objects.get(initiative=initiative, kind="business")
    readings = [Reading(metric.pk, at, SHORT_OF_IT)]
    record_observations(initiative=initiative, readings=readings, source="pull", by=by, at=at)


def settle(now: datetime) -> None:
    """Hold every promise of the stories that came due against what was measured."""
    for promise, milestone in due(at=now):
        reconcile(promise=promise, milestone=milestone, at=now)


# What each invented go promises.
PROMISE: dict[str, Any] = {
    "metric": "Minutes a case",
    "unit": "minutes",
    "direction": "down",
    "baseline": 30.0,
    "target": 12.0,
    "target_by": None,
}
SIGNED = [{**PROMISE, "id": None}]
UNMEASURED_SHARE = 0.25


def invented(decision: Decision, dice: Random, at: datetime) -> Iterator[Promise | Reconciliation]:
    """What a go promised and what was measured since, not yet saved."""
    promise = Promise(decision=decision, **PROMISE)
    yield promise
    for milestone in MILESTONES:
        day = day_of_milestone(day_of(decision.decided_at), milestone)
        ends = moment_of(settles_on(day))
        if ends > at:
            return
        measured = None if dice.random() < UNMEASURED_SHARE else dice.uniform(8, 30)
        yield Reconciliation(
            promise=promise,
            milestone=milestone,
            day=day,
            measured=measured,
            measured_on=None if measured is None else day,
            share=None if measured is None else promise.share_of(measured),
            reached=None if measured is None else promise.reached_by(measured),
            settled_at=ends,
        )
