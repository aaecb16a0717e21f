"""What the portfolio table is narrowed to, as its address says it. What makes no sense there is
left out, so that an old or mistyped link still shows something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Case, F, IntegerField, OrderBy, Value, When
from django.http import QueryDict

from accounts.models import User
from accounts.roles import Permission
from gates.models import Rollout, Stage
from gates.models.rollouts import PATH
from gates.models.rollouts import RolloutQuerySet as Rollouts
from initiatives.models import ImpactClass, Initiative
from look.glyphs import LABELS, RATINGS
from playbook.labels import CLAIMED

GATES = ("0", "1", "2", "3", "4")
OWNERS = {"set": "somebody", "none": "nobody", "me": "me"}
CLAIMS = {"without": "left out"}
WORST_FIRST = "worst"


def ordinal(field: str, values: tuple[str, ...]) -> Case:
    """The place of a value in this order, counted from 1; 0 for any other."""
    return Case(
        *(When(**{field: value}, then=Value(place)) for place, value in enumerate(values, 1)),
        default=Value(0),
        output_field=IntegerField(),
    )


SORTS: dict[str, F | Case] = {
    "initiative": F("initiative__number"),
    "owner": F("initiative__owner__name"),
    "stage": ordinal("stage", tuple(PATH)),
    "weeks": F("stage_entered_at"),
    "gate": F("standing__gate"),
    "criteria": F("standing__criteria_met"),
    "ladder": F("standing__checks_met"),
    "risk": ordinal("standing__worst_rating", tuple(RATINGS)),
}
# Columns where the interesting end is the high one, or the early one.
DESCENDING_FIRST = {"stage", "criteria", "ladder", "risk"}


@dataclass(frozen=True)
class Filters:
    """One view of the portfolio. Empty means all."""

    q: str = ""
    unit: int | None = None
    stage: str = ""
    labels: tuple[str, ...] = ()
    owner: str = ""
    impact: str = ""
    gate: str = ""
    claims: str = ""
    sort: str = WORST_FIRST

    @classmethod
    def of(cls, query: QueryDict | Mapping[str, str]) -> Filters:
        def one_of(name: str, known: object) -> str:
            value = query.get(name) or ""
            return value if value in known else ""  # type: ignore[operator]

        labels = query.getlist("label") if isinstance(query, QueryDict) else [query.get("label")]
        owner = query.get("owner") or ""
        sort = query.get("sort") or WORST_FIRST
        return cls(
            q=" ".join((query.get("q") or "").split())[:200],
            unit=number_of(query.get("unit")),
            stage=one_of("stage", Stage.values),
            labels=tuple(dict.fromkeys(label for label in labels if label in LABELS)),
            owner=owner if owner in OWNERS or number_of(owner) else "",
            impact=one_of("impact", ImpactClass.values),
            gate=one_of("gate", GATES),
            claims=one_of("claims", CLAIMS),
            sort=sort if sort.removeprefix("-") in SORTS else WORST_FIRST,
        )

    def rollouts(self, reader: User) -> Rollouts:
        """The rollouts to show, unsorted. Those that are over only when asked for."""
        # Every rollout has been judged; saying so lets the database walk the index of ranks.
        rollouts = Rollout.objects.filter(standing__isnull=False)
        if not reader.may(Permission.SEE_ALL):
            rollouts = rollouts.visible_to(reader)
        rollouts = rollouts.filter(stage=self.stage) if self.stage else rollouts.live()
        if self.q:
            rollouts = rollouts.filter(initiative__in=Initiative.objects.matching(self.q))
        if self.unit:
            rollouts = rollouts.within(self.unit)
        if self.labels:
            rollouts = rollouts.labelled(*self.labels)
        if self.claims:
            rollouts = rollouts.exclude(standing__labels__contains=[CLAIMED])
        if self.impact:
            rollouts = rollouts.filter(initiative__impact_class=self.impact)
        if self.gate:
            rollouts = rollouts.filter(standing__gate=self.gate)
        return self._owned(rollouts, reader)

    def _owned(self, rollouts: Rollouts, reader: User) -> Rollouts:
        match self.owner:
            case "":
                return rollouts
            case "set" | "none":
                return rollouts.filter(initiative__owner__isnull=self.owner == "none")
            case "me":
                return rollouts.filter(initiative__owner=reader)
            case _:
                return rollouts.filter(initiative__owner=int(self.owner))

    def ordering(self) -> list[OrderBy]:
        """Worst first unless a column is asked for; the order is always whole."""
        if self.sort == WORST_FIRST:
            return [F("standing__rank").desc(), F("pk").asc()]
        key = self.sort.removeprefix("-")
        last_when_empty = {"nulls_last": True}
        column = SORTS[key]
        by = (
            column.desc(**last_when_empty)
            if self.sort.startswith("-")
            else column.asc(**last_when_empty)
        )
        return [by, F("pk").asc()]

    # The address of this view, and of views beside it.

    def _pairs(self) -> Iterator[tuple[str, object]]:
        for name in ("q", "unit", "stage", "labels", "owner", "impact", "gate", "claims"):
            value = getattr(self, name)
            for one in value if name == "labels" else [value]:
                if one:
                    yield ("label" if name == "labels" else name), one
        if self.sort != WORST_FIRST:
            yield "sort", self.sort

    @property
    def query(self) -> str:
        """The address's query string, with its question mark; ``?`` alone for everything."""
        return f"?{urlencode(list(self._pairs()))}"

    @property
    def common(self) -> bool:
        """One of the views that many ask for, with the same answer to all who see everything."""
        return not self.q and self.owner != "me"

    @property
    def narrowed(self) -> bool:
        return replace(self, sort=WORST_FIRST) != Filters()

    def sorted_by(self, key: str) -> Filters:
        """This view sorted by a column, or the other way round when it already is."""
        first, second = (f"-{key}", key) if key in DESCENDING_FIRST else (key, f"-{key}")
        return replace(self, sort=second if self.sort == first else first)


def number_of(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
