"""What the metrics show of a computed criterion. Pure; docs/measuring.md says what counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from audit.words import day_words
from playbook.document import Criterion, Document
from playbook.facts import MeasuredFact
from playbook.findings import State
from playbook.measures import Measure, seconds_in

MONDAY = date(1970, 1, 5)
DECIMALS = 9
WORST = ("not_met", "unknown", "stale", "met")
KIND_WORDS = {
    "business": "business outcome",
    "adoption": "adoption",
    "latency": "latency",
    "reliability": "reliability",
    "quality": "output quality",
    "data_quality": "data quality",
    "cost": "cost",
    "model": "model",
}


class Bucket(NamedTuple):
    """The counting figures of one period: how many, their sum, the lowest and the highest."""

    figures: int
    total: float
    low: float
    high: float

    def joined(self, other: "Bucket") -> "Bucket":
        return Bucket(
            self.figures + other.figures,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
        )


@dataclass(frozen=True)
class Series:
    """A metric with what was observed: its last figure, and figures by the number of their day,
    or of their period where that is one of seconds."""

    id: int
    name: str
    kind: str
    unit: str
    direction: str  # up | down: which way is better
    baseline: float | None = None
    target: float | None = None
    latest: float | None = None
    latest_at: datetime | None = None
    days: Mapping[int, Bucket] = field(default_factory=dict)
    fast: Mapping[str, Mapping[int, Bucket]] = field(default_factory=dict)
    """Figures by period of seconds, for each length that the playbook asks of."""


# What counts


def day_number(day: date) -> int:
    """Days since Monday, 5 January 1970."""
    return (day - MONDAY).days


def period_number(measure: Measure, at: datetime, zone: ZoneInfo) -> int:
    """The number of the period under way at the moment."""
    length = seconds_in(measure.period)
    if measure.by_the_day:
        return day_number(at.astimezone(zone).date()) // (length // 86_400)
    return floor(at.timestamp()) // length


def period_starts(measure: Measure, number: int, zone: ZoneInfo) -> datetime:
    """The first moment of a period."""
    length = seconds_in(measure.period)
    if measure.by_the_day:
        day = MONDAY + timedelta(days=number * (length // 86_400))
        return datetime.combine(day, time(), zone).astimezone(UTC)
    return datetime.fromtimestamp(number * length, UTC)


def window(measure: Measure, series: Series, at: datetime, zone: ZoneInfo) -> dict[int, Bucket]:
    """The figures of the last complete periods, by the number of the period; gaps are left out."""
    end = period_number(measure, at, zone)
    wanted = range(end - measure.periods, end)
    if not measure.by_the_day:
        found = series.fast.get(measure.period, {})
        return {number: found[number] for number in wanted if number in found}
    days, joined = seconds_in(measure.period) // 86_400, dict[int, Bucket]()
    for day in range(wanted.start * days, wanted.stop * days):
        if bucket := series.days.get(day):
            number = day // days
            joined[number] = joined[number].joined(bucket) if number in joined else bucket
    return joined


def measured(measure: Measure, series: Series, at: datetime, zone: ZoneInfo) -> MeasuredFact:
    """What the metric shows at the moment."""
    fact = MeasuredFact(
        measure=measure.key,
        metric=series.id,
        name=series.name,
        unit=series.unit,
        direction=series.direction,
        baseline=series.baseline,
        target=series.target,
        asked=asked(measure),
        measured_on=series.latest_at.astimezone(zone).date() if series.latest_at else None,
        stale=series.latest_at is not None
        and at - series.latest_at > timedelta(seconds=seconds_in(measure.fresh)),
    )
    if measure.statistic == "last":
        figures = [series.latest] if series.latest is not None else []
        return _with(fact, figures, count=len(figures), periods=1)
    buckets = window(measure, series, at, zone)
    count = sum(bucket.figures for bucket in buckets.values())
    if measure.statistic == "average":
        total = sum(bucket.total for bucket in buckets.values())
        return _with(fact, [total / count] if count else [], count, len(buckets))
    worst = [b.high if series.direction == "down" else b.low for b in buckets.values()]
    figures = [max(worst) if series.direction == "down" else min(worst)] if worst else []
    return _with(fact, figures, count, len(buckets))


def _with(fact: MeasuredFact, figures: Sequence[float], count: int, periods: int) -> MeasuredFact:
    value = round(figures[0], DECIMALS) if figures else None
    return replace(fact, value=value, count=count, periods=periods)


def measured_of(
    document: Document, series: Iterable[Series], at: datetime, zone: ZoneInfo
) -> dict[str, tuple[MeasuredFact, ...]]:
    """What the metrics show of every computed criterion of the playbook, by its key."""
    by_kind: dict[str, list[Series]] = {}
    for each in series:
        by_kind.setdefault(each.kind, []).append(each)
    return {
        criterion.key: tuple(
            measured(measure, each, at, zone)
            for measure in criterion.measures
            for each in by_kind.get(measure.metric, ())
        )
        for criterion, _gate in document.placed_criteria
        if criterion.measures
    }


def turns_at(
    document: Document, series: Iterable[Series], at: datetime, zone: ZoneInfo
) -> datetime | None:
    """The next moment at which the calendar alone may change what metrics show of a criterion."""
    measures = [m for criterion, _gate in document.placed_criteria for m in criterion.measures]
    turns = []
    for each in series:
        for measure in measures:
            if measure.metric != each.kind or each.latest_at is None:
                continue
            ends = each.latest_at + timedelta(seconds=seconds_in(measure.fresh))
            if ends >= at:
                turns.append(ends)
            if measure.statistic != "last":
                turns.append(period_starts(measure, period_number(measure, at, zone) + 1, zone))
    return min(turns, default=None)


# The verdict


def asked(measure: Measure) -> str:
    """What the value was worked out by: another question has another name."""
    if measure.statistic == "last":
        return "last"
    return f"{measure.statistic} of {measure.periods} × {measure.period}"


def verdict(measure: Measure, fact: MeasuredFact) -> State:
    """How one metric stands against one measure."""
    if fact.measured_on is None or _bound(measure, fact) is None or fact.asked != asked(measure):
        return "unknown"
    if fact.stale:
        return "stale"
    missed = fact.value is not None and not _passes(measure, fact)
    if measure.statistic == "every" and missed:
        return "not_met"
    gaps = measure.statistic == "every" and fact.periods < measure.periods
    if fact.value is None or gaps or fact.count < _least(measure):
        return "unknown"
    return "not_met" if missed else "met"


def _least(measure: Measure) -> int:
    return 1 if measure.statistic == "last" else measure.least


def _bound(measure: Measure, fact: MeasuredFact) -> float | None:
    """The figure that the value is compared with."""
    if measure.compare == "target":
        return None if fact.target is None else round(fact.target, DECIMALS)
    if fact.baseline is None:
        return None
    step = abs(fact.baseline) * measure.better_percent / 100
    return round(fact.baseline + (step if fact.direction == "up" else -step), DECIMALS)


def _passes(measure: Measure, fact: MeasuredFact) -> bool:
    bound = _bound(measure, fact)
    assert bound is not None
    assert fact.value is not None
    ahead = fact.value - bound if fact.direction == "up" else bound - fact.value
    if measure.compare == "baseline" and measure.better_percent == 0:
        return ahead > 0
    return ahead >= 0


def lines(criterion: Criterion, facts: Sequence[MeasuredFact]) -> list[tuple[State, str]]:
    """How each metric stands against each measure, in a sentence."""
    return list(_told(criterion, facts))


def judge(criterion: Criterion, facts: Sequence[MeasuredFact]) -> tuple[State, str, str]:
    """The state of a computed criterion, why, and what would end it."""
    told = lines(criterion, facts)
    state = min((state for state, _text in told), key=WORST.index)
    order = sorted(told, key=lambda pair: WORST.index(pair[0]))
    return state, " ".join(text for _state, text in order), _FIX[state]


_FIX = {
    "met": "",
    "not_met": "Improve it; the figures tell by themselves when it is met.",
    "unknown": "Name the metric with its target, and record its figures.",
    "stale": "Record a fresh figure.",
}


def _told(criterion: Criterion, facts: Sequence[MeasuredFact]) -> Iterator[tuple[State, str]]:
    for measure in criterion.measures:
        mine = [fact for fact in facts if fact.measure == measure.key]
        if not mine:
            yield "unknown", f"No {KIND_WORDS[measure.metric]} metric is named."
        for fact in mine:
            state = verdict(measure, fact)
            yield state, _sentence(measure, fact, state)


def _sentence(measure: Measure, fact: MeasuredFact, state: State) -> str:
    needs = _needs(measure, fact)
    if fact.measured_on is None:
        return f"{fact.name}: not measured yet; it {needs}."
    on = f"measured on {day_words(fact.measured_on)}"
    if _bound(measure, fact) is None:
        return f"{fact.name} has no {measure.compare} to be compared with."
    if fact.asked != asked(measure):
        return f"{fact.name}: kept as {fact.asked}, which says nothing of {_window(measure)}."
    if fact.value is None:
        return f"{fact.name}: no figure in {_window(measure)}; it {needs}; last {on}."
    said = f"{fact.name}: {figure(fact.value, fact.unit)}"
    if measure.statistic == "every" and fact.periods < measure.periods:
        of = f"{fact.periods} of {measure.periods} {_periods(measure, many=True)}"
        said += f" at worst, measured in {of}"
    elif measure.statistic == "average":
        said += " on average"
    elif measure.statistic == "every":
        said += " at worst"
    if state == "unknown" and fact.count < _least(measure):
        said += f", from {fact.count} of {measure.least} figures"
    stale = ", which is too long ago" if state == "stale" else ""
    return f"{said}, {needs}; {on}{stale}."


def _needs(measure: Measure, fact: MeasuredFact) -> str:
    bound = _bound(measure, fact)
    if bound is None:
        return f"needs a {measure.compare}"
    up = fact.direction == "up"
    if measure.compare == "baseline" and measure.better_percent == 0:
        word = "more than" if up else "less than"
    else:
        word = "at least" if up else "at most"
    where = "" if measure.statistic == "last" else f" in {_window(measure)}"
    return f"needs {word} {figure(bound, fact.unit)}{where}"


def _window(measure: Measure) -> str:
    if measure.periods == 1:
        return f"the last {_periods(measure)}"
    each = "each of " if measure.statistic == "every" else ""
    return f"{each}the last {measure.periods} {_periods(measure, many=True)}"


def _periods(measure: Measure, *, many: bool = False) -> str:
    named = {"7d": "week", "1d": "day", "1s": "second"}.get(measure.period)
    if named:
        return f"{named}s" if many else named
    unit = "days" if measure.by_the_day else "seconds"
    return f"period{'s' * many} of {measure.period[:-1]} {unit}"


def figure(value: float, unit: str) -> str:
    """A figure with its unit, with as many decimals as tell something: four, and of a figure
    smaller than that its first three digits."""
    shown = round(value, 4) if abs(value) >= 0.001 else float(f"{value:.3g}")
    text = f"{shown:,.10g}"
    return f"{text} {unit}".strip()
