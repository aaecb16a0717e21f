"""Which passed gates no longer hold: what a gate rests on has to go on holding after it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

from audit.words import listed
from playbook.document import Document
from playbook.evaluate import criterion_finding, funding_finding, rung_finding, rung_of
from playbook.facts import Facts
from playbook.findings import Finding
from playbook.labels import ENDED

Passed = Mapping[int, Collection[str]]
"""The gates passed, each with the ids of the blockers that its go left open on conditions."""


def no_longer_held(
    document: Document, facts: Facts, passed: Passed
) -> dict[int, tuple[Finding, ...]]:
    """The passed gates whose ground has given way, each with the facts that fail it.

    A gate rests on its standing criteria, on the rung of the ladder that it asked, and on the
    facts behind its sign-offs. What several gates asked counts against the latest of them alone,
    so that one broken check is proven once and not at every gate behind. What a conditional go
    left open is its condition's matter. An ended rollout rests on nothing, and a playbook without
    rules for taking gates back lets them be.
    """
    if facts.stage in ENDED or document.regate is None:
        return {}
    failing: dict[int, list[Finding]] = {}
    for number, found in _grounds(document, facts, sorted(passed)):
        if found.blocks and found.id not in passed[number]:
            failing.setdefault(number, []).append(found)
    return {number: tuple(found) for number, found in sorted(failing.items())}


def _grounds(document: Document, facts: Facts, passed: list[int]) -> Iterator[tuple[int, Finding]]:
    """Everything that the passed gates rest on, each once, with the gate that it counts for."""
    for number in passed:
        for criterion in document.criteria_for(number, facts.impact_class):
            if criterion.standing:
                yield number, criterion_finding(criterion, facts)
    for check in document.checks:
        for number in reversed(passed):
            rung = rung_of(document.gate(number), check)
            if rung is not None:
                # A check that was met and lapsed is no less planned than one that never was.
                lapsed = rung == "planned" and _has_lapsed(check.key, facts)
                yield number, rung_finding(check, "assigned" if lapsed else rung, facts)
                break
    funded = [n for n in passed if _signed_for_funding(document, facts, n)]
    if funded:
        yield funded[-1], funding_finding(facts)


def _has_lapsed(key: str, facts: Facts) -> bool:
    return key in facts.checks and facts.checks[key].state_on(facts.today) == "lapsed"


def _signed_for_funding(document: Document, facts: Facts, number: int) -> bool:
    """Whether somebody signed at the gate that the money for production is there."""
    asked = "funding" in document.remits_for(number, facts.impact_class)
    return asked and not document.gate(number).allows_learning_exercise


TOLD_IN_FULL = 3


def words_of(findings: Sequence[Finding]) -> str:
    """What gave way: the first in full, the others by name."""
    told = [f"{found.title}: {found.text}" for found in findings[:TOLD_IN_FULL]]
    rest = [found.title for found in findings[TOLD_IN_FULL:]]
    return " ".join([*told, f"Also: {listed(rest)}."] if rest else told)


def taken_back_on(document: Document, since: date) -> date | None:
    """The day on which a gate that gave way on ``since`` is taken back unless all holds again;
    None by a playbook that takes none back."""
    if document.regate is None:
        return None
    return since + timedelta(days=document.regate.grace_days)
