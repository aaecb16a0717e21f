"""What would end the initiative, agreed before the pilot, and what follows when it happens."""

from collections.abc import Iterator

from playbook.document import Gate
from playbook.facts import Facts, KillFact
from playbook.findings import Finding, day_of, finding


def stated(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.needs_kill_criteria:
        return
    count = len(facts.kill_criteria)
    if count:
        said = "One is stated." if count == 1 else f"{count} are stated."
        yield finding("kill", "stated", "met", "Kill criteria", said)
    else:
        yield finding(
            "kill",
            "stated",
            "unknown",
            "Kill criteria",
            "Nobody has said what would end it, and afterwards there is always a reason to go on.",
            fix="Say which figure or event would end it.",
        )


def hits(facts: Facts) -> Iterator[Finding]:
    """The kill criteria that are hit: every go waits until each is answered."""
    for kill in open_hits(facts):
        yield finding(
            "kill_hit",
            str(kill.id),
            "not_met",
            f"Kill criterion hit: {kill.text}",
            told(kill),
            fix="Stop it, or have the sponsor or the program office settle the hit with a reason.",
            who="The sponsor or the program office",
        )


def open_hits(facts: Facts) -> tuple[KillFact, ...]:
    return tuple(kill for kill in facts.kill_criteria if kill.open_hit)


def told(kill: KillFact) -> str:
    """When the criterion was hit, who says so, and what was agreed on beforehand."""
    who = f", says {kill.hit_by.label}" if kill.hit_by else ""
    return f"Hit on {day_of(kill.hit_on)}{who}: “{kill.hit_note}” Agreed on before: {kill.sign}"


def stop_recommended(facts: Facts) -> str:
    """Why to stop, drafted for whoever decides; empty while no kill criterion is hit."""
    return " ".join(f"Kill criterion hit: {kill.text}. {told(kill)}" for kill in open_hits(facts))
