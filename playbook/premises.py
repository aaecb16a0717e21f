"""What a rollout rests on: assumptions, the pilot's kind conditions, architecture, the team."""

from collections.abc import Iterator

from audit.words import listed
from playbook.document import Document, Gate
from playbook.facts import AssumptionFact, Facts
from playbook.findings import Finding, finding


def assumptions(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if gate.assumptions == "none":
        return
    if not facts.assumptions:
        yield finding(
            "assumption",
            "stated",
            "unknown",
            "Production assumptions",
            "None is stated, so the pilot has nothing to test.",
            fix="State what production rests on, and how the pilot will test it.",
        )
    elif gate.assumptions == "stated":
        count = len(facts.assumptions)
        said = "One is stated." if count == 1 else f"{count} are stated."
        yield finding("assumption", "stated", "met", "Production assumptions", said)
    else:
        for assumption in facts.assumptions:
            yield _judged(assumption)


def _judged(assumption: AssumptionFact) -> Finding:
    title = f"Assumption: {assumption.text}"
    key = str(assumption.id)
    if assumption.verdict == "validated":
        return finding("assumption", key, "met", title, "Validated.")
    if assumption.answered:
        said = "Refuted" if assumption.verdict == "refuted" else "Untested"
        return finding(
            "assumption", key, "warning", title, f"{said}, and what follows from that is said."
        )
    return finding(
        "assumption",
        key,
        "unknown",
        title,
        "Untested, and nobody says what follows from that.",
        fix="Say what the pilot found, or what follows from not having tested it.",
    )


def architecture(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.forbids_rebuild:
        return
    title = "The pilot's architecture grows into production's"
    if facts.architecture == "increments":
        yield finding("architecture", "way", "met", title, "It grows in increments.")
    elif facts.architecture == "rebuild":
        yield finding(
            "architecture",
            "way",
            "not_met",
            title,
            "It has to be rebuilt for production, so the pilot validated another system.",
            fix="Find the increments that lead to production, or return to intake.",
        )
    else:
        yield finding(
            "architecture",
            "way",
            "unknown",
            title,
            "Nobody has said whether it grows in increments or has to be rebuilt.",
            fix="Say which, and what has to be added.",
        )


def receiving_team(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.needs_equipped_team or not facts.handoff_lacks:
        return
    lacks = [lack for lack in facts.handoff_lacks if lack != "team"]
    handed_over = "team" in facts.handoff_lacks
    title = "The team that will run it"
    if lacks:
        who = "The team that takes over" if handed_over else "The team"
        yield finding(
            "handoff",
            "team",
            "not_met",
            title,
            f"{who} lacks {listed(lacks)}.",
            fix="Close what it lacks, or let the team that built it run it.",
        )
    else:
        yield finding(
            "handoff",
            "team",
            "warning",
            title,
            "Another team will run it than built it. It has what it needs; context stays behind.",
        )


def distances(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    """The conditions in which production will still be another thing; from Gate 1 on they warn."""
    if gate.number == 0:
        return
    for condition in document.conditions:
        contrast = facts.contrasts.get(condition.key)
        if contrast is not None and contrast.distance == "wide":
            threatened = listed(
                [document.mode(mode).short_name.lower() for mode in condition.threatens]
            )
            yield finding(
                "distance",
                condition.key,
                "warning",
                f"Wide distance: {condition.name.lower()}",
                f"Production will be another thing, which threatens {threatened}.",
                fix="Narrow it, or say in the design response how it will be met.",
            )
