"""What is known of one rollout when a gate is judged: plain values, no database, no clock.

``Facts`` is what a decision is made on. Its canonical form leaves out ``at`` and whatever
only helps to say who might act, so that its digest changes when a fact changes and not at
midnight.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Self

from playbook.rebuilding import build

PASSING = ("at", "progress_on", "deciders", "barred", "authors")


class FactsIncomplete(ValueError):
    """What was kept of a case does not say enough to judge it anew."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by id, and the name to call them by."""

    id: int
    label: str


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """A person's judgement of an exit criterion. ``proof`` names its evidence; empty without."""

    verdict: str  # met | not_met
    note: str
    proof: str
    valid_until: date | None
    answered_on: date


@dataclass(frozen=True, slots=True)
class CheckFact:
    """How far one MVP check has come. ``proof`` names its evidence, ``verified`` says that a
    second person saw it."""

    status: str  # unassigned | assigned | planned | met
    assignee: Person | None = None
    due: date | None = None
    verified: bool = False
    valid_until: date | None = None
    proof: str = ""
    solution: str = ""

    def state_on(self, day: date) -> str:
        """The rung on that day: a check whose evidence ran out has lapsed, and one whose
        evidence nobody verified is still only planned or assigned."""
        if self.status != "met":
            return self.status
        if not self.verified:
            return "planned" if self.due else "assigned"
        if self.valid_until is not None and self.valid_until < day:
            return "lapsed"
        return "met"

    def overdue_on(self, day: date) -> bool:
        """Planned for a day that is over, and not met."""
        return self.due is not None and self.due < day and self.state_on(day) == "planned"


@dataclass(frozen=True, slots=True)
class DesignFact:
    """The answer to a question of the design assessment. ``words`` is a digest of its text."""

    settled: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class SignOffFact:
    """What a reviewer said within a remit."""

    verdict: str  # signed | objected
    by: Person
    note: str


@dataclass(frozen=True, slots=True)
class RiskFact:
    """The current assessment of one failure mode, on the playbook's scale of one to five."""

    likelihood: int
    impact: int
    response: str  # none | planned | in_place
    residual_likelihood: int
    residual_impact: int
    reassess_by: date
    suggested_likelihood: int | None = None
    suggested_impact: int | None = None
    words: str = ""  # a digest of the response's text and of the reason for judging otherwise


@dataclass(frozen=True, slots=True)
class AssumptionFact:
    """A production assumption. ``answered`` says that something was found, and what follows;
    ``words`` is a digest of it."""

    id: int
    text: str
    verdict: str  # untested | validated | refuted
    answered: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class ContrastFact:
    """A condition of the pilot beside production's. ``words`` is a digest of both texts."""

    distance: str  # unknown | none | narrow | wide
    words: str = ""


@dataclass(frozen=True, slots=True)
class CountFact:
    """How many had access on a day."""

    counted_on: date
    exposed: int


@dataclass(frozen=True, slots=True)
class ExposureFact:
    """Who has access, as last counted, in the initiative's own unit. ``rises`` is how many counts
    of this stage in a row were each above the one before; ``earlier`` are this stage's counts
    before the last one, newest first."""

    exposed: int
    counted_on: date
    rises: int = 0
    earlier: tuple[CountFact, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupFact:
    """A group of users: people, how many really use it (None: not measured), its target."""

    id: int
    name: str
    people: int
    using: int | None
    target_percent: int
    acted_on: bool

    @property
    def percent(self) -> float | None:
        return None if self.using is None else 100 * self.using / self.people

    @property
    def below_target(self) -> bool:
        return self.percent is not None and self.percent < self.target_percent


@dataclass(frozen=True, slots=True)
class SlipFact:
    """A passed gate whose ground gave way, still within its grace."""

    gate: int
    since: date
    text: str


@dataclass(frozen=True, slots=True)
class ConditionFact:
    """An open condition of an earlier conditional go."""

    id: int
    gate: int
    text: str
    owner: Person
    due: date


@dataclass(frozen=True, slots=True)
class ReleaseFact:
    """A tranche that a go at this gate releases. The amount is a decimal as text."""

    id: int
    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class PromiseFact:
    """What a business metric is to come to: from where, to where, and by when if a day is named."""

    metric: str
    unit: str
    direction: str  # up | down
    baseline: float | None
    target: float
    target_by: date | None


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """The open pass at the gate, if there is one."""

    id: int
    state: str  # open | submitted
    due: date | None
    submitted_on: date | None = None


@dataclass(frozen=True, slots=True)
class PlaybookFact:
    """The published version that judges the rollout. ``words`` is a digest of what it says."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that ``evaluate`` and ``labels`` read.

    ``deciders`` may decide, ``barred`` might but for a hand in what is judged; ``authors`` are the
    ids of owner, submitter and whoever brought the evidence.
    """

    at: datetime
    name: str
    stage: str
    gate: int | None
    owed_gates: tuple[int, ...]
    claimed: bool
    impact_class: str
    owner: Person | None
    funding_missing: tuple[str, ...]
    handoff_lacks: tuple[str, ...]
    paused_since: date | None
    stage_since: date
    progress_on: date
    holds: int
    review: ReviewFact | None
    deciders: tuple[Person, ...]
    barred: tuple[Person, ...]
    authors: frozenset[int] = frozenset()
    design: Mapping[str, DesignFact] = field(default_factory=dict)
    answers: Mapping[str, AnswerFact] = field(default_factory=dict)
    checks: Mapping[str, CheckFact] = field(default_factory=dict)
    sign_offs: Mapping[str, SignOffFact] = field(default_factory=dict)
    risks: Mapping[str, RiskFact] = field(default_factory=dict)
    conditions: tuple[ConditionFact, ...] = ()
    architecture: str = "unknown"
    population: int | None = None
    assumptions: tuple[AssumptionFact, ...] = ()
    contrasts: Mapping[str, ContrastFact] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The known indicators of each failure mode, by their keys."""
    exposure: ExposureFact | None = None
    groups: tuple[GroupFact, ...] = ()
    slips: tuple[SlipFact, ...] = ()
    playbook: PlaybookFact | None = None
    """None for facts that were kept before they told of it."""
    releases: tuple[ReleaseFact, ...] = ()
    """What a go releases, so that whoever decides signs for it."""
    promises: tuple[PromiseFact, ...] = ()
    """What a go is given for; it freezes them."""

    @property
    def today(self) -> date:
        """The UTC day by which what is due and what counts until some day is judged."""
        return self.at.date()

    @property
    def exposed_percent(self) -> float | None:
        """The share of the intended population that has access; None where either is unknown."""
        if self.exposure is None or not self.population:
            return None
        return 100 * self.exposure.exposed / self.population

    def canonical(self) -> dict[str, Any]:
        """What a decision is made on, ready for canonical JSON and a digest."""
        document = asdict(self)
        for passing in PASSING:
            del document[passing]
        return document

    @classmethod
    def from_canonical(
        cls, data: Mapping[str, Any], *, at: datetime, deciders: tuple[Person, ...]
    ) -> Self:
        """The facts of a decision as they were on its day, from what was kept of them.

        Kinds of facts that did not exist yet are as if nobody had recorded any. Raises
        FactsIncomplete when the data is no record of facts.
        """
        try:
            facts: Self = build(
                cls,
                {name: value for name, value in data.items() if name not in PASSING},
                at=at,
                progress_on=at.date(),
                deciders=deciders,
                barred=(),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise FactsIncomplete(str(error)) from error
        return facts
