"""The rows of the portfolio table: read from the last judgement of each rollout in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from gates.models import Review, Rollout, Stage
from gates.models.rollouts import PATH
from gates.models.rollouts import RolloutQuerySet as Rollouts
from look.templatetags.formats import day, plural_count
from playbook.document import Document
from playbook.models import PlaybookVersion

SHORT = ("Intake", "Pilot", "Readiness", "Limited", "Scaled", "Steady state")
PLACES = {str(stage): place for place, stage in enumerate(PATH)}


@dataclass(slots=True)
class Row:
    """One rollout as lists and exports show it. The fields are columns of the one query, under
    the lookups of ``LOOKUPS``; what follows from them is worked out here."""

    initiative: int
    reference: str
    name: str
    unit: str
    owner: str | None
    owner_since: date | None
    stage: str
    entered_at: datetime
    sponsor: str | None
    impact: str
    playbook: int
    gate: int | None
    labels: list[str]
    stall_reasons: list[str]
    criteria_met: int
    criteria: int
    blocker_kinds: list[str]
    ladder: str
    checks_met: int
    worst_mode: str
    worst_rating: str
    blocker: str
    fix: str
    review: dict[str, str] | None
    place: int | None = field(init=False)
    claimed: bool = field(init=False)

    def __post_init__(self) -> None:
        # The stage's number; None when it is over.
        self.place = PLACES.get(self.stage)
        self.claimed = "claimed" in self.labels

    @property
    def document(self) -> Document:
        return document_of(self.playbook)

    @property
    def url(self) -> str:
        return f"/initiatives/{self.reference}/"

    @property
    def stage_words(self) -> str:
        if self.place is None:
            return str(Stage(self.stage).label)
        if self.claimed:
            return f"{self.place} by claim" if self.place else SHORT[0]
        return f"{self.place} {SHORT[self.place]}" if self.place else SHORT[0]

    @property
    def plan(self) -> tuple[int, int] | None:
        """The planned weeks of the stage, shortest and longest."""
        if self.place is None:
            return None
        weeks = self.document.stages[self.place].weeks
        return (weeks.low, weeks.high) if weeks else None

    def weeks(self, today: date) -> int:
        entered: datetime = self.entered_at
        return max(0, (today - entered.date()).days // 7)

    def late(self, today: date) -> bool:
        """Past the stage's longest planned weeks."""
        entered: datetime = self.entered_at
        plan = self.plan
        return plan is not None and today > entered.date() + timedelta(weeks=plan[1])

    @property
    def lost(self) -> bool:
        """A gate behind it no longer counts, and no claim excuses that."""
        gate, place = self.gate, self.place
        return gate is not None and place is not None and gate < place and not self.claimed

    def proof_due(self) -> date | None:
        """By when the claim is to be proven; None without a claim or an owner."""
        since: date | None = self.owner_since
        if not self.claimed or since is None:
            return None
        return since + timedelta(days=self.document.proof_days)

    def gate_note(self, today: date) -> tuple[str, bool]:
        """What the next gate waits for, in two or three words, and whether it is too late: the
        next step of the initiative's page (``gates.nextstep``), as a date wherever it has one."""
        review = self.review
        if "pause" in self.blocker_kinds:
            return "paused", False
        if self.place is not None and self.owner is None:
            return "needs an owner", False
        if self.gate is None:
            return "none ahead", False
        if self.lost and review is None:
            return "no longer met", True
        if review is not None:
            due = date.fromisoformat(review["due"])
            if review["state"] == "submitted":
                days = (today - datetime.fromisoformat(review["submitted_at"]).date()).days
                words = f"submitted {plural_count(days, 'day')} ago" if days else "submitted today"
                return words, due < today
            return (
                (f"due {day(due, today)}", False)
                if due >= today
                else (
                    f"overdue since {day(due, today)}",
                    True,
                )
            )
        proof = self.proof_due()
        if proof is not None:
            return f"proof due {day(proof, today)}", proof < today
        return "to be opened", False

    def mode_name(self) -> str:
        mode = self.worst_mode
        return self.document.mode(mode).short_name if mode else ""


LOOKUPS = (
    "initiative_id",
    "initiative__reference",
    "initiative__name",
    "initiative__unit__label",
    "initiative__owner__name",
    "initiative__owner_since",
    "stage",
    "stage_entered_at",
    "initiative__sponsor__name",
    "initiative__impact_class",
    "playbook_id",
    "standing__gate",
    "standing__labels",
    "standing__stall_reasons",
    "standing__criteria_met",
    "standing__criteria",
    "standing__blocker_kinds",
    "standing__ladder",
    "standing__checks_met",
    "standing__worst_mode",
    "standing__worst_rating",
    "standing__first_blocker",
    "standing__first_fix",
    "review_data",
)


def values_of(rollouts: Rollouts) -> QuerySet[Rollout, tuple[Any, ...]]:
    """What a row is made of, as one query that still can be sliced."""
    review = (
        Review.objects.under_way()
        .filter(rollout=OuterRef("pk"), gate=OuterRef("standing__gate"))
        .order_by()
        .values(json=JSONObject(state="state", due="due", submitted_at="submitted_at"))
    )
    return rollouts.annotate(review_data=Subquery(review)).values_list(*LOOKUPS)


def rows_of(values: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    for value in values:
        yield Row(*value)


@lru_cache(maxsize=64)
def document_of(playbook: int) -> Document:
    """The published playbook with this id. It never changes, so each process reads it once."""
    return PlaybookVersion.objects.get(pk=playbook).parsed
