"""The playbook as one typed document: what every gate asks, why, and by which figures.

It is data. Nothing here knows an initiative, a person, a database or a clock. The parts are
defined in ``parts``, ``modes``, ``rules`` and ``crosswalk``; this module puts them together and
finds them by key, and ``fitting`` says when they do not fit each other.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from playbook.crosswalk import Clause, Framework
from playbook.fitting import MODE_KEYS, STAGE_KEYS, problems
from playbook.modes import FailureMode, Indicator, RatingRules, Threshold
from playbook.parts import (
    Addition,
    Band,
    Criterion,
    DesignArea,
    DesignQuestion,
    Gate,
    ImpactClass,
    Line,
    MvpCheck,
    MvpItem,
    Part,
    PilotCondition,
    PoliteWords,
    Principle,
    Reference,
    Remit,
    Stage,
    SteadyPractice,
    Term,
    Weeks,
)
from playbook.rules import (
    CapRules,
    ChampionTrap,
    ExceptionRules,
    ExposureRules,
    MeetingRules,
    PriorityRules,
    RegateRules,
    ReminderStep,
    ShelfLife,
    StallRules,
)

__all__ = [
    "MODE_KEYS",
    "STAGE_KEYS",
    "Addition",
    "Band",
    "CapRules",
    "ChampionTrap",
    "Clause",
    "Criterion",
    "DesignArea",
    "DesignQuestion",
    "Document",
    "ExceptionRules",
    "ExposureRules",
    "FailureMode",
    "Framework",
    "Gate",
    "ImpactClass",
    "Indicator",
    "MeetingRules",
    "MvpCheck",
    "MvpItem",
    "PilotCondition",
    "PoliteWords",
    "Principle",
    "PriorityRules",
    "RatingRules",
    "Reference",
    "RegateRules",
    "ReminderStep",
    "Remit",
    "ShelfLife",
    "Stage",
    "StallRules",
    "SteadyPractice",
    "Term",
    "Threshold",
    "Weeks",
]


class Document(Part):
    """A whole playbook. Raises pydantic's ValidationError, naming the key, when parts misfit.

    To alter one, change its ``model_dump()`` and validate that: ``model_copy`` neither validates
    nor forgets the lookups of the original.
    """

    title: Line
    edition: Line
    purpose: Line
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    remits: tuple[Remit, ...]
    failure_modes: tuple[FailureMode, ...]
    design_areas: tuple[DesignArea, ...]
    mvp_items: tuple[MvpItem, ...]
    conditions: tuple[PilotCondition, ...]
    steady_practices: tuple[SteadyPractice, ...]
    impact_classes: tuple[ImpactClass, ...]
    organisation: tuple[Principle, ...]
    polite_words: tuple[PoliteWords, ...]
    references: tuple[Reference, ...]
    terms: tuple[Term, ...]
    stall: StallRules
    rating: RatingRules
    shelf_life: ShelfLife
    reminders: tuple[ReminderStep, ...]
    review_days: int = Field(gt=0)
    """Days from opening a review to the day it is due, unless its opener names another."""
    proof_days: int = Field(gt=0)
    """Days from an adopted initiative's getting an owner to the day its proof is due."""
    condition_grace_days: int = Field(ge=0)
    """Days after a condition's date before the conditional go that it belongs to is revoked."""
    max_holds: int = Field(ge=0)
    """Holds allowed at one gate; one more is refused."""

    # What was added since the first playbook was published. Each has a default that asks nothing,
    # so that versions published before go on meaning what they meant.
    priority: PriorityRules = PriorityRules()
    champion_trap: ChampionTrap | None = None
    exposure: ExposureRules | None = None
    """When the band that a stage allows is broken; None asks nothing of who has access."""
    regate: RegateRules | None = None
    """None never takes a gate back."""
    exceptions: ExceptionRules | None = None
    """None allows no exception from a criterion."""
    condition_cap: CapRules | None = None
    """None sets no cap on the conditions owed at a time."""
    frameworks: tuple[Framework, ...] = ()
    compare_from: int = Field(default=10, gt=0)
    """How many ended rollouts it takes before shares of them are compared with anything."""
    meeting: MeetingRules = MeetingRules()

    # Finding things by key or number. Each raises KeyError for what the playbook does not have.

    def stage(self, key: str) -> Stage:
        return self._stages[key]

    def gate(self, number: int) -> Gate:
        return self._gates[number]

    def gate_out_of(self, stage_key: str) -> Gate | None:
        """The way out of the stage; None for the last stage."""
        return self._gates.get(self.stage(stage_key).number)

    def remit(self, key: str) -> Remit:
        return self._remits[key]

    def criterion(self, key: str) -> Criterion:
        return self._criteria[key]

    def gate_of_criterion(self, key: str) -> Gate:
        return self._gate_of_criterion[key]

    def check(self, key: str) -> MvpCheck:
        return self._checks[key]

    def item(self, key: str) -> MvpItem:
        return self._items[key]

    def item_of_check(self, key: str) -> MvpItem:
        return self._item_of_check[key]

    def mode(self, key: str) -> FailureMode:
        return self._modes[key]

    def condition(self, key: str) -> PilotCondition:
        return self._conditions[key]

    def practice(self, key: str) -> SteadyPractice:
        return self._practices[key]

    def framework(self, key: str) -> Framework:
        return self._frameworks[key]

    def question(self, key: str) -> DesignQuestion:
        return self._questions[key]

    def area_of_question(self, key: str) -> DesignArea:
        return self._area_of_question[key]

    def reference(self, key: str) -> Reference:
        return self._references[key]

    def term(self, key: str) -> Term:
        return self._terms[key]

    @cached_property
    def checks(self) -> tuple[MvpCheck, ...]:
        """Every MVP check, in the order of the ladder."""
        return tuple(check for item in self.mvp_items for check in item.checks)

    @cached_property
    def questions(self) -> tuple[DesignQuestion, ...]:
        """Every question of the design assessment, in order."""
        return tuple(question for area in self.design_areas for question in area.questions)

    def criteria_for(self, gate: int, impact_class: str) -> tuple[Criterion, ...]:
        """What the gate asks of an initiative of this impact class."""
        return self.gate(gate).criteria + tuple(
            criterion
            for addition in self._additions(impact_class)
            if addition.gate == gate
            for criterion in addition.criteria
        )

    def remits_for(self, gate: int, impact_class: str) -> tuple[str, ...]:
        """Whose sign-off the gate needs for an initiative of this impact class."""
        added = (
            remit
            for addition in self._additions(impact_class)
            if addition.gate == gate
            for remit in addition.remits
        )
        return tuple(dict.fromkeys((*self.gate(gate).remits, *added)))

    def days_valid(self, asked: Criterion | MvpCheck) -> int | None:
        """Days for which proof of a check or criterion counts; None when it does not age."""
        if asked.shelf_life_days is not None:
            return asked.shelf_life_days
        if isinstance(asked, MvpCheck):
            return self.shelf_life.check_days
        return self.shelf_life.standing_criterion_days if asked.standing else None

    def stage_called(self, words: str) -> Stage | None:
        """The stage that somebody means by a key, a name or an alias, in any case."""
        wanted = " ".join(words.lower().split())
        for stage in self.stages:
            if wanted in {stage.key, *(name.lower() for name in (stage.name, *stage.aliases))}:
                return stage
        return None

    def _additions(self, impact_class: str) -> Iterator[Addition]:
        for known in self.impact_classes:
            if known.key == impact_class:
                yield from known.additions

    @cached_property
    def _stages(self) -> dict[str, Stage]:
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _gates(self) -> dict[int, Gate]:
        return {gate.number: gate for gate in self.gates}

    @cached_property
    def _remits(self) -> dict[str, Remit]:
        return {remit.key: remit for remit in self.remits}

    @cached_property
    def placed_criteria(self) -> tuple[tuple[Criterion, int], ...]:
        """Every distinct criterion with the number of its gate; a class may share another's."""
        placed = [(c, gate.number) for gate in self.gates for c in gate.criteria]
        for known in self.impact_classes:
            placed += [(c, a.gate) for a in known.additions for c in a.criteria]
        return tuple(dict.fromkeys(placed))

    @cached_property
    def _criteria(self) -> dict[str, Criterion]:
        return {criterion.key: criterion for criterion, _gate in self.placed_criteria}

    @cached_property
    def _gate_of_criterion(self) -> dict[str, Gate]:
        return {criterion.key: self.gate(gate) for criterion, gate in self.placed_criteria}

    @cached_property
    def _checks(self) -> dict[str, MvpCheck]:
        return {check.key: check for check in self.checks}

    @cached_property
    def _items(self) -> dict[str, MvpItem]:
        return {item.key: item for item in self.mvp_items}

    @cached_property
    def _item_of_check(self) -> dict[str, MvpItem]:
        return {check.key: item for item in self.mvp_items for check in item.checks}

    @cached_property
    def _modes(self) -> dict[str, FailureMode]:
        return {mode.key: mode for mode in self.failure_modes}

    @cached_property
    def _conditions(self) -> dict[str, PilotCondition]:
        return {condition.key: condition for condition in self.conditions}

    @cached_property
    def _practices(self) -> dict[str, SteadyPractice]:
        return {practice.key: practice for practice in self.steady_practices}

    @cached_property
    def _frameworks(self) -> dict[str, Framework]:
        return {framework.key: framework for framework in self.frameworks}

    @cached_property
    def _questions(self) -> dict[str, DesignQuestion]:
        return {question.key: question for question in self.questions}

    @cached_property
    def _area_of_question(self) -> dict[str, DesignArea]:
        return {question.key: area for area in self.design_areas for question in area.questions}

    @cached_property
    def _references(self) -> dict[str, Reference]:
        return {reference.key: reference for reference in self.references}

    @cached_property
    def _terms(self) -> dict[str, Term]:
        return {term.key: term for term in self.terms}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if found := problems(self):
            raise ValueError("; ".join(found))
        return self
