"""Generated series of observations, and an evaluator of its own for what they show.

The evaluator follows docs/measuring.md and shares no code with the product: it keeps every
observation in a list and walks it, day by day where days count.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia")
SPANS = ("1d", "2d", "7d", "14d", "28d", "1s", "5s", "60s", "3600s")
# Around the changes of the clocks, and around new year.
STARTS = (
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 10, 18, tzinfo=UTC),
    datetime(2026, 12, 20, tzinfo=UTC),
    datetime(2028, 2, 20, tzinfo=UTC),
)


@dataclass(frozen=True)
class Figure:
    at: datetime
    value: float


@dataclass
class Trial:
    """A metric, what is observed of it batch by batch, and a measure to hold it against."""

    zone: str
    metric: Mapping[str, Any]
    measure: Mapping[str, Any]
    batches: list[list[Figure]]
    moments: list[datetime]


def length(span: str) -> timedelta:
    number = int(span.rstrip("sd"))
    return timedelta(hours=24 * number) if span.endswith("d") else timedelta(seconds=number)


def trial(dice: random.Random) -> Trial:
    """Gaps, late arrivals, corrections, figures on the edge of a period and of a target."""
    period = dice.choice(SPANS)
    periods = dice.randint(1, min(6, int(timedelta(days=91) / length(period)) - 1))
    window = length(period) * periods
    now = dice.choice(STARTS) + timedelta(seconds=dice.randrange(0, 30 * 86_400))
    zone, target = dice.choice(ZONES), dice.choice([None, 0.3, 60, 60.1, -5, 250])
    around, direction = 50 if target is None else target, dice.choice(["up", "down"])
    batches: list[list[Figure]] = []
    if dice.random() < 0.3:  # measured well in every period
        good = around + (1 if direction == "up" else -1)
        steps = range(periods + 2)
        batches.append([Figure(now - length(period) * step, good) for step in steps])
    for _batch in range(dice.randint(0, 3) if not batches else dice.choice([0, 0, 1])):
        batch = []
        for _figure in range(dice.randint(1, 8)):
            ago = window * dice.choice([0, 0.1, 0.25, 0.5, 1, dice.random(), 1.5 * dice.random()])
            at = now - ago
            if dice.random() < 0.3:  # on the very edge of a local day
                local = at.astimezone(ZoneInfo(zone))
                at = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
            if dice.random() < 0.3:
                at = at.replace(microsecond=0)
            known = [figure.at for done in batches for figure in done]
            if known and dice.random() < 0.2:
                at = dice.choice(known)  # a correction
            value = around + dice.choice([0, 0, 0.1, -0.1, 1, -1, dice.uniform(-9, 9)])
            batch.append(Figure(min(at, now), value))
        batches.append(batch)
    moments = [now, now + length(period) * dice.random(), now + length(period)]
    return Trial(
        zone=zone,
        metric={
            "direction": direction,
            "target": target,
            "baseline": dice.choice([None, 0, 50, around]),
        },
        measure={
            "key": "it",
            "metric": "adoption",
            "statistic": dice.choice(["last", "average", "every", "every"]),
            "compare": dice.choice(["target", "target", "baseline"]),
            "period": period,
            "periods": periods,
            "least": dice.choice([1, 1, 1, 2, 5]),
            "fresh": dice.choice(["1d", "7d", "30d", "5s", "3600s"]),
            "better_percent": dice.choice([0, 0, 10]),
        },
        batches=batches,
        moments=moments,
    )


def shown(trial: Trial, at: datetime) -> tuple[str, float | None]:
    """The verdict at the moment and the figure that it rests on."""
    counting: dict[datetime, float] = {}
    for batch in trial.batches:
        for each in batch:
            counting[each.at] = each.value
    bound = _bound(trial)
    if not counting or bound is None:
        return "unknown", None
    latest = max(counting)
    inside = _inside(trial, counting, at)
    value = _value(trial, counting, inside)
    if at - latest > length(trial.measure["fresh"]):
        return "stale", value
    misses = [v for values in inside for v in values if not _passes(trial, v, bound)]
    statistic, least = trial.measure["statistic"], trial.measure["least"]
    if statistic == "every" and misses:
        return "not_met", value
    if statistic != "last":
        if statistic == "every" and any(not values for values in inside):
            return "unknown", value
        if sum(map(len, inside)) < least or value is None:
            return "unknown", value
    assert value is not None
    return ("met" if _passes(trial, value, bound) else "not_met"), value


def _value(
    trial: Trial, counting: Mapping[datetime, float], inside: Sequence[Sequence[float]]
) -> float | None:
    if trial.measure["statistic"] == "last":
        return round(counting[max(counting)], 9)
    values = [v for several in inside for v in several]
    if not values:
        return None
    if trial.measure["statistic"] == "average":
        return round(sum(values) / len(values), 9)
    return round(min(values) if trial.metric["direction"] == "up" else max(values), 9)


def _inside(trial: Trial, counting: Mapping[datetime, float], at: datetime) -> list[list[float]]:
    """The figures of each complete period of the window, oldest period first."""
    span, periods = trial.measure["period"], trial.measure["periods"]
    edges = _edges(span, periods, at, ZoneInfo(trial.zone))
    return [
        [value for moment, value in counting.items() if start <= moment < end]
        for start, end in pairwise(edges)
    ]


def _edges(span: str, periods: int, at: datetime, zone: ZoneInfo) -> list[datetime]:
    """Where the complete periods before the moment begin, and where the last of them ends."""
    if span.endswith("s"):
        step = int(span[:-1])
        end = int(at.timestamp() // step) * step
        return [datetime.fromtimestamp(end - n * step, UTC) for n in range(periods, -1, -1)]
    days = int(span[:-1])
    today = at.astimezone(zone).date()
    begun = today
    while (begun - date(1970, 1, 5)).days % days:
        begun -= timedelta(days=1)
    edges = [begun - timedelta(days=n * days) for n in range(periods, -1, -1)]
    return [datetime(e.year, e.month, e.day, tzinfo=zone).astimezone(UTC) for e in edges]


def _bound(trial: Trial) -> float | None:
    if trial.measure["compare"] == "target":
        target: float | None = trial.metric["target"]
        return target
    baseline = trial.metric["baseline"]
    if baseline is None:
        return None
    margin = abs(baseline) * trial.measure["better_percent"] / 100
    return float(baseline + margin if trial.metric["direction"] == "up" else baseline - margin)


def _passes(trial: Trial, value: float, bound: float) -> bool:
    value, bound = round(value, 9), round(bound, 9)
    better = value > bound if trial.metric["direction"] == "up" else value < bound
    strictly = trial.measure["compare"] == "baseline" and not trial.measure["better_percent"]
    return better or (value == bound and not strictly)
