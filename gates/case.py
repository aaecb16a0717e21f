"""The case of a rollout: its facts, composed in one query, and what the playbook makes of them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from audit.canonical import digest_of, plain
from checklists import facts as checklists
from gates.casequery import all_with_facts, with_facts
from gates.figures import figures
from gates.hands import hands_in
from gates.models import (
    Decision,
    Outcome,
    Rollout,
)
from gates.voices import voices_of
from initiatives import facts as initiatives
from metrics import facts as metrics
from metrics.days import zone
from operations import facts as operations
from playbook.document import Document
from playbook.evaluate import Evaluation, evaluate
from playbook.facts import (
    AnswerFact,
    CheckFact,
    ConditionFact,
    ExceptionFact,
    Facts,
    Person,
    PlaybookFact,
    ReleaseFact,
    ReviewFact,
    SlipFact,
)
from playbook.findings import Finding
from playbook.labels import ENDED
from playbook.measuring import Series, measured_of, turns_at
from playbook.standing_facts import Passed, no_longer_held
from risks import facts as risks

PORTION = 100  # rollouts read at a time: their facts are large, and what is read is let go of


@dataclass(frozen=True)
class Case:
    """A rollout as it stood when the case was composed."""

    document: Document
    facts: Facts
    passed: Passed = field(default_factory=dict)
    series: tuple[Series, ...] = ()

    @cached_property
    def evaluation(self) -> Evaluation:
        return evaluate(self.document, self.facts)

    @cached_property
    def seen(self) -> dict[str, Any]:
        """The canonical facts as plain JSON: what a page shows, a form carries, a row keeps."""
        seen: dict[str, Any] = plain(self.facts.canonical())
        return seen

    @cached_property
    def digest(self) -> str:
        """What a decider signs: the SHA-256 of the canonical facts."""
        return digest_of(self.seen)

    @cached_property
    def failing(self) -> dict[int, tuple[Finding, ...]]:
        """The passed gates whose ground does not hold today, with the facts that fail it."""
        return no_longer_held(self.document, self.facts, self.passed)

    def facts_under(self, document: Document) -> Facts:
        """The same facts with the metrics asked by another playbook."""
        asked = (self.facts.gate, self.facts.impact_class)
        return replace(self.facts, **_measured(document, self.series, self.facts.at, *asked))

    @cached_property
    def to_do(self) -> tuple[Finding, ...]:
        """What can be ended before submitting, in the order in which to see to it: what was
        planned for a day that is over, then as the judge has it."""
        late = {
            key for key, check in self.facts.checks.items() if check.overdue_on(self.facts.today)
        }
        return tuple(
            sorted(
                self.evaluation.before_submission(),
                key=lambda found: not (found.kind == "rung" and found.key in late),
            )
        )

    @property
    def owners_turn(self) -> bool:
        """Whether the next step is the owner's, or that of whoever works on it with them."""
        facts, review = self.facts, self.facts.review
        if facts.owner is None or facts.stage in ENDED:
            return False
        if facts.paused_since is not None:
            return True
        if facts.gate is None:
            return False
        if review is None or review.state != "submitted":
            return True
        objected = any(word.unanswered for said in facts.sign_offs.values() for word in said.all)
        return objected or not all(finding.coverable for finding in self.to_do)

    @property
    def decider_ids(self) -> frozenset[int]:
        return frozenset(decider.id for decider in self.facts.deciders)

    def permits(self, decision: Decision) -> bool:
        """Whether the gate opens for this go: nothing open but what its conditions cover."""
        if decision.decided_by_id not in self.decider_ids or decision.gate != self.facts.gate:
            return False
        open_ids = {finding.id for finding in self.evaluation.blockers}
        if decision.outcome == Outcome.GO:
            return self.evaluation.clear
        return (
            decision.outcome == Outcome.CONDITIONAL_GO
            and not self.evaluation.uncovered
            and bool(open_ids)
            and open_ids == decision.covers
        )


def case_of(rollout: Rollout, *, at: datetime) -> Case:
    """The case as the database has it now, in one query. Call under lock to rely on it."""
    (row,) = with_facts([rollout.pk])
    return _case(row, at)


def cases_of(ids: Collection[int], *, at: datetime, of: str = "pk") -> dict[int, Case]:
    """The cases of the rollouts whose field ``of`` is among the ids, in one query."""
    return {row.pk: _case(row, at) for row in with_facts(ids, of=of)}


def each_case(rollouts: QuerySet[Rollout], *, at: datetime) -> Iterator[tuple[Rollout, Case]]:
    """One case after another, in the order of the initiatives' numbers: for many rollouts of
    which not all cases need be held at once. One query, read in portions."""
    rows = all_with_facts().filter(pk__in=rollouts.order_by().values("pk"))
    for row in rows.order_by("initiative__number").iterator(chunk_size=PORTION):
        yield row, _case(row, at)


def _case(row: Any, at: datetime) -> Case:
    left_open: dict[int, set[str]] = {gate: set() for gate in row.gates_passed}
    for condition in row.conditions_data:
        if condition["closed"] is not None:
            continue  # what it covered is to hold like everything else again
        left_open.setdefault(condition["gate"], set()).add(condition["blocker"])
    document = row.playbook.parsed
    series = metrics.series_of(row.metrics_data, _fast(row, document, at))
    return Case(document, _facts(row, series, at=at), left_open, series)


def _fast(row: Any, document: Document, at: datetime) -> metrics.Fast | None:
    """Figures by periods of seconds, read only for a playbook that asks of such."""
    measures = [m for c, _gate in document.placed_criteria for m in c.measures if not m.by_the_day]
    if not measures or not row.metrics_data:
        return None
    return metrics.fast_figures([metric["id"] for metric in row.metrics_data], measures, at)


