"""What the passed gates rest on today, as pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gates.case import Case
from gates.links import task_url
from gates.models import Decision, Outcome, Passage, Slip
from playbook.findings import Finding
from playbook.standing_facts import taken_back_on


@dataclass(frozen=True)
class Failed:
    """A fact that a passed gate rests on and that fails it, with where to put it right."""

    title: str
    text: str
    url: str


@dataclass(frozen=True)
class GivingWay:
    """A passed gate whose ground does not hold: since when, what fails, and until when it is
    put right without harm. Both days are empty until the sweep has seen it."""

    gate: int
    since: date | None
    back_on: date | None
    failed: list[Failed]


def giving_way(case: Case, reference: str) -> list[GivingWay]:
    """The passed gates that do not hold today, lowest first."""
    since = {slip.gate: slip.since for slip in case.facts.slips}
    return [
        GivingWay(
            gate,
            since.get(gate),
            taken_back_on(case.document, since[gate]) if gate in since else None,
            [_failed(case, reference, finding) for finding in findings],
        )
        for gate, findings in case.failing.items()
    ]


def _failed(case: Case, reference: str, finding: Finding) -> Failed:
    text = f"{finding.text} {finding.fix}".strip()
    return Failed(finding.title, text, task_url(case.document, reference, finding))


@dataclass(frozen=True)
class TakenBack:
    """A gate that no longer counts and is owed again."""

    gate: int
    decision: Decision
    reviewed: bool


def taken_back(case: Case, decisions: Iterable[Decision]) -> list[TakenBack]:
    """The owed gates whose last word is that they were taken back. Decisions come newest first."""
    last: dict[int | None, Decision] = {}
    for decision in decisions:
        last.setdefault(decision.gate, decision)
    return [
        TakenBack(gate, last[gate], case.facts.gate == gate and case.facts.review is not None)
        for gate in case.facts.owed_gates
        if gate in last and last[gate].outcome == Outcome.LAPSE
    ]


@dataclass(frozen=True)
class Rest:
    """One passed gate: since when it counts, and what of its ground fails, if anything."""

    gate: int
    name: str
    passage: Passage
    asks: str
    way: GivingWay | None


RUNGS = {
    "none": "",
    "assigned": "each check of the ladder in somebody's hands",
    "planned": "each check of the ladder planned",
    "met": "each check of the ladder met",
    "still_met": "each check of the ladder still met",
}


def rests(case: Case, passages: Iterable[Passage], ways: Iterable[GivingWay]) -> list[Rest]:
    """Every gate that counts today, lowest first, with what it rests on in words."""
    by_gate = {way.gate: way for way in ways}
    return [
        Rest(
            passage.gate,
            case.document.gate(passage.gate).name,
            passage,
            _asks(case, passage.gate),
            by_gate.get(passage.gate),
        )
        for passage in passages
    ]


def _asks(case: Case, number: int) -> str:
    criteria = case.document.criteria_for(number, case.facts.impact_class)
    names = [criterion.name for criterion in criteria if criterion.standing]
    gate = case.document.gate(number)
    rung = RUNGS[gate.rung]
    if rung and gate.monitoring_checks_met and gate.rung != "met":
        rung += ", monitoring met"
    return "; ".join([*names, *([rung] if rung else [])])


def history(slips: Iterable[Slip], case: Case) -> list[tuple[Slip, date | None]]:
    """Each slip with the day on which its gate is, or would have been, taken back."""
    return [(slip, taken_back_on(case.document, slip.since)) for slip in slips]
