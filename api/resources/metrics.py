"""Metrics: what is measured, named and changed."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import StringConstraints

from api.entrance import asker
from api.fields import (
    TEXT,
    WRITTEN,
    Body,
    Day,
    Figure,
    Line,
    OneOf,
    Reference,
    RowId,
    left_out,
)
from api.loading import authorise, load, seen_initiatives, seen_metrics
from api.paging import Page, Paged, page_of
from api.problems import Declined
from initiatives.permissions import may_edit
from metrics.models import Cadence, Direction, Metric, MetricKind
from metrics.services import FIELDS
from metrics.services import add_metric as add
from metrics.services import change_metric as change

router = Router()

Kind = Annotated[str, OneOf(MetricKind.values)]
Way = Annotated[str, OneOf(Direction.values)]
Often = Annotated[str, OneOf(Cadence.values)]
Title = Annotated[str, StringConstraints(pattern=WRITTEN, max_length=120)]
MeasureUnit = Annotated[str, StringConstraints(pattern=TEXT, max_length=60)]


class MetricOut(Schema):
    """``kind`` says what it speaks of, ``direction`` which way is better. ``counts`` says whether
    it can carry a business case. ``latest`` is its newest observation."""

    id: int
    initiative: str
    name: str
    kind: str
    unit: str
    direction: str
    baseline: float | None
    baseline_on: date | None
    target: float | None
    target_by: date | None
    measured_by: str
    cadence: str
    latest: float | None
    latest_at: datetime | None
    counts: bool
    reached: bool | None


class MetricIn(Body):
    """A figure comes with its day."""

    name: Title
    kind: Kind
    direction: Way
    unit: MeasureUnit = ""
    baseline: Figure | None = None
    baseline_on: Day | None = None
    target: Figure | None = None
    target_by: Day | None = None
    measured_by: Line = ""
    cadence: Often = "week"


class MetricChange(Body):
    """What is left out stays."""

    name: Title = left_out()
    kind: Kind = left_out()
    direction: Way = left_out()
    unit: MeasureUnit = left_out()
    baseline: Figure | None = None
    baseline_on: Day | None = None
    target: Figure | None = None
    target_by: Day | None = None
    measured_by: Line = left_out()
    cadence: Often = left_out()


def shown(row: Metric) -> MetricOut:
    known = {name: getattr(row, name) for name in FIELDS}
    return MetricOut(
        id=row.pk,
        initiative=row.initiative.reference,
        counts=row.counts,
        reached=row.reached,
        latest=row.latest,
        latest_at=row.latest_at,
        **known,
    )


def metric_of(request: HttpRequest, pk: int) -> Metric:
    """Raises Http404 for one that the asker may not know of, or the token does not reach."""
    found = seen_metrics(request).select_related("initiative").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/initiatives/{reference}/metrics", response=Page[MetricOut])
def list_metrics(request: HttpRequest, reference: Reference, asked: Paged) -> dict[str, Any]:
    rollout = load(request, reference)
    rows = Metric.objects.live().filter(initiative=rollout.initiative_id)
    return page_of(rows.select_related("initiative").order_by("kind", "pk"), asked, shown)


@router.post("/initiatives/{reference}/metrics", response={201: MetricOut})
def add_metric(request: HttpRequest, reference: Reference, metric: MetricIn) -> Status:
    """Name something to be measured."""
    rollout = load(request, reference, may=may_edit)
    added = add(
        initiative=rollout.initiative,
        fields=metric.model_dump(),
        by=asker(request).user,
        at=timezone.now(),
    )
    return Status(201, shown(metric_of(request, added.pk)))


@router.get("/metrics/{pk}", response=MetricOut)
def read_metric(request: HttpRequest, pk: RowId) -> MetricOut:
    return shown(metric_of(request, pk))


@router.patch("/metrics/{pk}", response=MetricOut)
def change_metric(request: HttpRequest, pk: RowId, changes: MetricChange) -> MetricOut:
    """Change what is known of it."""
    found = metric_of(request, pk)
    authorise(request, found.initiative, may_edit)
    if not seen_initiatives(request).filter(pk=found.initiative_id).exists():
        raise Declined(403, "This token sees the metric and feeds it, and changes nothing of it.")
    fields = changes.model_dump(exclude_unset=True)
    change(metric=found, fields=fields, by=asker(request).user, at=timezone.now())
    return shown(metric_of(request, pk))
