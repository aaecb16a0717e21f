"""How many initiatives show each clause of the frameworks that others publish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from checklists.models import Check, DesignAnswer
from gates.models import CriterionAnswer, Rollout
from playbook.coverage import cover
from playbook.document import Clause, Framework
from risks.models import Assessment


@dataclass(frozen=True)
class Reach:
    """A clause, and how many initiatives show all, or only some, of what it rests on."""

    clause: Clause
    whole: int
    part: int


@dataclass(frozen=True)
class Shown:
    """The sets of items whose evidence holds, each with the number of live initiatives that have
    exactly these. Many initiatives have the same, so there are far fewer sets than initiatives."""

    sets: tuple[tuple[frozenset[str], int], ...]

    @property
    def initiatives(self) -> int:
        return sum(count for _items, count in self.sets)

    def reach(self, framework: Framework) -> list[Reach]:
        whole = dict.fromkeys((clause.code for clause in framework.clauses), 0)
        part = dict(whole)
        for items, count in self.sets:
            for each in cover(framework, items):
                if each.state != "none":
                    tally = whole if each.state == "whole" else part
                    tally[each.clause.code] += count
        return [Reach(c, whole[c.code], part[c.code]) for c in framework.clauses]


def shown_on(today: date) -> Shown:
    """What the live initiatives show, in one query; ``playbook.coverage.shown`` in SQL."""
    in_date = Q(valid_until__isnull=True) | Q(valid_until__gte=today)
    mine = OuterRef("initiative_id")
    kinds: dict[str, QuerySet] = {
        "checks": _items(
            "check",
            "key",
            Check.objects.shown().filter(in_date, initiative=mine),
        ),
        "questions": _items(
            "question", "question", DesignAnswer.objects.filter(initiative=mine, settled=True)
        ),
        "criteria": _items(
            "criterion",
            "criterion",
            CriterionAnswer.objects.filter(
                in_date,
                rollout=OuterRef("pk"),
                stands=True,
                verdict="met",
                evidence__isnull=False,
            ),
        ),
        "modes": _items(
            "mode",
            "mode",
            Assessment.objects.current().filter(initiative=mine, reassess_by__gte=today),
        ),
    }
    found = (
        Rollout.objects.live()
        .order_by()
        .annotate(**{kind: ArraySubquery(items) for kind, items in kinds.items()})
        .values_list(*kinds, "standing__computed_met")
        .annotate(initiatives=Count("pk"))
    )
    return Shown(
        tuple(
            (frozenset([*_flat(items), *(f"criterion:{key}" for key in computed or ())]), count)
            for *items, computed, count in found
        )
    )


def _items(kind: str, field: str, rows: QuerySet) -> QuerySet:
    return rows.order_by(field).values(item=Concat(Value(f"{kind}:"), field)).values("item")


def _flat(lists: list[list[str]]) -> Iterator[str]:
    for items in lists:
        yield from items
