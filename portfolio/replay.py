"""A playbook that is not in force yet, replayed over what was decided and over what is under way.

The judging is pure: two documents and facts in, what would be otherwise out. Reading the facts
is at the end.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet

from audit.models import Event
from gates.case import Case, each_case
from gates.models import Condition, Decision, Outcome, Rollout
from gates.models.decisions import CODED, PASSING
from playbook.document import Document
from playbook.evaluate import Evaluation, Finding, evaluate
from playbook.facts import Facts, FactsIncomplete, Person
from playbook.labels import labels
from playbook.measuring import asked
from playbook.models import PlaybookVersion
from playbook.standing_facts import no_longer_held, words_of

CLEAR, WAITS, BLOCKED = range(3)


# Judging.


def opens(evaluation: Evaluation, covers: frozenset[str] = frozenset()) -> bool:
    """Whether the gate opens when conditions cover these blockers."""
    return evaluation.gate is not None and not left_open(evaluation, covers)


def left_open(evaluation: Evaluation, covers: frozenset[str]) -> list[Finding]:
    """What stands in the way and is covered by no condition, or may not be."""
    return [f for f in evaluation.blockers if f.id not in covers or not f.coverable]


def turned(
    pinned: Document, draft: Document, facts: Facts, *, outcome: str, covers: frozenset[str]
) -> tuple[Finding, ...]:
    """Why the draft would have turned a decision; nothing when it would not have.

    A go turns when it was open by the playbook it was made under and something would have stood
    in its way: those findings. A hold, a return or a stop turns when something stood in the way
    and nothing would have: the findings that stood there.
    """
    before, after = evaluate(pinned, facts), evaluate(draft, facts)
    unasked = {f"criterion:{key}" for key in not_measured(pinned, draft, facts)}
    covers |= unasked
    if outcome in PASSING:
        turns = opens(before, covers) and not opens(after, covers)
        return tuple(left_open(after, covers)) if turns else ()
    turns = not opens(before) and opens(after)
    return before.blockers if turns else ()


def not_measured(pinned: Document, draft: Document, facts: Facts) -> set[str]:
    """The criteria of which the draft asks figures that were not asked then: what was kept of a
    decision cannot tell of them, so nothing is said to have been shut by them."""
    if facts.gate is None:
        return set()
    then = {
        (criterion.key, measure.metric, asked(measure))
        for criterion in pinned.criteria_for(facts.gate, facts.impact_class)
        for measure in criterion.measures
    }
    return {
        criterion.key
        for criterion in draft.criteria_for(facts.gate, facts.impact_class)
        for measure in criterion.measures
        if (criterion.key, measure.metric, asked(measure)) not in then
    }


def level(blockers: Iterable[Finding]) -> int:
    """How far from a go: clear, waiting for a review or a sign-off, or blocked by a fact."""
    states = {finding.state for finding in blockers}
    return BLOCKED if states - {"waiting"} else WAITS if states else CLEAR


@dataclass(frozen=True)
class GivingWay:
    """A passed gate that holds, and would no longer."""

    gate: int
    why: tuple[Finding, ...]

    @property
    def text(self) -> str:
        return words_of(self.why)


@dataclass(frozen=True)
class Shift:
    """What a playbook would change for one rollout as it stands."""

    worse: bool
    better: bool
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    giving_way: tuple[GivingWay, ...]

    @property
    def any(self) -> bool:
        return bool(self.new or self.gone or self.gained or self.lost or self.giving_way)


def shift(case: Case, draft: Document) -> Shift:
    """What the draft would make of a rollout, beside what the pinned playbook makes of it.

    A passed gate that would no longer hold is worse, however near the next gate comes.
    """
    pinned, facts, drafted = case.document, case.facts, case.facts_under(draft)
    held = case.failing
    giving_way = tuple(
        GivingWay(gate, why)
        for gate, why in no_longer_held(draft, drafted, case.passed).items()
        if gate not in held
    )
    before, after = case.evaluation.blockers, evaluate(draft, drafted).blockers
    then, now = {finding.id for finding in before}, {finding.id for finding in after}
    had, has = labels(pinned, facts), labels(draft, drafted)
    return Shift(
        worse=level(after) > level(before) or bool(giving_way),
        better=level(after) < level(before) and not giving_way,
        new=tuple(finding for finding in after if finding.id not in then),
        gone=tuple(finding for finding in before if finding.id not in now),
        gained=tuple(label for label in has if label not in had),
        lost=tuple(label for label in had if label not in has),
        giving_way=giving_way,
    )


# What is found.


@dataclass(frozen=True)
class Turn:
    """One decision that would have gone otherwise."""

    decision: int
    reference: str
    name: str
    gate: int
    outcome: str
    decided_on: date
    why: tuple[Finding, ...]

    @property
    def went(self) -> bool:
        """Whether it went through the gate, which would have been shut."""
        return self.outcome in PASSING

    @property
    def outcome_label(self) -> str:
        return str(Outcome(self.outcome).label)


@dataclass(frozen=True)
class Moved:
    """One initiative under way that the draft would judge otherwise."""

    rollout: int
    reference: str
    name: str
    gate: int | None
    shift: Shift


@dataclass(frozen=True)
class Effect:
    """What a playbook means for rollouts as they stand, each counted once: newly blocked (it
    could pass, or stands on a gate that holds, and would not), freed, judged otherwise and as
    far from its gate as before, or judged the same."""

    rollouts: int
    blocked: int
    freed: int
    otherwise: int

    @classmethod
    def of(cls, rollouts: int, shifts: Iterable[Shift]) -> "Effect":
        every = list(shifts)
        blocked = sum(each.worse for each in every)
        freed = sum(each.better for each in every)
        return cls(rollouts, blocked, freed, len(every) - blocked - freed)

    @property
    def same(self) -> int:
        return self.rollouts - self.blocked - self.freed - self.otherwise


@dataclass
class Replay:
    """What a draft would have changed, and what it would change today."""

    decisions: int = 0
    unreadable: int = 0
    under_way: int = 0
    seconds: float = 0.0
    shut: list[Turn] = field(default_factory=list)
    opened: list[Turn] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    @property
    def turns(self) -> int:
        """How many decisions would have gone otherwise, either way."""
        return len(self.shut) + len(self.opened)

    @property
    def effect(self) -> Effect:
        return Effect.of(self.under_way, (each.shift for each in self.moved))

    @property
    def blocked(self) -> list[Moved]:
        """What would be shut, or stand on a gate that gives way, and does not yet."""
        return [each for each in self.moved if each.shift.worse]

    @property
    def freed(self) -> list[Moved]:
        """What is blocked as it stands, and would not be."""
        return [each for each in self.moved if each.shift.better]

    @property
    def asked(self) -> list[tuple[str, int]]:
        """What the draft would ask besides, and of how many: newly blocked or not."""
        titles = Counter(finding.title for each in self.moved for finding in each.shift.new)
        return titles.most_common()

    @property
    def relabelled(self) -> list[tuple[str, list[Moved], list[Moved]]]:
        """Each label with the initiatives that would gain it, and those that would lose it."""
        gained: dict[str, list[Moved]] = defaultdict(list)
        lost: dict[str, list[Moved]] = defaultdict(list)
        for each in self.moved:
            for label in each.shift.gained:
                gained[label].append(each)
            for label in each.shift.lost:
                lost[label].append(each)
        return [(label, gained[label], lost[label]) for label in sorted({*gained, *lost})]


# Reading the facts.


def replay(draft: Document, *, at: datetime) -> Replay:
    """Replay the draft over every decision with its facts, and over every live rollout."""
    began = perf_counter()
    found = Replay()
    for turn in _past(draft, found):
        (found.shut if turn.went else found.opened).append(turn)
    live = Rollout.objects.live()
    found.moved = list(moved_by(draft, live, at=at))
    found.under_way = live.count()
    found.seconds = perf_counter() - began
    return found


def _past(draft: Document, found: Replay) -> Iterator[Turn]:
    versions = {each.number: each.parsed for each in PlaybookVersion.objects.all()}
    moves = _moves()
    for row in decided().iterator(chunk_size=500):
        found.decisions += 1
        day = row.decided_at.date()
        try:
            facts = Facts.from_canonical(
                row.facts, at=row.decided_at, deciders=(Person(row.decided_by_id, ""),)
            )
        except FactsIncomplete:
            found.unreadable += 1
            continue
        pinned = versions[_version_then(row, facts, moves)]
        why = turned(pinned, draft, facts, outcome=row.outcome, covers=frozenset(row.covered))
        if why:
            yield Turn(row.pk, row.reference, row.name, row.gate, row.outcome, day, why)


def decided() -> Any:
    """Every decision that somebody made at a gate, newest first, with what it covered."""
    covered = Condition.objects.filter(decision=OuterRef("pk")).order_by().values("blocker")
    return (
        Decision.objects.filter(outcome__in=(*PASSING, *CODED), gate__isnull=False)
        .annotate(
            covered=ArraySubquery(covered),
            version=F("rollout__playbook__number"),
            reference=F("rollout__initiative__reference"),
            name=F("rollout__initiative__name"),
        )
        .defer("reason", "digest")
    )


Moves = Mapping[int, list[tuple[datetime, int]]]


def _moves() -> Moves:
    """When each rollout left which version of the playbook, oldest first."""
    moves: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for event in Event.objects.filter(verb="rollout.moved_to_version").order_by("at"):
        moves[event.data["rollout"]].append((event.at, event.data["from"]))
    return moves


def _version_then(row: Any, facts: Facts, moves: Moves) -> int:
    """The version that a decision was made under: its facts say so, and for those that were kept
    before facts did, the moves since."""
    if facts.playbook is not None:
        return facts.playbook.number
    since = moves.get(row.rollout_id, [])
    return next((left for when, left in since if when > row.decided_at), row.version)


def moved_by(draft: Document, rollouts: QuerySet[Rollout], *, at: datetime) -> Iterator[Moved]:
    """What the draft would judge otherwise of these rollouts as they stand, in their order."""
    for rollout, case in each_case(rollouts, at=at):
        change = shift(case, draft)
        if change.any:
            initiative = rollout.initiative
            yield Moved(rollout.pk, initiative.reference, initiative.name, case.facts.gate, change)
