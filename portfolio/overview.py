"""The state of the portfolio in figures: what the dashboard draws, counted in two statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, ExtractQuarter, ExtractYear, TruncDate

from checklists.models import Check, CheckStatus
from gates.models import Condition, Decision, Outcome, Review, Rollout
from gates.models.rollouts import ENDED, PATH
from gates.models.rollouts import RolloutQuerySet as Rollouts
from initiatives.models import BusinessUnit, Initiative
from playbook.labels import CLAIMED, PAST_PLAN
from portfolio.conversion import reached_steady
from portfolio.rows import document_of

AHEAD_DAYS = 90
TOP_BLOCKERS = 6


@dataclass
class Place:
    """One stage: the initiatives under way in it, those only claimed, and where it lost some.

    A mark is one initiative under way: its weeks in the stage, how it stands (in, past, still),
    and the reference of the one that a chart may name.
    """

    here: int = 0
    claimed: int = 0
    out: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    claimed_labels: Counter[str] = field(default_factory=Counter)
    marks: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass
class Cohort:
    """Rollouts started in one half of a year. Claims are left out: they did not start here. What
    retires after it reached steady state still counts as steady, not as out."""

    started: int = 0
    steady: int = 0
    out: int = 0


@dataclass(frozen=True)
class Due:
    """What is due on one day: how many of a kind, and one of them by its reference."""

    kind: str
    day: date
    count: int
    reference: str


@dataclass
class Overview:
    """Everything counted, as of a day. *Under way* is live and not, or no longer, claimed."""

    today: date
    places: dict[str, Place] = field(default_factory=lambda: {str(s): Place() for s in PATH})
    cohorts: dict[tuple[int, int], Cohort] = field(default_factory=dict)
    severe: Counter[tuple[str, str]] = field(default_factory=Counter)
    untreated: set[tuple[str, str]] = field(default_factory=set)
    stalled_by: Counter[str] = field(default_factory=Counter)
    blockers: list[tuple[str, int]] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)
    units: dict[int, str] = field(default_factory=dict)

    @property
    def under_way(self) -> int:
        return sum(place.here for place in self.places.values())

    @property
    def claimed(self) -> int:
        return sum(place.claimed for place in self.places.values())

    def labelled(self, label: str) -> int:
        """How many under way carry the label."""
        return sum(place.labels[label] for place in self.places.values())

    def claims_labelled(self, label: str, *stages: str) -> int:
        """How many claims, of these stages or of any, carry the label."""
        return sum(self.places[stage].claimed_labels[label] for stage in stages or self.places)

    def claims_of(self, *stages: str) -> int:
        """How many claims there are of these stages."""
        return sum(self.places[stage].claimed for stage in stages)

    def late(self, *kinds: str) -> int:
        """How many things of these kinds were due before today."""
        return sum(due.count for due in self.due if due.kind in kinds and due.day < self.today)


def overview(today: date, unit: int | None = None) -> Overview:
    """Count the rollouts, live and ended, of one unit and all below it, or of all units."""
    found = Overview(today=today)
    rollouts = Rollout.objects.filter(standing__isnull=False)
    if unit is not None:
        rollouts = rollouts.within(unit)
    _count_places(found, rollouts)
    _count_tallies(found, rollouts, unit)
    found.units = dict(sorted(found.units.items(), key=lambda pair: pair[1]))
    return found


def _count_places(found: Overview, rollouts: Rollouts) -> None:
    """Where they are, since when, with which labels; the database counts those that are alike."""
    cohorts: dict[tuple[int, int], Cohort] = defaultdict(Cohort)
    for row in _alike(rollouts, found.today):
        count, stage = row["count"], row["stage"]
        if row["started_here"]:
            cohort = cohorts[row["year"], 1 if row["quarter"] <= 2 else 2]
            cohort.started += count
            cohort.steady += count * row["came_through"]
            cohort.out += count * (stage in ENDED and not row["came_through"])
        place = found.places.get(stage)
        if place is None:
            continue
        labels = Counter(dict.fromkeys(row["labels"], count))
        if CLAIMED in labels:
            place.claimed += count
            place.claimed_labels += labels
        else:
            place.here += count
            place.labels += labels
            place.marks += _marks(row)
    found.cohorts = dict(sorted(cohorts.items()))


def _alike(rollouts: Rollouts, today: date) -> Iterable[Any]:
    whole_weeks = Func(
        Value(today, DateField()),
        TruncDate("stage_entered_at"),
        template="(%(expressions)s) / 7",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )
    return (
        rollouts.order_by()
        .values(
            "stage",
            labels=F("standing__labels"),
            reasons=F("standing__stall_reasons"),
            weeks=whole_weeks,
            year=ExtractYear("started_at"),
            quarter=ExtractQuarter("started_at"),
            started_here=ExpressionWrapper(Q(claim__isnull=True), BooleanField()),
            came_through=reached_steady(),
        )
        .annotate(count=Count("pk"), number=Min("initiative__number"))
    )


def _marks(row: dict[str, Any]) -> list[tuple[int, str, str]]:
    kind = "past" if PAST_PLAN in row["reasons"] else "still" if row["reasons"] else "in"
    weeks = max(0, row["weeks"])
    named = f"AI-{row['number']:04}" if kind == "past" else ""
    return [(weeks, kind, named)] + [(weeks, kind, "")] * (row["count"] - 1)


def _count_tallies(found: Overview, rollouts: Rollouts, unit: int | None) -> None:
    """Everything else that is counted, as rows of one shape; and the units to choose from."""
    units = BusinessUnit.objects.filter(Q(parent=None) | Q(pk=unit))
    first, *others = [
        *_hindrances(rollouts),
        *_dates(rollouts, found.today),
        _shaped(units, "unit", F("pk"), F("label")),
    ]
    for what, place, thing, day, count in first.union(*others, all=True):
        match what:
            case "severe":
                found.severe[thing, place] += count
            case "untreated":
                found.untreated.add((thing, place))
            case "stalled":
                found.stalled_by[thing] += count
            case "unit":
                found.units[int(place)] = thing
            case "out":
                found.places[place].out += count
            case "blocker":
                found.blockers.append((thing, count))
            case "proof":
                due = day + timedelta(days=document_of(int(place)).proof_days)
                found.due.append(Due(what, due, count, thing))
            case _:
                found.due.append(Due(what, day, count, thing))
    last = found.today + timedelta(days=AHEAD_DAYS)
    found.due = sorted(
        (due for due in found.due if due.day <= last), key=lambda due: (due.day, due.kind)
    )
    found.blockers = sorted(found.blockers, key=lambda pair: -pair[1])[:TOP_BLOCKERS]


Counted = QuerySet[Any, tuple[Any, ...]]


SHAPE = ("what", "place", "thing", "on", "many")
NOWHERE = Value("")


def _shaped(rows: QuerySet[Any, Any], what: str, place: Any, thing: Any) -> Counted:
    """The rows counted by place and thing, in the shape that the union of all counts has."""
    return (
        rows.order_by()
        .values(
            what=Value(what, CharField()),
            place=Cast(place, CharField()),
            thing=Cast(thing, CharField()),
            on=Cast(Value(None), DateField()),
        )
        .annotate(many=Count("pk"))
        .values_list(*SHAPE)
    )


def _named(
    rows: QuerySet[Any, Any], what: str, on: Any, reference: str, place: Any = NOWHERE
) -> Counted:
    """The rows counted by day, the first of each named by its reference."""
    return (
        rows.order_by()
        .values(what=Value(what, CharField()), place=Cast(place, CharField()), on=on)
        .annotate(thing=Cast(Min(reference), CharField()), many=Count("pk"))
        .values_list(*SHAPE)
    )


def _unnested(name: str) -> Func:
    return Func(F(name), function="unnest", output_field=CharField())


def _hindrances(rollouts: Rollouts) -> list[Counted]:
    """The failure modes rated high or critical, what most of the stalled suffer from, what stands
    first in the way, and where rollouts ended."""
    live = rollouts.live().exclude(standing__labels__contains=[CLAIMED])
    shut = live.exclude(standing__first_blocker="")
    ended = Decision.objects.filter(
        rollout__in=rollouts, rollout__claim__isnull=True, outcome=Outcome.STOP
    )
    return [
        _shaped(live, "severe", F("stage"), _unnested("standing__severe_modes")),
        _shaped(live, "untreated", F("stage"), _unnested("standing__untreated_modes")),
        _shaped(live.labelled("stalled"), "stalled", NOWHERE, F("standing__worst_mode")),
        _shaped(shut, "blocker", NOWHERE, F("standing__first_blocker")),
        _shaped(ended, "out", F("from_stage"), NOWHERE),
    ]


def _dates(rollouts: Rollouts, today: date) -> list[Counted]:
    """What is due, from whatever is late already to the end of the days ahead. A proof's row has
    the day on which its owner was set and, as its stage, the playbook that says for how long."""
    last = today + timedelta(days=AHEAD_DAYS)
    live = rollouts.live()
    initiatives = Initiative.objects.filter(rollouts__in=live)
    reference = "rollout__initiative__reference"
    return [
        _named(
            Review.objects.under_way().filter(rollout__in=live, due__lte=last),
            "review",
            F("due"),
            reference,
        ),
        _named(
            Condition.objects.still_owed().filter(rollout__in=live, due__lte=last),
            "condition",
            F("due"),
            reference,
        ),
        _named(
            Check.objects.filter(
                initiative__in=initiatives,
                status=CheckStatus.MET,
                valid_until__range=(today, last),
            ),
            "evidence",
            F("valid_until"),
            "initiative__reference",
        ),
        _named(
            live.proving(owned=True),
            "proof",
            F("initiative__owner_since"),
            "initiative__reference",
            place=F("playbook_id"),
        ),
    ]
