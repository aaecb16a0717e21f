"""What came to rest: paused, stalled, stopped and retired initiatives, why, and at which cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Greatest, JSONObject
from django.http import QueryDict

from gates.models import (
    CriterionAnswer,
    Decision,
    Outcome,
    Passage,
    Pause,
    Release,
    Rollout,
    Stage,
)
from gates.models.reviews import Verdict
from gates.models.rollouts import END_OF, ENDED, PATH
from gates.resting import Words, words_at_rest
from initiatives.models import Cost
from playbook.document import Document
from playbook.labels import CLAIMED, PAST_PLAN, STALLED
from portfolio.filters import number_of
from portfolio.rows import document_of

STATES = {
    "stalled": "Stalled",
    "paused": "Paused",
    "stopped": "Stopped",
    "retired": "Retired",
}
UNCODED = "none"
PILOT_RESULT = "business_metrics_positive"


@dataclass(frozen=True)
class Plot:
    """What part of the graveyard is looked at, as the address says it. Empty means all."""

    state: str = ""
    mode: str = ""
    unit: int | None = None

    @classmethod
    def of(cls, query: QueryDict, document: Document) -> Plot:
        modes = {UNCODED, *(mode.key for mode in document.failure_modes)}
        state, mode = query.get("state") or "", query.get("mode") or ""
        return cls(
            state=state if state in STATES else "",
            mode=mode if mode in modes else "",
            unit=number_of(query.get("unit")),
        )

    def rollouts(self) -> QuerySet[Any]:
        """Everything at rest in this plot."""
        found = resting(self.unit)
        if self.state:
            found = found.filter(state=self.state)
        if self.mode:
            found = found.filter(cause="" if self.mode == UNCODED else self.mode)
        return found

    @property
    def query(self) -> str:
        """The address's query string, with its question mark; ``?`` alone for everything."""
        pairs = [("state", self.state), ("mode", self.mode), ("unit", self.unit)]
        return f"?{urlencode([(name, value) for name, value in pairs if value])}"

    def at(self, **other: Any) -> str:
        """The query string of the plot beside this one."""
        return replace(self, **other).query


def resting(unit: int | None = None) -> QuerySet[Any]:
    """Rollouts at rest, each with its ``state``, what is ``said`` of it, and the coded ``cause``.

    A claim rests only once somebody pauses or ends it here: until then it waits for its proof.
    What has begun anew since its end no longer rests.
    """
    newer = Rollout.objects.filter(initiative=OuterRef("initiative"), pk__gt=OuterRef("pk"))
    paused = Exists(Pause.objects.filter(rollout=OuterRef("pk"), resumed_at__isnull=True))
    stalled = Q(standing__labels__contains=[STALLED]) & (
        ~Q(standing__labels__contains=[CLAIMED]) | paused
    )
    over = Q(stage__in=ENDED, moved_by__isnull=False) & ~Exists(newer)
    rollouts = Rollout.objects.all() if unit is None else Rollout.objects.within(unit)
    return (
        rollouts.filter(over | stalled & ~Q(stage__in=ENDED))
        .annotate(
            state=Case(
                When(stage__in=ENDED, then=F("stage")),
                When(paused, then=Value("paused")),
                default=Value("stalled"),
                output_field=CharField(),
            ),
            said=words_at_rest(),
        )
        .annotate(cause=Coalesce(KeyTextTransform("cause", "said"), Value("", TextField())))
    )


@dataclass
class Tally:
    """How many rest in one unit or everywhere, by state, by coded cause, and by their pilot."""

    states: Counter[str]
    causes: Counter[tuple[str, str]]
    """By coded cause, empty for none, and the stage in which it came to rest."""
    found: int
    """How many the plot holds, of all that rest."""
    positive: int
    """Whose pilot was judged positive: through Gate 1, or its business metrics met."""
    negative: int
    unjudged: int
    """Without any judgement of a pilot, most of them because they never ran one."""

    @property
    def all(self) -> int:
        return self.states.total()

    @property
    def judged(self) -> int:
        return self.positive + self.negative

    def caused(self, cause: str) -> int:
        """How many a failure mode brought to rest, whatever the stage; empty for not coded."""
        return sum(many for (coded, _stage), many in self.causes.items() if coded == cause)


def tally(plot: Plot) -> Tally:
    """Count everything at rest in the plot's unit, in one query."""
    answers = CriterionAnswer.objects.filter(rollout=OuterRef("pk"), criterion=PILOT_RESULT)
    passed = Exists(Passage.objects.filter(rollout=OuterRef("pk"), gate=1))
    rows = (
        resting(plot.unit)
        .annotate(
            rests_in=Case(
                When(stage__in=ENDED, then=F("moved_by__from_stage")),
                default=F("stage"),
                output_field=CharField(),
            ),
            pilot=Case(
                When(passed | Exists(answers.filter(verdict=Verdict.MET)), then=Value("positive")),
                When(Exists(answers), then=Value("negative")),
                default=Value("unjudged"),
            ),
        )
        .order_by()
        .values_list("state", "cause", "rests_in", "pilot")
        .annotate(many=Count("pk"))
    )
    counted = Tally(Counter(), Counter(), 0, 0, 0, 0)
    for state, cause, stage, pilot, many in rows:
        counted.states[state] += many
        setattr(counted, pilot, getattr(counted, pilot) + many)
        if plot.state in ("", state):
            counted.causes[cause, stage] += many
            coded = plot.mode if plot.mode != UNCODED else ""
            counted.found += many * (not plot.mode or cause == coded)
    return counted


