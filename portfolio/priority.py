"""What waits at intake, ranked by the playbook's rules: value against feasibility."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import QuerySet

from gates.models import Rollout, Stage
from operations.models import CapacityOffer
from playbook.rules import PriorityRules

QUADRANTS = {
    (True, True): "Start these first",
    (True, False): "Worth the groundwork",
    (False, True): "Easy, but worth little",
    (False, False): "Leave these",
}
"""What to do with high or low value, at high or low feasibility."""


@dataclass(frozen=True)
class Place:
    """One judged initiative in the queue. ``feasibility`` has integration complexity inside."""

    rank: int
    initiative: int
    value: int
    feasibility: float
    score: float
    quadrant: str


@dataclass(frozen=True)
class Dot:
    """Places of the same value and feasibility, as the quadrants show them."""

    value: int
    feasibility: float
    first: int
    last: int
    count: int

    @property
    def label(self) -> str:
        if self.count == 1:
            return str(self.first)
        return f"{self.first}\N{EN DASH}{self.last}"


@dataclass(frozen=True)
class Queue:
    """Everything at intake: what is judged, by rank, and the ids of what nobody has judged."""

    places: list[Place]
    unjudged: list[int]

    @property
    def dots(self) -> list[Dot]:
        """One dot for each value and feasibility that somebody judged; at most 5 × 25."""
        at: dict[tuple[int, float], list[int]] = defaultdict(list)
        for place in self.places:
            at[place.value, place.feasibility].append(place.rank)
        return [
            Dot(value, feasibility, min(ranks), max(ranks), len(ranks))
            for (value, feasibility), ranks in at.items()
        ]


def queue(rules: PriorityRules, unit: int | None = None) -> Queue:
    """The intake queue of one unit and all below it, or of all units, in one query.

    Equal scores stand by value, then by feasibility, then by age.
    """
    rollouts = Rollout.objects.filter(stage=Stage.INTAKE)
    if unit is not None:
        rollouts = rollouts.within(unit)
    rows = rollouts.order_by("initiative__number").values_list(
        "initiative_id",
        "initiative__value_score",
        "initiative__feasibility_score",
        "initiative__integration_complexity",
    )
    judged: list[tuple[float, int, float, int, int]] = []
    unjudged: list[int] = []
    for initiative, value, feasibility, complexity in rows:
        if None in (value, feasibility, complexity):
            unjudged.append(initiative)
            continue
        whole = round(rules.feasibility(feasibility, complexity), 4)
        score = round(rules.score(value, feasibility, complexity), 4)
        judged.append((-score, -value, -whole, len(judged), initiative))
    places = [
        Place(
            rank=rank,
            initiative=initiative,
            value=-value,
            feasibility=-whole,
            score=-score,
            quadrant=QUADRANTS[-value >= rules.high_from, -whole >= rules.high_from],
        )
        for rank, (score, value, whole, _age, initiative) in enumerate(sorted(judged), start=1)
    ]
    return Queue(places, unjudged)


def offers() -> QuerySet[CapacityOffer]:
    """People freed from running systems whom nobody has taken yet, soonest first."""
    return CapacityOffer.objects.filter(
        taken_by__isnull=True, ended_at__isnull=True
    ).select_related("initiative")
