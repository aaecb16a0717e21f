"""The parts of a playbook: small frozen records, each of which checks itself alone."""

import string
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from playbook.base import Key, Part
from playbook.measures import Measure

Line = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Days = Annotated[int, Field(gt=0)]
Minutes = Annotated[int, Field(gt=0, le=480)]
Degree = Annotated[int, Field(ge=1, le=5)]
Figure = bool | int | float | str
Rung = Literal["none", "assigned", "planned", "met", "still_met"]
Assumptions = Literal["none", "stated", "judged"]
Rating = Literal["low", "medium", "high", "critical"]


def placeholders(text: str) -> set[str]:
    """The names in braces that the text expects to be filled in."""
    return {name for _text, name, _spec, _conv in string.Formatter().parse(text) if name}


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
    measures: tuple[Measure, ...] = ()
    """What metrics must show; a criterion with measures is computed, and nobody judges it."""

    @property
    def computed(self) -> bool:
        return bool(self.measures)

    @model_validator(mode="after")
    def _measures_told_apart(self) -> Self:
        keys = [measure.key for measure in self.measures]
        if len(set(keys)) < len(keys):
            raise ValueError(f"{self.key}: each measure needs a key of its own")
        return self


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
    assumptions: Assumptions = "none"
    """What the gate asks of the production assumptions: to be there, or a verdict on each."""
    asks_for_non_champions: bool = False
    """Whether a pilot group made up nearly wholly of champions is warned of here."""
    forbids_rebuild: bool = False
    """Whether an architecture that production would have to replace keeps the gate shut."""
    needs_equipped_team: bool = False
    """Whether a team that takes over, and lacks something it needs, keeps the gate shut."""
    needs_least_exposure: bool = False
    """Whether fewer exposed people than the stage's band keep the gate shut."""
    needs_group_actions: bool = False
    """Whether a user group below the adoption target with nothing done about it keeps it shut."""
    needs_fault_answers: bool = False
    """Whether a failure found elsewhere, in something that this initiative relies on too, keeps it
    shut until somebody says what it means here."""
    needs_kill_criteria: bool = False
    """Whether it stays shut until somebody says what would end the initiative."""

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
    quorum: int = Field(default=1, ge=1)
    """How many different people must sign off."""
    unanimous: bool = False
    """Whether everybody who holds the remit, can sign in and has no hand in it must sign off."""


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
