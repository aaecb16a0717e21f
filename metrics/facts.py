"""What the metrics of an initiative contribute to the facts of a gate."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from accounts.facts import person
from metrics.models import Metric, MetricKind


def subqueries(initiative: str) -> dict[str, ArraySubquery]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "metrics_data": ArraySubquery(
            Metric.objects.filter(initiative=OuterRef(initiative))
            .order_by("id")
            .values(
                json=JSONObject(
                    kind="kind",
                    baseline="baseline",
                    target="target",
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
