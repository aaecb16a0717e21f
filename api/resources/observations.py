"""Observations: figures from whatever measures, in batches, each once."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints

from api.entrance import asker
from api.fields import Body, Figure, Id, Moment, RowId
from api.loading import authorise, seen_metrics
from api.paging import Page, Paged, page_of
from api.resources.metrics import metric_of
from initiatives.models import Initiative
from initiatives.permissions import may_edit
from metrics.models import Observation, Source
from metrics.observations import LONGEST_KEY, Reading, record_batch

router = Router()

MOST_AT_ONCE = 1000
ClientKey = Annotated[str, StringConstraints(pattern=rf"^[!-~]{{0,{LONGEST_KEY}}}$")]


class ObservationIn(Body):
    """A figure of a metric about a moment. The same ``key`` and figure is recorded once, however
    often it is sent; a figure without a key about a moment that has one is its correction."""

    metric: Id
    at: Moment
    value: Figure
    key: ClientKey = ""


class ObservationsIn(Body):
    observations: list[ObservationIn] = Field(min_length=1, max_length=MOST_AT_ONCE)


class RecordedOut(Schema):
    """How many figures are new, how many of these corrected one that was known, and how many had
    been recorded before."""

    new: int
    corrections: int
    repeated: int


class ObservationOut(Schema):
    """``corrected`` says that a later figure about the same moment counts instead."""

    at: datetime
    value: float
    key: str
    source: str
    recorded_at: datetime
    corrected: bool


def shown(row: Observation) -> ObservationOut:
    return ObservationOut(
        at=row.at,
        value=row.value,
        key=row.key,
        source=row.source,
        recorded_at=row.recorded_at,
        corrected=row.corrected,
    )


@router.post("/observations", response={201: RecordedOut})
def record_observations(request: HttpRequest, batch: ObservationsIn) -> Status:
    """Record figures, of one initiative or several: all of them or, with every reason, none."""
    who = asker(request)
    recorded = record_batch(
        initiatives=_measured(request, {each.metric for each in batch.observations}),
        readings=[Reading(**vars(each)) for each in batch.observations],
        source=Source.API,
        by=who.user,
        at=timezone.now(),
        through=who.means,
    )
    return Status(201, RecordedOut(**vars(recorded)))


def _measured(request: HttpRequest, metrics: Collection[int]) -> list[Initiative]:
    """The initiatives that the metrics are of. Raises Http404 when the asker may not know of a
    metric, and Declined without the right to change one."""
    found = seen_metrics(request).filter(pk__in=metrics).values_list("initiative", flat=True)
    if len(found) < len(metrics):
        raise Http404
    initiatives = list(Initiative.objects.only("owner").filter(pk__in=set(found)))
    for initiative in initiatives:
        authorise(request, initiative, may_edit)
    return initiatives


@router.get("/metrics/{pk}/observations", response=Page[ObservationOut])
def list_observations(request: HttpRequest, pk: RowId, asked: Paged) -> dict[str, Any]:
    """The figures of a metric, latest moment first, corrected ones among them."""
    metric = metric_of(request, pk)
    return page_of(Observation.objects.filter(metric=metric).order_by("-at", "-pk"), asked, shown)
