"""How a promise stands at each of its milestones, as pages and exports say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from gates.models import Promise, Reconciliation
from gates.models.promises import MILESTONES, day_of_milestone, settles_on
from metrics.days import day_of


@dataclass(frozen=True)
class Mark:
    """One milestone of a promise. ``row`` is there once it is settled; ``void`` says that the
    gate no longer counts."""

    milestone: int
    day: date
    row: Reconciliation | None
    void: bool
    today: date

    @property
    def last_day(self) -> date:
        """The last day on which a figure that is recorded still counts."""
        return settles_on(self.day) - timedelta(days=1)

    @property
    def state(self) -> str:
        """reached | short | unmeasured | void | waiting | ahead"""
        if self.row is not None:
            return {True: "reached", False: "short", None: "unmeasured"}[self.row.reached]
        if self.void:
            return "void"
        return "waiting" if self.day <= self.today else "ahead"


def marks_of(promise: Promise, rows: Iterable[Reconciliation | None], today: date) -> list[Mark]:
    """The promise's milestones in order, with what is settled of them, on a day of the
    organisation's zone. Reads the decision's passage."""
    settled = {row.milestone: row for row in rows if row is not None}
    decided_on = day_of(promise.decision.decided_at)
    void = promise.decision.passage.void_since is not None
    return [
        Mark(
            milestone,
            day_of_milestone(decided_on, milestone),
            settled.get(milestone),
            void,
            today,
        )
        for milestone in MILESTONES
    ]
