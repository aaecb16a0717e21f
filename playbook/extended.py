"""Since when something has been an extended pilot: called production, and not proven to be."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from playbook.document import Document
from playbook.facts import Facts
from playbook.labels import EXTENDED_PILOT, PRODUCTION_FROM, plan_ends, production_label

DAY = timedelta(days=1)


def extended_since(
    document: Document,
    facts: Facts,
    *,
    voided: Mapping[int, date] | None = None,
    entered: date | None = None,
) -> date | None:
    """The day from which the label *extended pilot* has held without a break; None without it.

    It takes two things, and holds from the later one. The stage counts as production: from its
    entry (for a claim, from the claim), but in limited production only from the day after its
    longest planned weeks. And proof is missing: from that entry for a gate never passed and a
    check never met, from the day on which a gate's passage was voided, from the day after a
    check's evidence ran out.

    ``voided`` says when the passage of an owed gate was last voided, ``entered`` when its present
    stretch of stages began if that was before the present stage: scaled production that steady
    state was returned to went on without a break.
    """
    if production_label(document, facts) != EXTENDED_PILOT:
        return None
    start = entered or facts.stage_since
    ends = plan_ends(document, facts.stage, facts.stage_since)
    if document.stage(facts.stage).number == PRODUCTION_FROM and ends is not None:
        start = max(start, ends + DAY)
    return max(start, min(_lacking_since(document, facts, voided or {}, start)))


def _lacking_since(
    document: Document, facts: Facts, voided: Mapping[int, date], start: date
) -> Iterator[date]:
    """Since when each missing part of the proof has been missing; at least one is."""
    for gate in facts.owed_gates:
        yield voided.get(gate, start)
    for check in document.checks:
        fact = facts.checks.get(check.key)
        state = fact.state_on(facts.today) if fact else "unassigned"
        if fact and state == "lapsed" and fact.valid_until is not None:
            yield fact.valid_until + DAY
        elif state != "met":
            yield start
