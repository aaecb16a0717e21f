"""The one judge: what keeps a gate shut, in words that an owner can act on.

``evaluate`` is pure. The state machine's guards, the pages' lists of blockers, a refusal and the
lists' summaries all come from it, so they can never disagree.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from audit.words import day_words
from playbook.document import Document, Gate, MvpCheck
from playbook.facts import AnswerFact, CheckFact, Facts, RiskFact

State = Literal["met", "not_met", "unknown", "stale", "waiting"]

# What a conditional go never leaves open (rule of passage 5), whatever the finding's state.
NEVER_COVERED = frozenset(
    {"owed", "pause", "design", "rung", "failure_mode", "condition", "funding", "decider", "review"}
)
# Remits whose objection a conditional go cannot cover; their silence it can.
VETO_REMITS = frozenset({"security", "governance"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement of a gate and how it stands.

    ``title`` is the requirement in a few words, ``text`` why it stands as it does, ``fix`` what
    ends it, ``who`` holds it. ``coverable`` says whether a conditional go may leave it open.
    """

    kind: str
    key: str
    state: State
    title: str
    text: str
    fix: str = ""
    who: str = ""
    coverable: bool = False

    @property
    def id(self) -> str:
        """The name a condition uses for the blocker that it covers."""
        return f"{self.kind}:{self.key}"

    @property
    def blocks(self) -> bool:
        return self.state != "met"

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every requirement of one gate, judged."""

    gate: int | None
    findings: tuple[Finding, ...]

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def clear(self) -> bool:
        """Whether a go is possible."""
        return self.gate is not None and not self.blockers

    @property
    def uncovered(self) -> tuple[Finding, ...]:
        """The blockers that not even a conditional go may leave open."""
        return tuple(finding for finding in self.blockers if not finding.coverable)

    def of(self, *kinds: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind in kinds)

    def before_submission(self) -> tuple[Finding, ...]:
        """The blockers that an owner can end before submitting: sign-offs, the review itself
        and the decider come after."""
        after = {"sign_off", "review", "decider"}
        return tuple(finding for finding in self.blockers if finding.kind not in after)


def evaluate(document: Document, facts: Facts) -> Evaluation:
    """Judge the facts by the playbook, at the gate that the facts name.

    A rollout with no gate ahead (steady state, ended) has no findings.
    """
    if facts.gate is None:
        return Evaluation(gate=None, findings=())
    gate = document.gate(facts.gate)
    parts: Iterable[Iterator[Finding]] = (
        _owed(gate, facts),
        _pause(facts),
        _conditions(facts),
        _design(document, gate, facts),
        _funding(gate, facts),
        _criteria(document, gate, facts),
        _rung(document, gate, facts),
        _failure_modes(document, facts),
        _review(gate, facts),
        _sign_offs(document, gate, facts),
        _decider(facts),
    )
    return Evaluation(gate=gate.number, findings=tuple(f for part in parts for f in part))


def _finding(kind: str, key: str, state: State, title: str, text: str, **more: Any) -> Finding:
    more.setdefault("coverable", kind not in NEVER_COVERED)
    return Finding(kind, key, state, title, text, **more)


def _owed(gate: Gate, facts: Facts) -> Iterator[Finding]:
    for number in facts.owed_gates:
        if number < gate.number:
            yield _finding(
                "owed",
                str(number),
                "not_met",
                f"Gate {number} not yet proven",
                f"This initiative was placed by a claim and still owes proof of Gate {number}.",
                fix=f"Prove Gate {number} first.",
            )


def _pause(facts: Facts) -> Iterator[Finding]:
    if facts.paused_since is not None:
        yield _finding(
            "pause",
            "pause",
            "not_met",
            "Paused",
            f"Paused since {_day(facts.paused_since)}; nothing moves while it is.",
            fix="Resume it.",
        )


def _conditions(facts: Facts) -> Iterator[Finding]:
    for condition in facts.conditions:
        if condition.due < facts.today:
            yield _finding(
                "condition",
                str(condition.id),
                "not_met",
                "Condition overdue",
                f"“{condition.text}” was due on {_day(condition.due)}, from Gate {condition.gate}.",
                fix="Do it and close the condition with evidence.",
                who=condition.owner.label,
            )


def _design(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.needs_design_assessment:
        return
    for area in document.design_areas:
        for question in area.questions:
            answer = facts.design.get(question.key)
            settled = answer is not None and answer.settled
            state: State = "met" if settled else "unknown" if answer is None else "not_met"
            words = {
                "met": "Settled.",
                "unknown": "Nobody has answered this yet.",
                "not_met": "There is an answer, and it is marked as still open.",
            }
            yield _finding(
                "design",
                question.key,
                state,
                question.question,
                words[state],
                fix="" if settled else "Answer it and mark it settled.",
            )


def _funding(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if gate.allows_learning_exercise:
        return
    missing = _listed(facts.funding_missing)
    yield _finding(
        "funding",
        "path",
        "not_met" if missing else "met",
        "Production funding path",
        f"No {missing} named: this is a learning exercise, which passes no gate after Gate 0."
        if missing
        else "Production owner, funder and mechanism are named.",
        fix="Name them on the initiative." if missing else "",
    )


def _criteria(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    for criterion in document.criteria_for(gate.number, facts.impact_class):
        state, text, fix = _judge(criterion.needs, facts.answers.get(criterion.key), facts.today)
        yield _finding("criterion", criterion.key, state, criterion.name, text, fix=fix)


def _judge(needs: str, answer: AnswerFact | None, today: date) -> tuple[State, str, str]:
    if answer is None:
        return "unknown", f"Not judged yet. {needs}", "Judge it, with evidence."
    said = f" {answer.note}" if answer.note else ""
    on = _day(answer.answered_on)
    if answer.verdict != "met":
        return "not_met", f"Judged not met on {on}.{said} {needs}", "Put it right, then judge anew."
    if not answer.proof:
        return "unknown", f"Said to be met on {on}, with no evidence.{said}", "Attach the evidence."
    if answer.valid_until is not None and answer.valid_until < today:
        return (
            "stale",
            f"Met on {on}, but that counted until {_day(answer.valid_until)}.{said}",
            "Judge it anew, with fresh evidence.",
        )
    return "met", f"Met on {on}.{said}", ""


_RUNGS = {"assigned": {"assigned", "planned", "met"}, "planned": {"planned", "met"}, "met": {"met"}}


def rung_of(gate: Gate, check: MvpCheck) -> str | None:
    """The rung that the gate asks of the check: assigned, planned or met; None for no rung."""
    if gate.rung == "none":
        return None
    if gate.monitoring_checks_met and check.monitoring:
        return "met"
    return "met" if gate.rung == "still_met" else gate.rung


def _rung(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    for check in document.checks:
        rung = rung_of(gate, check)
        if rung is None:
            return
        fact = facts.checks.get(check.key, CheckFact("unassigned"))
        actual = fact.state_on(facts.today)
        reached = actual in _RUNGS[rung] or (actual == "lapsed" and rung == "assigned")
        state: State = "met" if reached else "stale" if actual == "lapsed" else "not_met"
        yield _finding(
            "rung",
            check.key,
            state,
            check.name,
            _rung_text(fact, actual),
            fix="" if reached else _RUNG_FIX[rung] if actual != "lapsed" else _RUNG_FIX["lapsed"],
            who=fact.assignee.label if fact.assignee else "",
        )


_RUNG_FIX = {
    "assigned": "Name who answers for it.",
    "planned": "Say how it will be solved, by whom and by when.",
    "met": "Attach evidence and have a second person verify it.",
    "lapsed": "Bring fresh evidence and have a second person verify it.",
}


def _rung_text(fact: CheckFact, actual: str) -> str:
    if actual == "lapsed":
        return f"The evidence counted until {_day(fact.valid_until)}."
    if fact.status == "met" and actual != "met":
        return "Its evidence waits for a second person to verify it."
    until = f", good until {_day(fact.valid_until)}" if fact.valid_until else ""
    return {
        "unassigned": "Nobody answers for it yet.",
        "assigned": "Assigned, with no solution path yet.",
        "planned": f"Planned for {_day(fact.due)}.",
        "met": f"Verified{until}.",
    }[actual]


def _failure_modes(document: Document, facts: Facts) -> Iterator[Finding]:
    for mode in document.failure_modes:
        risk = facts.risks.get(mode.key)
        if risk is None:
            yield _finding(
                "failure_mode",
                mode.key,
                "unknown",
                mode.name,
                "Not assessed, so nobody knows whether it is critical.",
                fix="Assess it.",
            )
            continue
        yield _assessed(document, mode.key, mode.name, risk, facts.today)


def _assessed(document: Document, key: str, name: str, risk: RiskFact, today: date) -> Finding:
    rating = document.rating.rate(risk.likelihood, risk.impact)
    residual = document.rating.rate(risk.residual_likelihood, risk.residual_impact)
    if rating == "critical" and risk.response == "none":
        return _finding(
            "failure_mode",
            key,
            "not_met",
            name,
            "Critical, and nothing is planned against it.",
            fix="Plan a design response, or bring the rating down with what was measured.",
        )
    if risk.reassess_by < today:
        return _finding(
            "failure_mode",
            key,
            "stale",
            name,
            f"Was to be reassessed by {_day(risk.reassess_by)}.",
            fix="Assess it anew.",
            coverable=True,
        )
    return _finding("failure_mode", key, "met", name, f"Rated {rating}, {residual} once treated.")


def _review(gate: Gate, facts: Facts) -> Iterator[Finding]:
    submitted = facts.review is not None and facts.review.state == "submitted"
    yield _finding(
        "review",
        str(gate.number),
        "met" if submitted else "waiting",
        f"Gate {gate.number} review",
        "Submitted." if submitted else "Not submitted yet.",
        fix="" if submitted else "Finish the review and submit it.",
        who="" if submitted or facts.owner is None else facts.owner.label,
    )


def _sign_offs(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    for key in document.remits_for(gate.number, facts.impact_class):
        remit = document.remit(key)
        sign_off = facts.sign_offs.get(remit.key)
        if sign_off is None:
            yield _finding(
                "sign_off",
                remit.key,
                "waiting",
                f"{remit.name} sign-off",
                "Not signed off yet.",
                fix="Ask a reviewer of this remit.",
            )
        elif sign_off.verdict == "objected":
            yield _finding(
                "sign_off",
                remit.key,
                "not_met",
                f"{remit.name} objects",
                f"“{sign_off.note}”",
                fix="Answer the objection, then ask again.",
                who=sign_off.by.label,
                coverable=remit.key not in VETO_REMITS,
            )
        else:
            yield _finding(
                "sign_off",
                remit.key,
                "met",
                f"{remit.name} sign-off",
                f"Signed by {sign_off.by.label}." + (f" “{sign_off.note}”" * bool(sign_off.note)),
                who=sign_off.by.label,
            )


def _decider(facts: Facts) -> Iterator[Finding]:
    if facts.deciders:
        names = _listed([person.label for person in facts.deciders[:3]], "or")
        yield _finding("decider", "decider", "met", "Somebody may decide", f"{names} may decide.")
        return
    barred = _listed([person.label for person in facts.barred])
    because = f" {barred} wrote what is to be judged." if barred else ""
    yield _finding(
        "decider",
        "decider",
        "not_met",
        "Nobody may decide this",
        f"A sponsor or the program office decides, never who submitted or gave evidence.{because}",
        fix="Name another sponsor, or ask somebody else of the program office.",
    )


def _day(day: date | None) -> str:
    return day_words(day) if day else "an open date"


def _listed(words: Iterable[str], last: str = "and") -> str:
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail
