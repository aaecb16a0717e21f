"""Putting an agenda together: what comes first, and what fits into the minutes there are.

Pure: no database, no clock. What is ready stands before what needs conditions, and that before
what cannot go; within each what is worth most stands first, and of equals what has waited longest.
Worth is the money that a go would release; where it releases none, the value at which the
initiative is scored, after everything that releases money. Clearway knows no rates of exchange:
amounts in different currencies are compared as the figures they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from playbook.rules import MeetingRules


class Readiness(IntEnum):
    """What a meeting can make of a review; the less is open, the sooner it is its turn."""

    READY = 0
    CONDITIONS = 1
    BLOCKED = 2


@dataclass(frozen=True)
class Candidate:
    """A submitted review. ``money`` is what a go releases, ``value`` the score from 1 to 5, None
    where nobody scored it; ``days`` are those since its submission."""

    review: int
    readiness: Readiness
    days: int
    money: Decimal = Decimal(0)
    currency: str = ""
    value: int | None = None
    decidable: bool = True
    """Whether there is anybody who may decide it."""

    @property
    def turn(self) -> tuple[int, Decimal, int, int, int]:
        """Where it stands among others: the lower, the sooner. No two are equal."""
        return (self.readiness, -self.money, -(self.value or 0), -self.days, self.review)

    def minutes(self, rules: MeetingRules) -> int:
        """How long the playbook gives it."""
        return {
            Readiness.READY: rules.ready_minutes,
            Readiness.CONDITIONS: rules.conditions_minutes,
            Readiness.BLOCKED: rules.blocked_minutes,
        }[self.readiness]


@dataclass(frozen=True)
class Placed:
    candidate: Candidate
    minutes: int


@dataclass(frozen=True)
class LeftOut:
    candidate: Candidate
    reason: str


@dataclass(frozen=True)
class Agenda:
    """What is on it, in its order, and what is not, with the reason."""

    placed: Sequence[Placed]
    left_out: Sequence[LeftOut]


def build(candidates: Iterable[Candidate], minutes: int, rules: MeetingRules) -> Agenda:
    """Fill the minutes, turn by turn. What does not fit when its turn comes makes room for what
    does further down; what nobody may decide is never on an agenda."""
    placed: list[Placed] = []
    left_out: list[LeftOut] = []
    left = minutes
    for candidate in sorted(candidates, key=lambda each: each.turn):
        needs = candidate.minutes(rules)
        if not candidate.decidable:
            left_out.append(LeftOut(candidate, "Nobody may decide it. Name another sponsor first."))
        elif needs > left:
            had = f"{left} were left" if left else "none was left"
            left_out.append(LeftOut(candidate, f"It needs {needs} minutes, and {had}."))
        else:
            placed.append(Placed(candidate, needs))
            left -= needs
    return Agenda(placed, left_out)
