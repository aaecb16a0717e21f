"""The parts of a playbook: small frozen records, each of which checks itself alone."""

import string
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Line = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Days = Annotated[int, Field(gt=0)]
Minutes = Annotated[int, Field(gt=0, le=480)]
Degree = Annotated[int, Field(ge=1, le=5)]
Figure = bool | int | float | str
Rung = Literal["none", "assigned", "planned", "met", "still_met"]
Rating = Literal["low", "medium", "high", "critical"]


def placeholders(text: str) -> set[str]:
    """The names in braces that the text expects to be filled in."""
    return {name for _text, name, _spec, _conv in string.Formatter().parse(text) if name}


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Weeks(Part):
    """Planned length of a stage, in weeks."""

    low: int = Field(gt=0)
    high: int = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) must not be above high ({self.high})")
        return self


class Band(Part):
    """Share of the intended population that a stage may reach, in percent of it."""

    low_percent: float = Field(ge=0, le=100)
    high_percent: float = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low_percent > self.high_percent:
            raise ValueError(
                f"low_percent ({self.low_percent}) must not be above "
                f"high_percent ({self.high_percent})"
            )
        return self


class Stage(Part):
    key: Key
    number: int = Field(ge=0)
    name: Line
    purpose: Line
    population: Line
    work: tuple[Line, ...]
    """What is done in the stage, one thing a line."""
    weeks: Weeks | None = None
    exposure: Band | None = None
    aliases: tuple[Line, ...] = ()
    """Other names that people use for the stage, so that the search finds it."""


class Asked(Part):
    """Something that has to be shown, with what an owner needs to know to show it."""

    key: Key
    name: Line
    needs: Line
    why: Line
    good_evidence: Line
    failure_mode: Key
    shelf_life_days: Days | None = None
    minutes: Minutes = 15
    """A fair guess at the work of answering, for task lists."""


class Criterion(Asked):
    """An exit criterion of a gate."""

    standing: bool = False
    """Whether it must go on holding after its gate; otherwise it is about its moment."""
    figure_unit: Line | None = None
    """Unit of the one figure that shows it; None when words and evidence do."""


class Gate(Part):
    """The way out of stage ``number``."""

    number: int = Field(ge=0)
    from_stage: Key
    to_stage: Key
    question: Line
    """What the decider is asked; ``{name}`` stands for the initiative."""
    opens: Line
    """What a go allows."""
    criteria: tuple[Criterion, ...]
    remits: tuple[Key, ...]
    rung: Rung
    monitoring_checks_met: bool = False
    needs_design_assessment: bool = False
    allows_learning_exercise: bool = False

    @property
    def name(self) -> str:
        return f"Gate {self.number}"

    @model_validator(mode="after")
    def _question_names_only_the_initiative(self) -> Self:
        if placeholders(self.question) != {"name"}:
            raise ValueError("question: must hold {name} and nothing else in braces")
        return self


class Remit(Part):
    """What one kind of reviewer answers for."""

    key: Key
    name: Line
    asks: Line
    looks_at: tuple[Line, ...]


class MvpCheck(Asked):
    monitoring: bool = False
    """Whether it has to be met, not just planned, before real users are reached (Gate 2)."""


class MvpItem(Part):
    key: Key
    name: Line
    checks: tuple[MvpCheck, ...] = Field(min_length=1)


class DesignQuestion(Part):
    key: Key
    question: Line
    why: Line
    good_answer: Line
    failure_mode: Key
    minutes: Minutes = 15


class DesignArea(Part):
    key: Key
    name: Line
    asks: Line
    questions: tuple[DesignQuestion, ...] = Field(min_length=1)


class Threshold(Part):
    """A rule on one indicator: when it fires, it suggests how likely the failure is.

    Compares with ``figure``, or with the value of another indicator of the mode (``than``).
    """

    when: Literal["below", "at_most", "at_least", "above", "is"]
    figure: Figure | None = None
    than: Key | None = None
    likelihood: Degree
    impact: Degree | None = None
    says: Line
    """What the figure means, shown beside the field."""

    @model_validator(mode="after")
    def _compares_with_one_thing(self) -> Self:
        if (self.figure is None) == (self.than is None):
            raise ValueError("name either a figure or another indicator (than), not both")
        return self


class Indicator(Part):
    key: Key
    question: Line
    kind: Literal["percent", "number", "yes_no", "choice", "text"]
    unit: Line | None = None
    choices: tuple[Line, ...] = ()
    thresholds: tuple[Threshold, ...] = ()

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.key}: choices belong to the kind 'choice', and only to it")
        for threshold in self.thresholds:
            if not self._comparable(threshold):
                raise ValueError(
                    f"{self.key}: {threshold.when} {threshold.figure!r} cannot be asked "
                    f"of the kind {self.kind!r}"
                )
        return self

    def _comparable(self, threshold: Threshold) -> bool:
        figure = threshold.figure
        match self.kind:
            case "percent" | "number":
                numeric = isinstance(figure, int | float) and not isinstance(figure, bool)
                return threshold.when != "is" and (threshold.than is not None or numeric)
            case "yes_no":
                return threshold.when == "is" and isinstance(figure, bool)
            case "choice":
                return threshold.when == "is" and figure in self.choices
            case _:
                return False