def _facts(row: Any, series: tuple[Series, ...], *, at: datetime) -> Facts:
    document: Document = row.playbook.parsed
    initiative = row.initiative
    gate, owed = next_gate(document, row.stage, row.gates_passed)
    review = next((r for r in row.reviews_data if r["gate"] == gate), None)
    authors, hands = hands_in(row, document, gate, review)
    deciders, barred = _deciders(row, hands)
    groups = operations.groups_of(row.groups_data)
    return Facts(
        at=at,
        name=initiative.name,
        stage=row.stage,
        gate=gate,
        owed_gates=owed,
        claimed=row.claimed and bool(owed),
        impact_class=initiative.impact_class,
        owner=_person(initiative.owner),
        funding_missing=tuple(initiative.funding_missing),
        handoff_lacks=tuple(initiative.handoff_lacks),
        paused_since=row.paused_data[0].date() if row.paused_data else None,
        stage_since=row.stage_entered_at.date(),
        progress_on=max(initiative.touched_at, row.started_at).date(),
        holds=sum(1 for held in row.holds_data if held == gate),
        review=_review(review),
        deciders=deciders,
        barred=barred,
        authors=authors,
        design=checklists.design_of(row.design_data),
        answers={a["criterion"]: _answer(a) for a in row.answers_data},
        checks=_checks(document, row.checks_data),
        **voices_of(row, document, gate, review, authors, at.date()),
        risks=risks.risks_of(row.risks_data),
        conditions=tuple(
            ConditionFact(
                id=c["id"],
                gate=c["gate"],
                text=c["text"],
                owner=Person(**c["owner"]),
                due=date.fromisoformat(c["due"]),
            )
            for c in row.conditions_data
            if c["closed"] is None
        ),
        architecture=initiative.architecture,
        population=initiative.population,
        assumptions=initiatives.assumptions_of(row.assumptions_data),
        contrasts=initiatives.contrasts_of(row.contrasts_data),
        figures=figures(row, groups),
        exposure=operations.exposure_of(row.exposures_data, row.stage_entered_at.date()),
        groups=groups,
        slips=tuple(
            SlipFact(s["gate"], date.fromisoformat(s["since"]), s["text"]) for s in row.slips_data
        ),
        playbook=PlaybookFact(row.playbook.number, row.playbook.sha256[:12]),
        # The one that expires last speaks for its criterion.
        exceptions={e["criterion"]: _exception(e) for e in row.exceptions_data},
        kill_criteria=initiatives.kill_criteria_of(row.kills_data),
        releases=tuple(
            ReleaseFact(t["id"], t["amount"], t["currency"])
            for t in row.tranches_data
            if gate is not None and t["stage"] == document.gate(gate).to_stage
        ),
        **_measured(document, series, at, gate, initiative.impact_class),
        faults=initiatives.faults_of(row.faults_data),
        promises=metrics.promises_of(row.metrics_data),
    )


def _measured(
    document: Document, series: tuple[Series, ...], at: datetime, gate: int | None, impact: str
) -> dict[str, Any]:
    """What metrics show of the computed criteria, and when the calendar may change it."""
    found = measured_of(document, series, at, zone())
    asked = document.criteria_for(gate, impact) if gate is not None else ()
    here = {criterion.key for criterion in asked}
    return {
        "measured": {key: told for key, told in found.items() if key in here},
        "measured_beside": {key: told for key, told in found.items() if key not in here},
        "measures_turn": turns_at(document, series, at, zone()),
    }


def next_gate(
    document: Document, stage: str, passed: Iterable[int]
) -> tuple[int | None, tuple[int, ...]]:
    """The gate to be judged next, and the gates behind the rollout that it still owes.

    An owed gate is proven before the one ahead; steady state with nothing owed has none.
    """
    if stage in ENDED:
        return None, ()
    number = document.stage(stage).number
    owed = tuple(sorted(set(range(number)) - set(passed)))
    ahead = document.gate_out_of(stage)
    return (owed[0] if owed else ahead.number if ahead else None), owed


def _deciders(row: Any, hands: frozenset[int]) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """Who may decide, and who might but for a hand in what is judged."""
    entitled = {p["id"]: Person(**p) for p in row.deciders_data}
    sponsor = row.initiative.sponsor
    if sponsor is not None and sponsor.is_active:
        entitled[sponsor.pk] = Person(sponsor.pk, sponsor.name)
    return (
        tuple(p for p in entitled.values() if p.id not in hands),
        tuple(p for p in entitled.values() if p.id in hands),
    )


def _checks(document: Document, rows: Sequence[Mapping[str, Any]]) -> dict[str, CheckFact]:
    known = {check.key for check in document.checks}
    return checklists.checks_of(row for row in rows if row["key"] in known)


def _review(row: Mapping[str, Any] | None) -> ReviewFact | None:
    if row is None:
        return None
    submitted = row["submitted_at"]
    return ReviewFact(
        id=row["id"],
        state=row["state"],
        due=date.fromisoformat(row["due"]),
        submitted_on=datetime.fromisoformat(submitted).date() if submitted else None,
    )


def _answer(row: Mapping[str, Any]) -> AnswerFact:
    return AnswerFact(
        verdict=row["verdict"],
        note=row["note"],
        proof=checklists.proof_of(row),
        valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        answered_on=datetime.fromisoformat(row["answered_at"]).date(),
    )


def _exception(row: Mapping[str, Any]) -> ExceptionFact:
    return ExceptionFact(
        id=row["id"],
        reason=row["reason"],
        asked_by=Person(**row["asker"]),
        approved_by=Person(**row["approver"]),
        expires=date.fromisoformat(row["expires"]),
    )


def _person(user: Any) -> Person | None:
    return Person(user.pk, user.name) if user is not None else None
