"""The kinds of facts that a gate is judged by, each a small frozen record."""

from dataclasses import dataclass
from datetime import date


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
class MeasuredFact:
    """What one metric shows against one measure of a computed criterion.

    ``value`` is the figure worked out as ``asked`` says, None without one in the window; ``count``
    figures in ``periods`` periods made it. ``stale`` says that the latest is too old to count.
    """

    measure: str
    metric: int
    name: str
    unit: str
    direction: str  # up | down
    baseline: float | None
    target: float | None
    asked: str
    measured_on: date | None
    stale: bool
    value: float | None = None
    count: int = 0
    periods: int = 0


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
    """What a reviewer said within a remit, or somebody who stood in for one.

    ``answer`` is what an objection was answered: empty while nobody has, None in facts that were
    kept before objections were answered. ``beside`` is what others said within the same remit.
    """

    verdict: str  # signed | objected
    by: Person
    note: str
    stood_for: Person | None = None
    answer: str | None = None
    beside: tuple["SignOffFact", ...] = ()

    @property
    def seat(self) -> int:
        """The id of the reviewer whose voice it is, whoever gave it."""
        return (self.stood_for or self.by).id

    @property
    def whose(self) -> tuple[int, int]:
        """The ids of who gave it and of the reviewer whose voice it is."""
        return (self.by.id, self.seat)

    @property
    def unanswered(self) -> bool:
        return self.verdict == "objected" and self.answer == ""

    @property
    def all(self) -> tuple["SignOffFact", ...]:
        """Everything that was said within the remit."""
        return (self, *self.beside)


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
class KillFact:
    """A kill criterion: what would end the initiative, and ``sign``, the figure or event that
    shows it. It is hit from ``hit_on`` until somebody settled the hit."""

    id: int
    text: str
    sign: str
    hit_on: date | None = None
    hit_by: Person | None = None
    hit_note: str = ""
    settled: bool = False
    settled_note: str = ""

    @property
    def open_hit(self) -> bool:
        return self.hit_on is not None and not self.settled


@dataclass(frozen=True, slots=True)
class ExceptionFact:
    """An approved exception from a criterion: until when it need not hold, and why."""

    id: int
    reason: str
    asked_by: Person
    approved_by: Person
    expires: date

    def counts_on(self, day: date) -> bool:
        return day <= self.expires


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
class FaultFact:
    """A failure, found elsewhere and not mended, of something shared that this rests on too.
    ``verdict`` is empty until somebody has said what it means here; ``words`` is a digest of what
    they said."""

    id: int
    kind: str  # data_source | vendor | platform | team
    dependency: str
    text: str
    where: str
    since: date
    verdict: str = ""  # no_concern | handled
    words: str = ""


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
    """What a business metric is to come to: from where, to where, and by when if a day is named.

    ``id`` is the metric's, under which it is measured later; None in facts that were kept before.
    """

    metric: str
    unit: str
    direction: str  # up | down
    baseline: float | None
    target: float
    target_by: date | None
    id: int | None = None


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
