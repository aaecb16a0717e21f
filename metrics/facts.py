"""What the metrics of an initiative contribute to the facts of a gate."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from accounts.facts import person
from metrics.models import Metric, MetricKind
from playbook.facts import PromiseFact


def subqueries(initiative: str) -> dict[str, ArraySubquery]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "metrics_data": ArraySubquery(
            Metric.objects.filter(initiative=OuterRef(initiative))
            .order_by("id")
            .values(
                json=JSONObject(
                    name="name",
                    kind="kind",
                    unit="unit",
                    direction="direction",
                    baseline="baseline",
                    target="target",
                    target_by="target_by",
                    measured_by="measured_by",
                    author=person("set_by"),
                )
            )
        ),
    }


def figures_of(rows: Sequence[Any]) -> dict[str, Any]:
    """The indicators of the value failure mode that the metrics themselves tell; none without
    metrics. A model's own metric counts for nothing."""
    if not rows:
        return {}
    business = [row for row in rows if row["kind"] == MetricKind.BUSINESS]
    complete = [r for r in business if r["baseline"] is not None and r["target"] is not None]
    return {
        "business_metrics": len(complete),
        "measured_in_pilot": bool(business) and all(row["measured_by"] for row in business),
    }


def promises_of(rows: Sequence[Any]) -> tuple[PromiseFact, ...]:
    """What the business metrics promise: those with a target, in the order of their entry."""
    return tuple(
        PromiseFact(
            metric=row["name"],
            unit=row["unit"],
            direction=row["direction"],
            baseline=row["baseline"],
            target=row["target"],
            target_by=date.fromisoformat(row["target_by"]) if row["target_by"] else None,
        )
        for row in rows
        if row["kind"] == MetricKind.BUSINESS and row["target"] is not None
    )
