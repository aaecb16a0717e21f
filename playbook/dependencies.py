"""What initiatives share: a failure found in one asks every other what it means there."""

from collections.abc import Iterator

from playbook.document import Gate
from playbook.facts import Facts, FaultFact
from playbook.findings import Finding, day_of, finding


def faults(gate: Gate, facts: Facts) -> Iterator[Finding]:
    """What failed elsewhere and concerns this initiative, or nobody knows whether it does."""
    if not gate.needs_fault_answers:
        return
    for fault in facts.faults:
        if not fault.verdict:
            yield finding(
                "dependency",
                str(fault.id),
                "unknown",
                _title(fault),
                f"{_failed(fault)} Nobody has said yet what it means here.",
                fix="Say whether it concerns this initiative, and what is done about it.",
            )
        elif fault.verdict == "handled":
            yield finding(
                "dependency",
                str(fault.id),
                "warning",
                _title(fault),
                f"{_failed(fault)} It is handled here, and not mended there.",
            )


def _title(fault: FaultFact) -> str:
    return f"{fault.dependency} failed elsewhere"


def _failed(fault: FaultFact) -> str:
    kind = fault.kind.replace("_", " ")
    return (
        f"The {kind} {fault.dependency} failed in {fault.where} on {day_of(fault.since)}: "
        f"{fault.text.rstrip(' .')}."
    )
