"""Recording figures: whole batches or nothing, each figure once, one event a batch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from math import isfinite

from django.db import connection, transaction

from accounts.models import User
from audit.canonical import digest_of
from audit.models import FIGURES_RECORDED
from initiatives import hooks
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock, lock_many
from metrics.days import add_up, day_of
from metrics.models import BY_HAND, Metric, Observation

AHEAD = timedelta(minutes=5)
LONGEST_KEY = 80
LARGEST = 1e15
"""Sums of figures up to here stay finite, however many a day has."""
SHOWN = 20


@dataclass(frozen=True)
class Reading:
    """A figure to be recorded. ``key`` is the sender's own name for it, empty for none."""

    metric: int
    at: datetime
    value: float
    key: str = ""


@dataclass(frozen=True)
class Recorded:
    """What became of a batch: figures that are new, corrections among them, and repeats."""

    new: int = 0
    corrections: int = 0
    repeated: int = 0


@transaction.atomic
def record_observations(
    *,
    initiative: Initiative,
    readings: Sequence[Reading],
    source: str,
    by: User,
    at: datetime,
    through: str = "",
) -> Recorded:
    """Record figures of the initiative's metrics, in the order given; the last about a moment
    counts. ``through`` names the token or feed that they came by.

    Figures that a person typed are progress, others stop no stall clock. Raises Refused with a
    sentence for each reading that cannot be recorded, and then records none.
    """
    stored = lock(initiative.pk)
    live = Metric.objects.live().filter(initiative=stored)
    metrics = {metric.pk: metric for metric in live}
    fresh, repeated = _fresh(readings, metrics, at)
    if not fresh:
        return Recorded(repeated=repeated)
    corrected = _mark_corrected(fresh)
    last = {(reading.metric, reading.at): index for index, reading in enumerate(fresh)}
    observations = Observation.objects.bulk_create(
        Observation(
            metric_id=reading.metric,
            at=reading.at,
            value=reading.value,
            source=source,
            key=reading.key,
            recorded_at=at,
            recorded_by=by,
            corrected=last[reading.metric, reading.at] != index,
        )
        for index, reading in enumerate(fresh)
    )
    counting = [observation for observation in observations if not observation.corrected]
    add_up(counting, anew={(metric, day_of(moment)) for metric, moment in corrected})
    _keep_latest(metrics, counting)
    _note_hands((metrics[reading.metric] for reading in fresh), by)
    named = Counter(metrics[reading.metric].name for reading in fresh)
    conclude(
        initiative=stored,
        verb=FIGURES_RECORDED,
        summary="Figures recorded: "
        + ", ".join(f"{name}{f' ({n})' if n > 1 else ''}" for name, n in named.items()),
        data=_told(fresh, source, through),
        by=by,
        at=at,
        progress=source in BY_HAND,
    )
    return Recorded(len(fresh), len(corrected) + len(fresh) - len(counting), repeated)


@transaction.atomic
def record_batches(
    readings: Mapping[Initiative, Sequence[Reading]],
    *,
    source: str,
    by: User,
    at: datetime,
    through: str = "",
) -> Recorded:
    """Record figures of several initiatives, one batch each: all of them or none.

    Raises Refused as one batch does.
    """
    lock_many(initiative.pk for initiative in readings)
    with hooks.gathered(at):
        done = [
            record_observations(
                initiative=initiative,
                readings=readings[initiative],
                source=source,
                by=by,
                at=at,
                through=through,
            )
            for initiative in sorted(readings, key=lambda initiative: initiative.pk)
        ]
    return Recorded(*(sum(each) for each in zip(*map(astuple, done), strict=True)))


def _note_hands(metrics: Iterable[Metric], by: User) -> None:
    new = {metric for metric in metrics if by.pk not in metric.hands}
    for metric in new:
        metric.touched_by(by.pk)
    Metric.objects.bulk_update(new, ["hands"])


def _told(fresh: Sequence[Reading], source: str, through: str) -> dict[str, object]:
    """What the event says: every figure of a small batch, the digest of a large one."""
    figures = [[r.metric, r.at.isoformat(), r.value] for r in fresh]
    told: dict[str, object] = {
        "source": source,
        "figures": len(fresh),
        "digest": digest_of(figures),
    }
    if through:
        told["through"] = through
    if len(figures) <= SHOWN:
        told["observed"] = figures
    return told


def _fresh(
    readings: Sequence[Reading], metrics: dict[int, Metric], at: datetime
) -> tuple[list[Reading], int]:
    """The readings that were not recorded before, and how many were. Raises Refused."""
    keys = {(r.metric, r.key) for r in readings if r.key and r.metric in metrics}
    known = {
        (metric, key): (moment, value)
        for metric, key, moment, value in Observation.objects.filter(
            metric__in={metric for metric, _key in keys}, key__in={key for _metric, key in keys}
        ).values_list("metric_id", "key", "at", "value")
    }
    fresh, reasons, repeated = [], [], 0
    for number, reading in enumerate(readings, start=1):
        if reason := _against(reading, metrics, at):
            reasons.append(f"Figure {number}: {reason}")
            continue
        if reading.key:
            said = (reading.at, reading.value)
            before = known.setdefault((reading.metric, reading.key), said)
            if before is not said:
                repeated += before == said
                if before != said:
                    reasons.append(
                        f"Figure {number}: the key “{reading.key}” was used for another figure. "
                        "Send a correction under a key of its own."
                    )
                continue
        fresh.append(reading)
    if reasons:
        raise Refused(reasons)
    return fresh, repeated


def _against(reading: Reading, metrics: dict[int, Metric], at: datetime) -> str:
    """Why a reading cannot be recorded; empty when it can."""
    if reading.metric not in metrics:
        return "this initiative has no such metric."
    if not isfinite(reading.value):
        return "the value must be a finite number."
    if abs(reading.value) > LARGEST:
        return f"the value is beyond {LARGEST:g}. Choose a larger unit."
    if reading.at > at + AHEAD:
        return "its moment has not come yet. Check the clock or the time zone."
    if len(reading.key) > LONGEST_KEY:
        return f"the key has more than {LONGEST_KEY} characters."
    return ""


def _mark_corrected(fresh: Iterable[Reading]) -> set[tuple[int, datetime]]:
    """The moments about which a counting figure was known; it counts no longer."""
    moments = {(reading.metric, reading.at) for reading in fresh}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE metrics_observation o SET corrected = true"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS new (metric, at)"
            " WHERE o.metric_id = new.metric AND o.at = new.at AND NOT o.corrected"
            " RETURNING o.metric_id, o.at",
            [[metric for metric, _at in moments], [at for _metric, at in moments]],
        )
        return {(metric, at) for metric, at in cursor.fetchall()}


def _keep_latest(metrics: dict[int, Metric], counting: Iterable[Observation]) -> None:
    touched = set()
    for observation in counting:
        metric = metrics[observation.metric_id]
        if metric.latest_at is None or observation.at >= metric.latest_at:
            metric.latest, metric.latest_at = observation.value, observation.at
            touched.add(metric)
    Metric.objects.bulk_update(touched, ["latest", "latest_at"])
