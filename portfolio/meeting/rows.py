"""A meeting's agenda as its pages show it: each item with its case, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from gates.case import Case, cases_of
from gates.models import Review, Rollout
from initiatives.models import Initiative
from portfolio.meeting.building import Agenda, Candidate, Readiness
from portfolio.meeting.candidates import candidate, is_next
from portfolio.models import AgendaItem, ItemOutcome, Meeting

MOST_LEFT_OUT = 25  # shown; the rest is counted
READINESS = {
    Readiness.READY: ("met", "Nothing is open"),
    Readiness.CONDITIONS: ("planned", "A go needs conditions"),
    Readiness.BLOCKED: ("not_met", "Cannot go yet"),
}


@dataclass(frozen=True)
class Row:
    """An item of the agenda and the case of its rollout."""

    item: AgendaItem
    case: Case

    @property
    def rollout(self) -> Rollout:
        return self.item.review.rollout

    @property
    def initiative(self) -> Initiative:
        return self.rollout.initiative

    @property
    def decidable(self) -> bool:
        """Whether a decision can be made on it now."""
        return self.item.made is None and is_next(self.item.review, self.case)

    @property
    def worth(self) -> Candidate | None:
        """What it was weighed by, as of now; None once it no longer waits."""
        return candidate(self.item.review, self.case) if self.decidable else None

    @property
    def readiness(self) -> tuple[str, str] | None:
        return READINESS[self.worth.readiness] if self.worth else None

    @property
    def state(self) -> tuple[str, str]:
        """The mark and the word for what became of it."""
        if self.item.made is not None:
            return "met", str(self.item.made.get_outcome_display())
        if self.item.outcome == ItemOutcome.DEFERRED:
            return "hold", "Deferred"
        return ("todo", "To come") if self.item.awaits else ("none", "Withdrawn")

    @property
    def up_next(self) -> bool:
        return self.decidable and self.item.outcome == ItemOutcome.OPEN


def agenda(meeting: Meeting, *, at: datetime) -> list[Row]:
    """Every item in its order, in two queries."""
    items = list(
        meeting.items.select_related(
            "decision__decided_by",
            "review__decision__decided_by",
            "review__rollout__playbook",
            "review__rollout__initiative__owner",
            "review__rollout__initiative__sponsor",
            "review__rollout__initiative__unit",
        )
    )
    ids = [item.review.rollout_id for item in items]
    cases = cases_of(ids, at=at)
    return [Row(item, cases[item.review.rollout_id]) for item in items]


def of_minutes(meeting: Meeting) -> QuerySet[AgendaItem]:
    """Every item with all that the minutes tell of it, in four queries."""
    return meeting.items.select_related(
        "review__rollout__initiative__unit", "review__decision", "decision__decided_by"
    ).prefetch_related("decision__conditions__owner", "decision__releases__tranche")


@dataclass(frozen=True)
class Missing:
    """A submitted review that is not on the agenda, and why."""

    review: Review
    reason: str


@dataclass(frozen=True)
class NotOnIt:
    """What is not on the agenda, as it would be built now."""

    shown: Sequence[Missing]
    count: int


def not_on_it(meeting: Meeting, planned: Agenda) -> NotOnIt:
    """What waits and is not on the agenda, in three queries at most."""
    there = set(meeting.items.values_list("review_id", flat=True))
    why = {
        placed.candidate.review: "It fits. Build the agenda anew to add it."
        for placed in planned.placed
    } | {left.candidate.review: left.reason for left in planned.left_out}
    missing = [review for review in why if review not in there]
    reviews = Review.objects.filter(pk__in=missing[:MOST_LEFT_OUT]).select_related(
        "rollout__initiative"
    )
    by_id = {review.pk: review for review in reviews}
    return NotOnIt(
        [Missing(by_id[pk], why[pk]) for pk in missing[:MOST_LEFT_OUT] if pk in by_id],
        len(missing),
    )
