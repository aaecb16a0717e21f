"""The sample's failure modes and their figures: assessments, source systems, metrics."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from accounts.models import User
from audit.models import Event
from gates.figures import implied
from initiatives.models import Initiative
from metrics.models import Metric, Source
from metrics.observations import Reading, record_observations
from metrics.services import add_metric
from playbook.document import Criterion, Document
from portfolio.sample import wording
from portfolio.sample.specs import Spec
from risks.services import assess
from risks.sources import list_source

WEEK = timedelta(weeks=1)
FORTNIGHT = timedelta(weeks=2)
Tick = Callable[[], dict[str, Any]]


def assess_all(
    initiative: Initiative,
    document: Document,
    *,
    worst: tuple[str, int, int, str] | None,
    spec: Spec,
    owner: User,
    until: date,
    tick: Tick,
) -> None:
    """All seven failure modes: low, but for the worst one. The spec's figures are that one's."""
    for mode in document.failure_modes:
        likelihood, impact, response = 2, 2, "in_place"
        figures: dict[str, Any] = {}
        if worst is not None and worst[0] == mode.key:
            _, likelihood, impact, response = worst
            figures = spec.figures
        treated = response != "none"
        assess(
            initiative=initiative,
            mode=mode,
            indicators=figures,
            figures=implied(figures),
            override_reason=spec.otherwise,
            likelihood=likelihood,
            impact=impact,
            inherent_likelihood=5 if treated and likelihood > 2 else likelihood,
            inherent_impact=impact,
            response=response,
            response_text=wording.RESPONSE if treated else "",
            residual_likelihood=max(1, likelihood - 1) if treated else likelihood,
            residual_impact=impact,
            owner=owner,
            reassess_by=until,
            **tick(),
        )


def list_rows(initiative: Initiative, spec: Spec, tick: Tick) -> None:
    """The source systems and metrics that the spec names. Figures count on the day of the act."""
    for fields in spec.sources:
        list_source(initiative=initiative, fields=fields, **tick())
    for fields in spec.metrics:
        act, latest = tick(), fields.get("latest")
        named = {name: value for name, value in fields.items() if name != "latest"}
        if "baseline" in named:
            named["baseline_on"] = initiative.created_at.date()
        metric = add_metric(initiative=initiative, fields=named, **act)
        if latest is not None:
            readings = [Reading(metric.pk, act["at"], latest)]
            record_observations(initiative=initiative, readings=readings, source="form", **act)


# What the sample's metrics are called by kind: unit, which way is better, baseline, target, good.
MEASURED: dict[str, tuple[str, str, str, float | None, float, float]] = {
    "business": ("Hours to a first answer", "hours", "down", 52, 30, 27.5),
    "adoption": ("Adoption", "% of its users", "up", None, 60, 64),
    "latency": ("Latency, 95 of 100 answers", "ms", "down", None, 400, 310),
    "reliability": ("Availability", "%", "up", None, 99.5, 99.8),
    "quality": ("Answers found right", "%", "up", None, 90, 93.5),
    "cost": ("Cost of a case", "USD", "down", None, 2.5, 2.1),
}


def keep_measuring(initiative: Initiative, by: User, at: datetime) -> None:
    """What monitoring sent since the last figure, every fortnight: one a week, as good as that.
    What was due before the story's last act came with it: a history runs forward."""
    earliest = Event.objects.of(initiative.chain).aggregate(last=Max("at"))["last"]
    batches: dict[datetime, list[Reading]] = {}
    for metric in Metric.objects.filter(initiative=initiative, latest__isnull=False):
        assert metric.latest is not None
        assert metric.latest_at is not None
        for week in range(1, (at - metric.latest_at) // WEEK + 1):
            moment = metric.latest_at + week * WEEK
            sent = max(earliest, at - (at - moment) // FORTNIGHT * FORTNIGHT)
            batches.setdefault(sent, []).append(Reading(metric.pk, moment, metric.latest))
    for sent, readings in sorted(batches.items()):
        record_observations(
            initiative=initiative, readings=readings, source=Source.PULL, by=by, at=sent
        )


def measure(initiative: Initiative, criterion: Criterion, tick: Tick) -> None:
    """Figures that meet a computed criterion, one each Monday up to now: whatever day of a week
    somebody looks, it has its figure."""
    act = tick()
    monday = act["at"] - timedelta(days=act["at"].weekday())
    readings = []
    for asked in criterion.measures:
        name, unit, direction, baseline, target, good = MEASURED[asked.metric]
        metric = Metric.objects.live().filter(initiative=initiative, kind=asked.metric).first()
        if metric is None:
            fields = {
                "name": name,
                "kind": asked.metric,
                "unit": unit,
                "direction": direction,
                "baseline": baseline,
                "baseline_on": None if baseline is None else initiative.created_at.date(),
                "target": target,
                "measured_by": "Service monitoring",
            }
            metric = add_metric(initiative=initiative, fields=fields, **act)
        weeks = 0 if asked.statistic == "last" else asked.periods
        value = good if metric.target == target else metric.target or good
        readings += [
            Reading(metric.pk, monday - timedelta(weeks=week), value)
            for week in range(weeks, -1, -1)
        ]
    record_observations(initiative=initiative, readings=readings, source="form", **act)
