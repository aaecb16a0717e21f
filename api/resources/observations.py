"""Observations: figures from whatever measures, in batches, each once."""

from collections.abc import Sequence
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
from metrics.observations import LONGEST_KEY, Reading, record_batches

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
    readings = _by_initiative(request, batch.observations)
    who = asker(request)
    recorded = record_batches(
        readings, source=Source.API, by=who.user, at=timezone.now(), through=who.means
    )
    return Status(201, RecordedOut(**vars(recorded)))


def _by_initiative(
    request: HttpRequest, observations: Sequence[ObservationIn]
) -> dict[Initiative, list[Reading]]:
    """The figures of each initiative. Raises Http404 when the asker may not know of a metric, and
    Declined without the right to change one."""
    wanted = {each.metric for each in observations}
    found = {
        metric.pk: metric.initiative
        for metric in seen_metrics(request).select_related("initiative").filter(pk__in=wanted)
    }
    if len(found) < len(wanted):
        raise Http404
    for initiative in set(found.values()):
        authorise(request, initiative, may_edit)
    readings: dict[Initiative, list[Reading]] = {}
    for each in observations:
        reading = Reading(each.metric, each.at, each.value, each.key)
        readings.setdefault(found[each.metric], []).append(reading)
    return readings


@router.get("/metrics/{pk}/observations", response=Page[ObservationOut])
def list_observations(request: HttpRequest, pk: RowId, asked: Paged) -> dict[str, Any]:
    """The figures of a metric, latest moment first, corrected ones among them."""
    metric = metric_of(request, pk)
    return page_of(Observation.objects.filter(metric=metric).order_by("-at", "-pk"), asked, shown)
