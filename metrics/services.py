"""Naming, changing and ending the metrics of an initiative, each with its event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from metrics.models import Metric

FIELDS = (
    "name",
    "kind",
    "unit",
    "direction",
    "baseline",
    "baseline_on",
    "target",
    "target_by",
    "measured_by",
    "cadence",
)
KIND_STAYS = "Kind: a metric keeps its kind. Name another metric for the other kind."
UNIT_STAYS = "Unit: its figures are in this one. Name another metric for the other unit."
DATED = (("baseline", "baseline_on", "Baseline measured on"),)


@transaction.atomic
def add_metric(
    *, initiative: Initiative, fields: Mapping[str, Any], by: User, at: datetime
) -> Metric:
    """Name something to be measured.

    ``fields`` are those of Metric named in FIELDS; what is left out is unknown. Raises Refused
    without a name, for a name that is taken, for a figure without its day or a day without its
    figure, for a day that has not come yet, and for a target that is worse than its baseline.
    """
    stored = lock(initiative.pk)
    metric = Metric(initiative=stored)
    _fill(metric, fields, by, at)
    conclude(
        initiative=stored,
        verb="metric.added",
        summary=f"Metric added: {metric.name}",
        data=_told(metric),
        by=by,
        at=at,
    )
    return metric


@transaction.atomic
def change_metric(*, metric: Metric, fields: Mapping[str, Any], by: User, at: datetime) -> Metric:
    """Change what is known of a metric; what ``fields`` leaves out stays.

    Raises Refused as adding does, for another kind, and for another unit once it has figures; and
    Metric.DoesNotExist once it ended.
    """
    initiative = lock(metric.initiative_id)
    stored = Metric.objects.live().get(pk=metric.pk)
    before = _told(stored)
    told = {key: _stripped(value) for key, value in fields.items() if key in FIELDS}
    changed = {key: [before[key], value] for key, value in told.items() if before[key] != value}
    if not changed:
        return stored  # whoever saves it as it was has no hand in it
    if "kind" in changed:  # it would be gone from what the gates ask of its kind
        raise Refused(KIND_STAYS)
    if "unit" in changed and stored.observations.exists():
        raise Refused(UNIT_STAYS)
    _fill(stored, told, by, at)
    conclude(
        initiative=initiative,
        verb="metric.changed",
        summary=f"Metric changed: {stored.name}",
        data={"metric": stored.pk, "changed": changed},
        by=by,
        at=at,
    )
    return stored


@transaction.atomic
def end_metric(*, metric: Metric, why: str, by: User, at: datetime) -> Metric:
    """Say that something will not be measured, and why; nothing is fetched of it any more.

    The row stays: a gate may open for want of it, and whoever set or ended it does not decide
    there. Raises Refused without a reason and once it has figures, which gates rest on, and
    Metric.DoesNotExist once it ended.
    """
    initiative = lock(metric.initiative_id)
    stored = Metric.objects.live().get(pk=metric.pk)
    if stored.observations.exists():
        raise Refused(
            f"{stored.name}: it has figures that gates may rest on, so it stays. Correct its "
            "target or its figures instead."
        )
    if not why.strip():
        raise Refused("Why: say why it will not be measured.")
    stored.ended_by, stored.ended_at, stored.why_ended = by, at, why.strip()
    stored.touched_by(by.pk)
    stored.save(update_fields=["ended_by", "ended_at", "why_ended", "hands"])
    stored.feeds.running().update(ended_by=by, ended_at=at)
    conclude(
        initiative=initiative,
        verb="metric.ended",
        summary=f"Metric ended: {stored.name}. {stored.why_ended}",
        data={**_told(stored), "why": stored.why_ended},
        by=by,
        at=at,
    )
    return stored


def _fill(metric: Metric, fields: Mapping[str, Any], by: User, at: datetime) -> None:
    for name in FIELDS:
        if name in fields:
            setattr(metric, name, _stripped(fields[name]))
    if reasons := _reasons(metric, at):
        raise Refused(reasons)
    metric.set_by, metric.set_at = by, at
    metric.touched_by(by.pk)
    metric.save()


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _reasons(metric: Metric, at: datetime) -> list[str]:
    """What keeps the metric from being stored."""
    reasons = []
    if not metric.name:
        reasons.append("Metric: give its name.")
    others = Metric.objects.live().filter(initiative=metric.initiative_id).exclude(pk=metric.pk)
    if others.filter(name__iexact=metric.name).exists():
        reasons.append(f"Metric: “{metric.name}” is there already. Change that one.")
    for figure, day, label in DATED:
        value, on = getattr(metric, figure), getattr(metric, day)
        if (value is None) != (on is None):
            reasons.append(f"{label}: give the figure and its day, or neither.")
        if on is not None and on > at.date():
            reasons.append(f"{label}: give a day that has come.")
    if metric.aims_lower:
        reasons.append("Target: it is worse than the baseline. Change it, or which way is better.")
    return reasons


def _told(metric: Metric) -> dict[str, Any]:
    """What an event says of it."""
    return {"metric": metric.pk, **{name: getattr(metric, name) for name in FIELDS}}
