"""The rules of a playbook: clocks, weights, limits, and when to remind whom in which words."""

from typing import Literal, Self

from pydantic import Field, model_validator

from playbook.parts import Days, Key, Line, Part, placeholders


class StallRules(Part):
    no_progress_days: Days
    """Days without recorded progress by a person."""
    over_longest_plan: bool
    """Whether a stage that takes longer than its longest planned weeks is a stall."""


class ShelfLife(Part):
    """For how many days proof counts when its check or criterion does not say."""

    check_days: Days
    standing_criterion_days: Days


REMINDER_WORDS = {"name", "gate", "due", "task"}


class ReminderStep(Part):
    """One message about something that is due: when, to whom, in which words.

    ``subject`` and ``text`` may hold {name} (the initiative), {gate} ("Gate 3"), {task} (what is
    owed: a condition's action, the remits to sign off) and {due} (the date).
    """

    key: Key
    about: Literal[
        "review", "sign_off", "decision", "condition", "proof", "breach", "slip", "lapse"
    ]
    days: int
    """Days from the due date, negative before it; for a sign-off and a decision, days from the
    submission that asks for them; for a breach and a slip, days from the day it showed; for a
    lapse, days from the day on which the gate was taken back."""
    audience: Literal["owner", "initiative_owner", "program_office", "sponsor", "reviewers"]
    """*owner* is whoever owes it; *initiative_owner* is told where that is somebody else."""
    subject: Line
    text: Line

    @model_validator(mode="after")
    def _placeholders_known(self) -> Self:
        unknown = (placeholders(self.subject) | placeholders(self.text)) - REMINDER_WORDS
        if unknown:
            raise ValueError(f"{self.key}: no such placeholder: {', '.join(sorted(unknown))}")
        return self


class PriorityRules(Part):
    """How value and feasibility, each from 1 to 5, rank what waits at intake.

    Integration complexity counts inside feasibility: the simpler, the more feasible.
    """

    value_weight: float = Field(default=0.5, gt=0, lt=1)
    """Share of the score that value makes; feasibility makes the rest."""
    complexity_share: float = Field(default=0.4, gt=0, lt=1)
    """Share of feasibility that integration complexity makes."""
    high_from: float = Field(default=3.5, gt=1, le=5)
    """From which score on value or feasibility counts as high, for the quadrants."""

    def feasibility(self, feasibility: float, complexity: float) -> float:
        """Feasibility from 1 to 5 with integration complexity (1 simple, 5 hard) inside it."""
        return (1 - self.complexity_share) * feasibility + self.complexity_share * (6 - complexity)

    def score(self, value: float, feasibility: float, complexity: float) -> float:
        """The rank from 1 to 5 that the three judgements earn."""
        whole = self.feasibility(feasibility, complexity)
        return self.value_weight * value + (1 - self.value_weight) * whole


class ChampionTrap(Part):
    """The indicator that tells a pilot of volunteers, and the figure below which it is a trap."""

    mode: Key
    indicator: Key
    below_percent: float = Field(gt=0, le=100)


class RegateRules(Part):
    """Taking a gate back when what it rested on no longer holds."""

    grace_days: int = Field(ge=0)
    """Days for which something has to have failed before its gate is taken back, so that what
    is put right at once moves nothing."""
    review_days: Days
    """Days from taking a gate back to the day by which it is to be decided anew."""


class ExposureRules(Part):
    """Keeping to the bands of the stages, and when growth inside one is a breach all the same."""

    creeping_readings: int = Field(ge=2)
    """How many readings that each rise above the one before count as creeping up."""


class ExceptionRules(Part):
    """Bounds of exceptions: a judged criterion that need not hold until some day."""

    max_days: Days
    """Days from asking for one to the last day on which it may count."""
    max_open: int = Field(ge=0)
    """Exceptions of one rollout that may count at a time; one more is refused."""


class CapRules(Part):
    """How many conditions may be owed at a time before no further conditional go is possible."""

    open_per_initiative: int = Field(ge=0)
    open_per_sponsor: int = Field(ge=0)
    """Over all initiatives with one sponsor."""


class MeetingRules(Part):
    """How long a gate meeting is, and how much of it each review is given by how ready it is."""

    length_minutes: int = Field(default=90, gt=0)
    """Minutes of a meeting, unless whoever calls it names others."""
    ready_minutes: int = Field(default=10, gt=0)
    """For a review at which nothing is open."""
    conditions_minutes: int = Field(default=20, gt=0)
    """For one at which a go needs conditions."""
    blocked_minutes: int = Field(default=15, gt=0)
    """For one that cannot go: it is held, returned or stopped."""
