"""What is known of one rollout when a gate is judged: plain values, no database, no clock.

``Facts`` is what a decision is made on. Its canonical form leaves out ``at`` and whatever
only helps to say who might act, so that its digest changes when a fact changes and not at
midnight.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Self

from playbook.fact_kinds import (
    AnswerFact,
    AssumptionFact,
    CheckFact,
    ConditionFact,
    ContrastFact,
    CountFact,
    DesignFact,
    ExceptionFact,
    ExposureFact,
    FaultFact,
    GroupFact,
    KillFact,
    MeasuredFact,
    Person,
    PlaybookFact,
    PromiseFact,
    ReleaseFact,
    ReviewFact,
    RiskFact,
    SignOffFact,
    SlipFact,
)
from playbook.rebuilding import build

__all__ = [
    "AnswerFact",
    "AssumptionFact",
    "CheckFact",
    "ConditionFact",
    "ContrastFact",
    "CountFact",
    "DesignFact",
    "ExceptionFact",
    "ExposureFact",
    "Facts",
    "FactsIncomplete",
    "FaultFact",
    "GroupFact",
    "KillFact",
    "MeasuredFact",
    "Person",
    "PlaybookFact",
    "PromiseFact",
    "ReleaseFact",
    "ReviewFact",
    "RiskFact",
    "SignOffFact",
    "SlipFact",
]

PASSING = (
    "at",
    "measured_beside",
    "measures_turn",
    "progress_on",
    "deciders",
    "barred",
    "authors",
    "asked",
)


class FactsIncomplete(ValueError):
    """What was kept of a case does not say enough to judge it anew."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that ``evaluate`` and ``labels`` read.

    ``deciders`` may decide, ``barred`` might but for a hand in what is judged; ``authors`` are the
    ids of owner, submitter and whoever brought the evidence. ``sign_offs`` holds for each remit
    what was said that weighs most; nothing that is not to be read yet.
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
    measured: Mapping[str, tuple[MeasuredFact, ...]] = field(default_factory=dict)
    """What metrics show of each computed criterion of the gate, by its key."""
    measured_beside: Mapping[str, tuple[MeasuredFact, ...]] = field(default_factory=dict)
    """The same of the criteria of other gates; no decision at this gate rests on it."""
    measures_turn: datetime | None = None
    """When the calendar alone may change that next."""
    faults: tuple[FaultFact, ...] = ()
    """What failed elsewhere in something that this initiative relies on too."""
    unopened: Mapping[str, int] = field(default_factory=dict)
    """How many voices of a remit are in that nobody reads before all are."""
    holders: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    """Whose voices a remit needs that must be unanimous."""
    asked: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    """Who may still give a voice that a remit lacks, themselves or for somebody else."""
    exceptions: Mapping[str, ExceptionFact] = field(default_factory=dict)
    """Approved exceptions by the criterion that they are from; one that expired counts no more."""
    kill_criteria: tuple[KillFact, ...] = ()
    promises: tuple[PromiseFact, ...] = ()
    """What a go is given for; it freezes them."""

    def measured_of(self, criterion: str) -> tuple[MeasuredFact, ...]:
        """What metrics show of the criterion, whichever gate it belongs to."""
        return self.measured.get(criterion) or self.measured_beside.get(criterion, ())

    @property
    def today(self) -> date:
        """The UTC day by which what is due and what counts until some day is judged."""
        return self.at.date()

    def asks(self, person: int, remit: str) -> bool:
        """Whether the person with this id is asked for a voice in the remit."""
        return any(each.id == person for each in self.asked.get(remit, ()))

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
