"""The one judge: what keeps a gate shut, in words that an owner can act on.

``evaluate`` is pure. The state machine's guards, the pages' lists of blockers, a refusal and the
lists' summaries all come from it, so they can never disagree.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from audit.words import listed
from playbook import dependencies, exceptions, hazards, kills, premises, reach, voices
from playbook.document import Criterion, Document, Gate, MvpCheck
from playbook.facts import AnswerFact, CheckFact, Facts
from playbook.findings import Evaluation, Finding, State, day_of, finding
from playbook.measuring import judge

__all__ = ["Evaluation", "Finding", "State", "evaluate", "rung_of"]


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
        premises.assumptions(gate, facts),
        premises.architecture(gate, facts),
        premises.receiving_team(gate, facts),
        premises.distances(document, gate, facts),
        kills.stated(gate, facts),
        _criteria(document, gate, facts),
        _rung(document, gate, facts),
        hazards.failure_modes(document, facts),
        hazards.champions(document, gate, facts),
        reach.band(document, gate, facts),
        reach.groups(gate, facts),
        reach.slips(facts),
        dependencies.faults(gate, facts),
        kills.hits(facts),
        _review(gate, facts),
        _sign_offs(document, gate, facts),
        _decider(facts),
    )
    return Evaluation(gate=gate.number, findings=tuple(f for part in parts for f in part))


def _owed(gate: Gate, facts: Facts) -> Iterator[Finding]:
    for number in facts.owed_gates:
        if number < gate.number:
            yield finding(
                "owed",
                str(number),
                "not_met",
                f"Gate {number} not yet proven",
                f"This initiative was placed by a claim and still owes proof of Gate {number}."
                if facts.claimed
                else f"Gate {number} was passed and no longer counts.",
                fix=f"Prove Gate {number} first.",
            )


def _pause(facts: Facts) -> Iterator[Finding]:
    if facts.paused_since is not None:
        yield finding(
            "pause",
            "pause",
            "not_met",
            "Paused",
            f"Paused since {day_of(facts.paused_since)}; nothing moves while it is.",
            fix="Resume it.",
        )


def _conditions(facts: Facts) -> Iterator[Finding]:
    for condition in facts.conditions:
        if condition.due < facts.today:
            yield finding(
                "condition",
                str(condition.id),
                "not_met",
                "Condition overdue",
                f"“{condition.text}” was due on {day_of(condition.due)}, "
                f"from Gate {condition.gate}.",
                fix="Do it and close the condition with evidence.",
                who=condition.owner.label,
            )


_DESIGN_WORDS = {
    "met": "Settled.",
    "unknown": "Nobody has answered this yet.",
    "not_met": "There is an answer, and it is marked as still open.",
}


def _design(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.needs_design_assessment:
        return
    for area in document.design_areas:
        for question in area.questions:
            answer = facts.design.get(question.key)
            settled = answer is not None and answer.settled
            state: State = "met" if settled else "unknown" if answer is None else "not_met"
            yield finding(
                "design",
                question.key,
                state,
                question.question,
                _DESIGN_WORDS[state],
                fix="" if settled else "Answer it and mark it settled.",
            )


def _funding(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.allows_learning_exercise:
        yield funding_finding(facts)


def funding_finding(facts: Facts) -> Finding:
    """Whether there is a clear production funding path."""
    missing = listed(facts.funding_missing)
    return finding(
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
        yield criterion_finding(criterion, facts)


def criterion_finding(criterion: Criterion, facts: Facts) -> Finding:
    """How an exit criterion stands today."""
    if criterion.computed:
        state, text, fix = judge(criterion, facts.measured_of(criterion.key))
    else:
        answer = facts.answers.get(criterion.key)
        state, text, fix = _judge(criterion.needs, answer, facts.today)
    found = finding("criterion", criterion.key, state, criterion.name, text, fix=fix)
    return exceptions.applied(criterion, found, facts)


def _judge(needs: str, answer: AnswerFact | None, today: date) -> tuple[State, str, str]:
    if answer is None:
        return "unknown", f"Not judged yet. It asks: {needs}", "Judge it, with evidence."
    said = f" {answer.note}" if answer.note else ""
    on = day_of(answer.answered_on)
    if answer.verdict != "met":
        return (
            "not_met",
            f"Judged not met on {on}.{said} It asks: {needs}",
            "Put it right, then judge anew.",
        )
    if not answer.proof:
        return "unknown", f"Said to be met on {on}, with no evidence.{said}", "Attach the evidence."
    if answer.valid_until is not None and answer.valid_until < today:
        return (
            "stale",
            f"Met on {on}, but that counted until {day_of(answer.valid_until)}.{said}",
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
        yield rung_finding(check, rung, facts)


def rung_finding(check: MvpCheck, rung: str, facts: Facts) -> Finding:
    """How an MVP check stands today against this rung."""
    fact = facts.checks.get(check.key, CheckFact("unassigned"))
    actual = fact.state_on(facts.today)
    reached = actual in _RUNGS[rung] or (actual == "lapsed" and rung == "assigned")
    state: State = "met" if reached else "stale" if actual == "lapsed" else "not_met"
    return finding(
        "rung",
        check.key,
        state,
        check.name,
        _rung_text(fact, actual, facts.today),
        fix="" if reached else _RUNG_FIX[rung] if actual != "lapsed" else _RUNG_FIX["lapsed"],
        who=fact.assignee.label if fact.assignee else "",
    )


_RUNG_FIX = {
    "assigned": "Name who answers for it.",
    "planned": "Say how it will be solved, by whom and by when.",
    "met": "Attach evidence and have a second person verify it.",
    "lapsed": "Bring fresh evidence and have a second person verify it.",
}


def _rung_text(fact: CheckFact, actual: str, today: date) -> str:
    if actual == "lapsed":
        return f"The evidence counted until {day_of(fact.valid_until)}."
    if fact.status == "met" and actual != "met":
        return "Its evidence waits for a second person to verify it."
    if actual == "planned":
        return f"Planned for {day_of(fact.due)}{', overdue' * fact.overdue_on(today)}."
    if actual == "met":
        until = f", good until {day_of(fact.valid_until)}" if fact.valid_until else ""
        return f"Verified{until}."
    return {
        "unassigned": "Nobody answers for it yet.",
        "assigned": "Assigned, with no solution path yet.",
    }[actual]


def _review(gate: Gate, facts: Facts) -> Iterator[Finding]:
    submitted = facts.review is not None and facts.review.state == "submitted"
    yield finding(
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
        yield voices.voices_finding(document.remit(key), facts)


def _decider(facts: Facts) -> Iterator[Finding]:
    if facts.deciders:
        names = listed([person.label for person in facts.deciders[:3]], "or")
        yield finding("decider", "decider", "met", "Somebody may decide", f"{names} may decide.")
        return
    barred = listed([person.label for person in facts.barred])
    because = f" {barred} wrote what is to be judged." if barred else ""
    yield finding(
        "decider",
        "decider",
        "not_met",
        "Nobody may decide this",
        f"A sponsor or the program office decides, never who submitted or gave evidence.{because}",
        fix="Name another sponsor, or ask somebody else of the program office.",
    )