class FailureMode(Part):
    key: Key
    name: Line
    short_name: Line
    pattern: Line
    """How it happens."""
    design_response: Line
    """What prevents it when it is done early."""
    response_steps: tuple[Line, ...] = Field(min_length=1)
    stall_looks_like: Line
    """How a stall with this cause shows from outside, for coding stalls, holds and stops."""
    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _compared_indicators_exist(self) -> Self:
        numeric = {i.key for i in self.indicators if i.kind in {"percent", "number"}}
        for indicator in self.indicators:
            for threshold in indicator.thresholds:
                if threshold.than is not None and threshold.than not in numeric:
                    raise ValueError(
                        f"{self.key}.{indicator.key}: there is no figure {threshold.than!r} here"
                    )
        return self


class PilotCondition(Part):
    """One way in which a pilot is easier than production."""

    key: Key
    name: Line
    pilot: Line
    production: Line
    ask: Line
    threatens: tuple[Key, ...] = Field(min_length=1)
    """The failure modes that an open distance between the two makes likelier."""


class SteadyPractice(Part):
    """What goes on for as long as the system runs."""

    key: Key
    name: Line
    needs: Line
    why: Line
    every_days: Days | None = None


class Addition(Part):
    gate: int = Field(ge=0)
    criteria: tuple[Criterion, ...] = ()
    remits: tuple[Key, ...] = ()


class ImpactClass(Part):
    """How much a mistake can hurt, and what the gates therefore ask on top."""

    key: Key
    name: Line
    says: Line
    additions: tuple[Addition, ...] = ()


class Principle(Part):
    """A way of organising that crosses the gap, beside the way that falls into it."""

    key: Key
    name: Line
    problem: Line
    answer: Line
    failure_mode: Key


class PoliteWords(Part):
    """What people say when an initiative has stalled, and what to ask instead."""

    key: Key
    said: Line
    ask: Line
    likely_mode: Key


class Reference(Part):
    """A published figure with its source; never a figure of the organisation's own."""

    key: Key
    name: Line
    says: Line
    low: float
    high: float
    unit: Line
    source: Line
    published: date


class Term(Part):
    key: Key
    name: Line
    says: Line


class StallRules(Part):
    no_progress_days: Days
    """Days without recorded progress by a person."""
    over_longest_plan: bool
    """Whether a stage that takes longer than its longest planned weeks is a stall."""


class Grade(Part):
    """One step of a scale from 1 to 5."""

    degree: Degree
    name: Line
    says: Line


class RatingRules(Part):
    """Likelihood times impact (1 to 25) gives a rating."""

    likelihood: tuple[Grade, ...]
    impact: tuple[Grade, ...]
    medium_from: int = Field(gt=1)
    high_from: int
    critical_from: int = Field(le=25)
    reassess_days: dict[Rating, Days]
    """Days after which an assessment with this current rating is due again."""

    def rate(self, likelihood: int, impact: int) -> Rating:
        """The rating of two degrees. Raises ValueError when one is not between 1 and 5."""
        if not (1 <= likelihood <= 5 and 1 <= impact <= 5):
            raise ValueError(f"likelihood and impact go from 1 to 5, not {likelihood}, {impact}")
        product = likelihood * impact
        if product >= self.critical_from:
            return "critical"
        if product >= self.high_from:
            return "high"
        return "medium" if product >= self.medium_from else "low"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.medium_from < self.high_from < self.critical_from:
            raise ValueError("medium_from, high_from and critical_from must rise")
        for name, scale in (("likelihood", self.likelihood), ("impact", self.impact)):
            if [grade.degree for grade in scale] != [1, 2, 3, 4, 5]:
                raise ValueError(f"{name}: must name the degrees 1 to 5, in this order")
        if set(self.reassess_days) != {"low", "medium", "high", "critical"}:
            raise ValueError("reassess_days: must name low, medium, high and critical")
        return self


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
    about: Literal["review", "sign_off", "decision", "condition", "proof"]
    days: int
    """Days from the due date, negative before it; for a sign-off and a decision, days from the
    submission that asks for them."""
    audience: Literal["owner", "program_office", "sponsor", "reviewers"]
    subject: Line
    text: Line

    @model_validator(mode="after")
    def _placeholders_known(self) -> Self:
        unknown = (placeholders(self.subject) | placeholders(self.text)) - REMINDER_WORDS
        if unknown:
            raise ValueError(f"{self.key}: no such placeholder: {', '.join(sorted(unknown))}")
        return self
