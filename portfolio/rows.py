"""The rows of the portfolio table: read from the last judgement of each rollout in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.safestring import SafeString

from gates.models import Review, Rollout, Stage
from gates.models.rollouts import PATH
from gates.models.rollouts import RolloutQuerySet as Rollouts
from look import charts, glyphs
from look.templatetags.formats import day
from playbook.document import Document
from playbook.models import PlaybookVersion

FIELDS = {
    "rollout": "pk",
    "initiative": "initiative_id",
    "reference": "initiative__reference",
    "name": "initiative__name",
    "unit": "initiative__unit__label",
    "owner": "initiative__owner__name",
    "owner_id": "initiative__owner_id",
    "owner_since": "initiative__owner_since",
    "stage": "stage",
    "entered_at": "stage_entered_at",
    "playbook": "playbook__text_id",
    "gate": "standing__gate",
    "labels": "standing__labels",
    "stall_reasons": "standing__stall_reasons",
    "criteria_met": "standing__criteria_met",
    "criteria": "standing__criteria",
    "ladder": "standing__ladder",
    "checks_met": "standing__checks_met",
    "worst_mode": "standing__worst_mode",
    "worst_rating": "standing__worst_rating",
    "blocker": "standing__first_blocker",
    "fix": "standing__first_fix",
    "review": "review_data",
}
SHORT = ("Intake", "Pilot", "Readiness", "Limited", "Scaled", "Steady state")


@dataclass(frozen=True, slots=True)
class Cells:
    """What the template prints of one rollout; each piece is finished."""

    initiative: int
    url: str
    reference: str
    name: str
    unit: str
    owner: str | None
    marks: SafeString
    stage: str
    weeks: str
    late: bool
    plan: str
    weeks_chart: SafeString | str
    gate: SafeString | str
    gate_note: str
    gate_late: bool
    criteria_met: int
    criteria: int
    criteria_bar: SafeString
    checks_met: int
    ladder: SafeString
    rating: SafeString
    labels: list[SafeString]


def values_of(rollouts: Rollouts) -> QuerySet[Rollout, tuple[Any, ...]]:
    """What a row is made of, as one query that still can be sliced."""
    review = (
        Review.objects.under_way()
        .filter(rollout=OuterRef("pk"), gate=OuterRef("standing__gate"))
        .order_by()
        .values(json=JSONObject(state="state", due="due", submitted_at="submitted_at"))
    )
    return rollouts.annotate(review_data=Subquery(review)).values_list(*FIELDS.values())


def rows_of(values: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    for value in values:
        yield Row(dict(zip(FIELDS, value, strict=True)))


def document_of(sha256: str) -> Document:
    """The playbook with this digest; read once in each process."""
    return PlaybookVersion(text_id=sha256).parsed


@dataclass(frozen=True)
class Row:
    """One rollout as lists and exports show it."""

    known: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.known[name]
        except KeyError:
            raise AttributeError(name) from None

    @cached_property
    def document(self) -> Document:
        return document_of(self.known["playbook"])

    @property
    def url(self) -> str:
        return f"/initiatives/{self.known['reference']}/"

    @property
    def place(self) -> int | None:
        """The stage's number; None when it is over."""
        stage = self.known["stage"]
        return PATH.index(stage) if stage in PATH else None

    @property
    def claimed(self) -> bool:
        return "claimed" in self.known["labels"]

    @property
    def stage_words(self) -> str:
        if self.place is None:
            return str(Stage(self.known["stage"]).label)
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
        entered: datetime = self.known["entered_at"]
        return max(0, (today - entered.date()).days // 7)

    def late(self, today: date) -> bool:
        """Past the stage's longest planned weeks."""
        entered: datetime = self.known["entered_at"]
        plan = self.plan
        return plan is not None and today > entered.date() + timedelta(weeks=plan[1])

    @property
    def lost(self) -> bool:
        """A gate behind it no longer counts, and no claim excuses that."""
        gate, place = self.known["gate"], self.place
        return gate is not None and place is not None and gate < place and not self.claimed

    def proof_due(self) -> date | None:
        """By when the claim is to be proven; None without a claim or an owner."""
        since: date | None = self.known["owner_since"]
        if not self.claimed or since is None:
            return None
        return since + timedelta(days=self.document.proof_days)

    def gate_note(self, today: date) -> tuple[str, bool]:
        """When the next gate is due, in two or three words, and whether it is too late."""
        review = self.known["review"]
        if self.known["gate"] is None:
            return "none ahead", False
        if self.lost and review is None:
            return "no longer met", True
        if review is not None:
            due = date.fromisoformat(review["due"])
            if review["state"] == "submitted":
                days = (today - datetime.fromisoformat(review["submitted_at"]).date()).days
                words = f"decide, {days} day{'s' * (days != 1)}" if days else "decide, today"
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
        return ("needs an owner", False) if self.known["owner_id"] is None else ("no date", False)

    def mode_name(self) -> str:
        mode = self.known["worst_mode"]
        return self.document.mode(mode).short_name if mode else ""

    def cells(self, today: date) -> Cells:
        known, place, plan = self.known, self.place, self.plan
        weeks, late = self.weeks(today), self.late(today)
        note, gate_late = self.gate_note(today)
        still = not late and bool(known["stall_reasons"])
        mark = "past" if late else "still" if still else "in"
        gate = known["gate"]
        return Cells(
            initiative=known["initiative"],
            url=self.url,
            reference=known["reference"],
            name=known["name"],
            unit=known["unit"],
            owner=known["owner"],
            marks=glyphs.stage_marks(place or 0, self.claimed),
            stage=self.stage_words,
            weeks=str(weeks),
            late=late,
            plan=f"{plan[0]}–{plan[1]}" if plan else "",
            weeks_chart=charts.weeks(weeks, plan[0], plan[1], mark)
            if plan
            else "ongoing"
            if place
            else "no plan"
            if place == 0
            else "",
            gate=""
            if gate is None
            else glyphs.gate("lost" if self.lost else "open", f"Gate {gate}"),
            gate_note=note,
            gate_late=gate_late,
            criteria_met=known["criteria_met"],
            criteria=known["criteria"],
            criteria_bar=charts.criteria_bar(known["criteria_met"], known["criteria"]),
            checks_met=known["checks_met"],
            ladder=glyphs.ladder(known["ladder"]),
            rating=glyphs.rating(known["worst_rating"] or None, self.mode_name()),
            labels=[glyphs.label(label) for label in known["labels"]],
        )
