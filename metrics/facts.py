"""What the metrics of an initiative contribute to the facts of a gate."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    DateField,
    Func,
    IntegerField,
    JSONField,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Extract, Floor

from accounts.facts import Rows, person
from metrics.models import Day, Metric, MetricKind, Observation
from playbook.facts import PromiseFact
from playbook.measures import MOST_DAYS, Measure, seconds_in
from playbook.measuring import MONDAY, Bucket, Series

Fast = Mapping[int, Mapping[str, Mapping[int, Bucket]]]
"""Figures by metric, length of period, and number of the period."""


def subqueries(initiative: str) -> dict[str, Rows]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "metrics_data": Rows(
            Metric.objects.live().filter(initiative=OuterRef(initiative)).order_by("id"),
            id="id",
            name="name",
            kind="kind",
            unit="unit",
            direction="direction",
            baseline="baseline",
            target="target",
            target_by="target_by",
            measured_by="measured_by",
            latest="latest",
            latest_at="latest_at",
            author=person("set_by"),
            hands="hands",
            days=Rows(_days()),
        ),
        # Judged no more; but whose hands were on them is still known.
        "ended_metrics_data": Rows(
            Metric.objects.ended().filter(initiative=OuterRef(initiative)).order_by(),
            kind="kind",
            hands="hands",
        ),
    }


def _days() -> QuerySet[Day, Any]:
    """The latest days with a figure, as many as a window may reach back to and the one it ends
    in, each as [number of the day, count, sum, lowest, highest]."""
    number = Func(
        "day",
        Value(MONDAY, DateField()),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )
    columns = (number, "count", "total", "low", "high")
    told = Func(*columns, function="json_build_array", output_field=JSONField())
    days = Day.objects.filter(metric=OuterRef("pk")).order_by("-day")
    return days.values_list(told)[:MOST_DAYS]


def series_of(rows: Iterable[Mapping[str, Any]], fast: Fast | None = None) -> tuple[Series, ...]:
    """The metrics with what was observed of them, as the playbook judges them."""
    return tuple(
        Series(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            unit=row["unit"],
            direction=row["direction"],
            baseline=row["baseline"],
            target=row["target"],
            latest=row["latest"],
            latest_at=datetime.fromisoformat(row["latest_at"]) if row["latest_at"] else None,
            days={number: Bucket(*figures) for number, *figures in row["days"]},
            fast=(fast or {}).get(row["id"], {}),
        )
        for row in rows
    )


def fast_figures(metrics: Collection[int], measures: Iterable[Measure], at: datetime) -> Fast:
    """The figures by period of seconds that these measures ask of, one query for each length."""
    reach: dict[str, int] = {}
    for measure in measures:
        if not measure.by_the_day and measure.statistic != "last":
            reach[measure.period] = max(reach.get(measure.period, 0), measure.periods)
    found: dict[int, dict[str, dict[int, Bucket]]] = {}
    for period, periods in reach.items():
        length = seconds_in(period)
        since = at - timedelta(seconds=length * (periods + 1))
        number = Floor(Extract("at", "epoch", tzinfo=UTC) / length, output_field=BigIntegerField())
        rows = (
            Observation.objects.counting()
            .filter(metric__in=metrics, at__gte=since)
            .order_by()
            .values("metric_id", number=number)
            .annotate(n=Count("pk"), total=Sum("value"), low=Min("value"), high=Max("value"))
        )
        for row in rows:
            buckets = found.setdefault(row["metric_id"], {}).setdefault(period, {})
            buckets[row["number"]] = Bucket(row["n"], row["total"], row["low"], row["high"])
    return found


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
            id=row["id"],
        )
        for row in rows
        if row["kind"] == MetricKind.BUSINESS and row["target"] is not None
    )
