"""The value ledger: what gates were opened for, what was measured, and who promised too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    Aggregate,
    Count,
    F,
    FloatField,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.http import QueryDict

from accounts.models import User
from gates.milestones import Mark, marks_of
from gates.models import Promise, Reconciliation, Rollout
from initiatives.models import BusinessUnit, Initiative
from portfolio.filters import number_of

INITIATIVE = "decision__rollout__initiative"


class Median(Aggregate):
    """The middle of a column's values; null for none."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Shown:
    """What part of the ledger is looked at, as the address says it. Empty means all."""

    sponsor: int | None = None
    unit: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> Shown:
        return cls(number_of(query.get("sponsor")), number_of(query.get("unit")))

    @property
    def narrowed(self) -> bool:
        return self != Shown()

    @property
    def query(self) -> str:
        """The address's query string, with its question mark; ``?`` alone for everything."""
        pairs = [("sponsor", self.sponsor), ("unit", self.unit)]
        return f"?{urlencode([(name, value) for name, value in pairs if value])}"

    def promises(self) -> QuerySet[Promise]:
        """Every promise in this part, unsorted."""
        found = Promise.objects.order_by()
        if self.sponsor:
            found = found.filter(**{f"{INITIATIVE}__sponsor": self.sponsor})
        if self.unit:
            found = found.filter(decision__rollout__in=Rollout.objects.within(self.unit))
        return found


def listed(shown: Shown) -> QuerySet[Promise]:
    """The ledger's rows, latest decision first, in two queries with what is settled of each."""
    return (
        shown.promises()
        .select_related("decision__passage", f"{INITIATIVE}__unit", f"{INITIATIVE}__sponsor")
        .defer("decision__facts")
        .prefetch_related("reconciliations")
        .order_by("-decision__decided_at", "-pk")
    )


def marks(promise: Promise, today: date) -> list[Mark]:
    """The milestones of one of the ledger's rows."""
    return marks_of(promise, promise.reconciliations.all(), today)


@dataclass(frozen=True)
class Account:
    """What became of promises that are settled, each by its latest milestone.

    ``short`` missed their target, of those that were ``measured``. ``median`` is the middle of
    the shares realised, 1 for all that was promised, of the ``shared`` that have a baseline; None
    where none has.
    """

    name: str
    settled: int
    measured: int
    short: int
    shared: int
    median: float | None

    @property
    def unmeasured(self) -> int:
        return self.settled - self.measured

    @property
    def short_share(self) -> float:
        """The share, from 0 to 1, of what was measured that fell short."""
        return self.short / self.measured if self.measured else 0.0


COUNTED: Mapping[str, Aggregate] = {
    "settled": Count("pk"),
    "measured": Count("measured"),
    "short": Count("pk", filter=Q(reached=False)),
    "shared": Count("share"),
    "median": Median("share"),
}


def _settled(shown: Shown) -> QuerySet[Reconciliation]:
    return Reconciliation.objects.latest_each().filter(promise__in=shown.promises()).order_by()


def whole(shown: Shown) -> Account:
    """Everything that is settled in this part, in one query."""
    return Account("", **_settled(shown).aggregate(**COUNTED))


@dataclass(frozen=True)
class Optimism:
    """Accounts side by side: those with enough measured promises to compare, who fell short most
    often first; and how many have fewer."""

    accounts: list[Account]
    too_few: int


def by_sponsor(shown: Shown, enough: int) -> Optimism:
    """By whoever sponsors the initiatives today, in one query."""
    sponsor = f"promise__{INITIATIVE}__sponsor"
    sponsored = _settled(shown).filter(**{f"{sponsor}__isnull": False})
    return _compared(sponsored.values(group=F(sponsor), name=F(f"{sponsor}__name")), enough)


def by_unit(shown: Shown, tops: Iterable[BusinessUnit], enough: int) -> Optimism:
    """By the units at the top of the tree, which ``tops`` holds; within one unit by the units in
    it. In one query."""
    unit = f"promise__{INITIATIVE}__unit"
    if shown.unit:
        return _compared(_settled(shown).values(group=F(unit), name=F(f"{unit}__label")), enough)
    root = Func(
        F(f"{unit}__path"), Value("/"), Value(1), function="split_part", output_field=TextField()
    )
    names = {str(unit.pk): unit.label for unit in tops}
    return _compared(_settled(shown).values(group=root), enough, names)


def _compared(
    rows: QuerySet[Any, Any], enough: int, names: Mapping[str, str] | None = None
) -> Optimism:
    found = [
        Account(
            names[row["group"]] if names else row["name"],
            **{name: row[name] for name in COUNTED},
        )
        for row in rows.annotate(**COUNTED)
    ]
    compared = [account for account in found if account.measured >= enough]
    compared.sort(key=lambda account: (-account.short_share, -account.measured, account.name))
    return Optimism(compared, len(found) - len(compared))


def sponsors() -> QuerySet[User]:
    """Whoever sponsors an initiative that promised something."""
    promising = Promise.objects.order_by().values(INITIATIVE)
    sponsoring = Initiative.objects.filter(pk__in=promising, sponsor__isnull=False)
    return User.objects.filter(pk__in=sponsoring.values("sponsor")).order_by("name", "pk")


def units(shown: Shown) -> QuerySet[BusinessUnit]:
    """The units at the top of the tree, and the one that is looked at."""
    return BusinessUnit.objects.filter(Q(parent=None) | Q(pk=shown.unit)).order_by("label")