class Money(dict[str, Decimal]):
    """Amounts by currency; they are never added across currencies."""

    def __str__(self) -> str:
        return ", ".join(f"{currency} {total:,.0f}" for currency, total in self.items())


@dataclass(frozen=True)
class Grave:
    """One initiative at rest, as the list shows it."""

    reference: str
    name: str
    unit: str
    state: str
    stage: str
    ends: str
    """Where stopping it leads: stopped or retired; empty for what is over."""
    since: datetime
    started: datetime
    reasons: list[str]
    cause: str
    words: Words | None
    sponsor: int | None
    spent: Money
    released: Money
    revived: Mapping[str, str] | None
    """The latest revival, with the day by which it was to have changed."""

    @property
    def since_what(self) -> str:
        """What happened on the day of ``since``; a stall has no day of its own, so it is told by
        the clock that ran out."""
        if self.state != "stalled":
            return self.state
        return "in this stage since" if PAST_PLAN in self.reasons else "last progress"

    def days(self, today: date) -> int:
        """How many days ago that was."""
        return max(0, (today - self.since.date()).days)

    def change_by(self) -> date | None:
        day = self.revived and self.revived["by"]
        return date.fromisoformat(day) if day else None


LOOKUPS = (
    "initiative__reference",
    "initiative__name",
    "initiative__unit__label",
    "state",
    "stage",
    "moved_by__from_stage",
    "since",
    "started_at",
    "standing__stall_reasons",
    "cause",
    "said",
    "initiative__sponsor_id",
    "spent",
    "released",
    "revived",
    "playbook_id",
)


def graves(plot: Plot) -> QuerySet[Rollout, tuple[Any, ...]]:
    """The rows of the plot, the longest ago first, as one query that still can be sliced."""
    paused_at = Pause.objects.filter(rollout=OuterRef("pk"), resumed_at__isnull=True)
    mine = OuterRef("initiative")
    revivals = Decision.objects.filter(outcome=Outcome.REVIVE, rollout__initiative=mine)
    return (
        plot.rollouts()
        .annotate(
            since=Case(
                When(stage__in=ENDED, then=F("moved_by__decided_at")),
                default=Coalesce(
                    Subquery(paused_at.values("paused_at")[:1]),
                    Case(
                        When(
                            standing__stall_reasons__contains=[PAST_PLAN],
                            then=F("stage_entered_at"),
                        ),
                        default=Greatest("initiative__touched_at", "started_at"),
                    ),
                ),
            ),
            spent=_by_currency(Cost.objects.filter(initiative=mine), "currency", "actual"),
            released=_by_currency(
                Release.objects.filter(tranche__initiative=mine), "tranche__currency", "amount"
            ),
            revived=Subquery(revivals.values(json=JSONObject(at="decided_at", by="change_by"))[:1]),
        )
        .order_by("since", "pk")
        .values_list(*LOOKUPS)
    )


def _by_currency(rows: QuerySet[Any], currency: str, amount: str) -> ArraySubquery:
    summed = rows.order_by().values(currency).annotate(total=Sum(amount)).filter(total__gt=0)
    return ArraySubquery(
        summed.order_by(currency).values(json=JSONObject(currency=currency, total="total"))
    )


def graves_of(values: Iterable[tuple[Any, ...]]) -> Iterator[Grave]:
    for (
        reference, name, unit, state, stage, ended_in, since, started, reasons, cause, said,
        sponsor, spent, released, revived, playbook,
    ) in values:  # fmt: skip
        document = document_of(playbook)
        yield Grave(
            reference=reference,
            name=name,
            unit=unit,
            state=state,
            stage=document.stage(stage if stage in PATH else ended_in).name,
            ends=END_OF[Stage(stage)] if stage in PATH else "",
            since=since,
            started=started,
            reasons=reasons,
            cause=document.mode(cause).name if cause else "",
            words=Words.of(said, document),
            sponsor=sponsor,
            spent=_money(spent),
            released=_money(released),
            revived=revived,
        )


def _money(rows: Iterable[Mapping[str, Any]]) -> Money:
    return Money({row["currency"]: Decimal(str(row["total"])) for row in rows})


@dataclass(frozen=True)
class Sunk:
    """What was spent on everything in a plot, and how much money was released for it."""

    spent: Money
    released: Money


def sunk(plot: Plot) -> Sunk:
    """The plot's costs in one query."""
    initiatives = plot.rollouts().order_by().values("initiative")
    costs = Cost.objects.filter(initiative__in=initiatives)
    releases = Release.objects.filter(tranche__initiative__in=initiatives)
    rows = _summed(costs, "spent", "currency", "actual").union(
        _summed(releases, "released", "tranche__currency", "amount"), all=True
    )
    found = {"spent": Money(), "released": Money()}
    for what, currency, total in rows:
        if total:
            found[what][currency] = total
    return Sunk(**found)


def _summed(rows: QuerySet[Any], what: str, currency: str, amount: str) -> QuerySet[Any, Any]:
    return (
        rows.order_by()
        .values(what=Value(what, CharField()), money=F(currency))
        .annotate(total=Sum(amount))
        .values_list("what", "money", "total")
    )


def revivals(unit: int | None, *, most: int) -> QuerySet[Decision]:
    """The latest revivals, newest first."""
    found = Decision.objects.filter(outcome=Outcome.REVIVE).select_related(
        "rollout__initiative__unit", "decided_by"
    )
    if unit is not None:
        found = found.filter(rollout__in=Rollout.objects.within(unit))
    return found.order_by("-decided_at", "-pk")[:most]
