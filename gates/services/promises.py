"""Holding what was promised against what was measured, at each milestone once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit.services import SystemActor
from gates.models import Promise, Reconciliation
from gates.models.promises import MILESTONES, WAIT_DAYS, day_of_milestone, settles_on
from initiatives.services import conclude, lock
from metrics.asof import figure_on
from metrics.days import day_of
from metrics.models import Metric, Observation
from metrics.moments import moment_of
from playbook.measuring import figure


def due(*, at: datetime) -> list[tuple[Promise, int]]:
    """Every promise whose gate counts with each milestone that is to be settled, oldest first."""
    found = []
    for milestone in MILESTONES:
        before = moment_of(day_of(at) - timedelta(days=milestone + WAIT_DAYS))
        settled = Reconciliation.objects.filter(promise=OuterRef("pk"), milestone=milestone)
        promises = Promise.objects.filter(
            ~Exists(settled),
            decision__decided_at__lt=before,
            decision__passage__void_since__isnull=True,
        )
        rows = promises.select_related("decision__rollout").defer("decision__facts")
        found += [(promise, milestone) for promise in rows.order_by("decision__decided_at", "pk")]
    return found


@transaction.atomic
def reconcile(*, promise: Promise, milestone: int, at: datetime) -> Reconciliation | None:
    """Settle a milestone of a promise, from what was known when its days of waiting ended.

    None when there is nothing to settle: it is settled already, its days are not over, or its
    gate no longer counts.
    """
    initiative = lock(promise.decision.rollout.initiative_id)
    stored = Promise.objects.select_related("decision__passage").get(pk=promise.pk)
    decided_on = day_of(stored.decision.decided_at)
    day = day_of_milestone(decided_on, milestone)
    ends = moment_of(settles_on(day))
    if at < ends or stored.decision.passage.void_since is not None:
        return None
    if stored.reconciliations.filter(milestone=milestone).exists():
        return None
    metric = _metric_of(stored)
    after = decided_on + timedelta(days=1)
    found = figure_on(metric, day, since=after, known_by=ends) if metric else None
    made = Reconciliation.objects.create(
        promise=stored,
        milestone=milestone,
        day=day,
        measured=found.value if found else None,
        measured_on=day_of(found.at) if found else None,
        share=stored.share_of(found.value) if found else None,
        reached=stored.reached_by(found.value) if found else None,
        settled_at=at,
    )
    conclude(
        initiative=initiative,
        verb="promise.reconciled",
        summary=_told(stored, milestone, found),
        data={
            "promise": stored.pk,
            "decision": stored.decision_id,
            "milestone": milestone,
            "day": day,
            "measured": made.measured,
            "measured_on": made.measured_on,
            "share": made.share,
        },
        by=SystemActor(),
        at=at,
        progress=False,
    )
    return made


def _metric_of(promise: Promise) -> Metric | None:
    """The metric that was promised, while it still counts in the same unit."""
    same = Metric.objects.filter(unit=promise.unit)
    return None if promise.source_id is None else same.filter(pk=promise.source_id).first()


def _told(promise: Promise, milestone: int, found: Observation | None) -> str:
    """``Promised at Gate 3, after 90 days: Hours a case 38 hours, 30 hours promised``."""
    said = figure(found.value, promise.unit) if found else "not measured"
    return (
        f"Promised at Gate {promise.decision.gate}, after {milestone} days: {promise.metric} "
        f"{said}, {figure(promise.target, promise.unit)} promised"
    )
