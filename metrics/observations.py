"""Recording figures: whole batches or nothing, each figure once, one event an initiative."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from math import isfinite
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from audit.canonical import digest_of
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude_figures, lock_many
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


def record_observations(
    *,
    initiative: Initiative,
    readings: Sequence[Reading],
    source: str,
    by: User,
    at: datetime,
    through: str = "",
) -> Recorded:
    """Record figures of one initiative's metrics, as ``record_batch`` does of several."""
    return record_batch(
        initiatives=[initiative], readings=readings, source=source, by=by, at=at, through=through
    )


@transaction.atomic
def record_batch(
    *,
    initiatives: Iterable[Initiative],
    readings: Sequence[Reading],
    source: str,
    by: User,
    at: datetime,
    through: str = "",
) -> Recorded:
    """Record figures of the initiatives' metrics, in the order given; the last about a moment
    counts. ``through`` names the token or feed that they came by.

    Figures that a person typed are progress; others stop no stall clock. However many figures and
    initiatives there are, the statements are as many. Raises Refused with a sentence for each
    reading that cannot be recorded, and then records none.
    """
    stored = lock_many(initiative.pk for initiative in initiatives)
    live = Metric.objects.live().filter(initiative__in=stored)
    metrics = {metric.pk: metric for metric in live.only("initiative", "name", "hands")}
    fresh, repeated = _fresh(readings, metrics, at)
    if not fresh:
        return Recorded(repeated=repeated)
    corrected = _mark_corrected(fresh)
    last = {(reading.metric, reading.at): index for index, reading in enumerate(fresh)}
    counts = [last[reading.metric, reading.at] == index for index, reading in enumerate(fresh)]
    _insert(fresh, counts, source=source, by=by, at=at)
    counting = list(compress(fresh, counts))
    add_up(
        ((reading.metric, reading.at, reading.value) for reading in counting),
        anew={(metric, day_of(moment)) for metric, moment in corrected},
    )
    _keep_latest(counting)
    _note_hands({metrics[reading.metric] for reading in fresh}, by)
    parts: dict[int, list[Reading]] = {}
    for reading in fresh:
        parts.setdefault(metrics[reading.metric].initiative_id, []).append(reading)
    conclude_figures(
        said={
            initiative: (_summary(part, metrics), _told(part, source, through))
            for initiative in stored
            if (part := parts.get(initiative.pk))
        },
        typed=source in BY_HAND,
        by=by,
        at=at,
    )
    return Recorded(len(fresh), len(corrected) + len(fresh) - len(counting), repeated)


def _note_hands(metrics: Iterable[Metric], by: User) -> None:
    if new := [metric for metric in metrics if by.pk not in metric.hands]:
        for metric in new:
            metric.touched_by(by.pk)
        Metric.objects.bulk_update(new, ["hands"])


def _summary(readings: Iterable[Reading], metrics: Mapping[int, Metric]) -> str:
    named = Counter(metrics[reading.metric].name for reading in readings)
    return "Figures recorded: " + ", ".join(
        f"{name}{f' ({n})' if n > 1 else ''}" for name, n in named.items()
    )


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


CORRECT = """
    UPDATE metrics_observation o SET corrected = true
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS new (metric, at)
    WHERE o.metric_id = new.metric AND o.at = new.at AND NOT o.corrected
    RETURNING o.metric_id, o.at
"""
INSERT = """
    INSERT INTO metrics_observation
        (metric_id, at, value, key, corrected, source, recorded_at, recorded_by_id)
    SELECT metric, at, value, key, NOT counts, %s, %s, %s
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::text[], %s::boolean[])
        WITH ORDINALITY AS new (metric, at, value, key, counts, place)
    ORDER BY place
"""
KEEP_LATEST = """
    UPDATE metrics_metric m SET latest = new.value, latest_at = new.at
    FROM (
        SELECT DISTINCT ON (metric) metric, at, value
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[]) AS given (metric, at, value)
        ORDER BY metric, at DESC
    ) AS new
    WHERE m.id = new.metric AND (m.latest_at IS NULL OR new.at >= m.latest_at)
"""


def _mark_corrected(fresh: Iterable[Reading]) -> set[tuple[int, datetime]]:
    """The moments about which a counting figure was known; it counts no longer."""
    moments = {(reading.metric, reading.at) for reading in fresh}
    with connection.cursor() as cursor:
        cursor.execute(CORRECT, [[metric for metric, _at in moments], [at for _m, at in moments]])
        return {(metric, at) for metric, at in cursor.fetchall()}


def _insert(
    fresh: Sequence[Reading], counts: Sequence[bool], *, source: str, by: User, at: datetime
) -> None:
    said = [*_columns(fresh), [reading.key for reading in fresh], list(counts)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [source, at, by.pk, *said])


def _keep_latest(counting: Sequence[Reading]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP_LATEST, _columns(counting))


def _columns(readings: Iterable[Reading]) -> list[list[Any]]:
    rows = ((reading.metric, reading.at, float(reading.value)) for reading in readings)
    return [list(column) for column in zip(*rows, strict=True)]
