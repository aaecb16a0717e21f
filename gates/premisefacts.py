"""What the initiative page says of its premises: six distances, and the assumptions' verdicts."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from gates.case import Case

WORDS = {"none": "no distance", "narrow": "narrow", "wide": "wide", "unknown": "not judged"}


@dataclass(frozen=True)
class DistanceRow:
    name: str
    distance: str
    word: str


def premises_of(case: Case) -> dict[str, Any]:
    rows = []
    for condition in case.document.conditions:
        fact = case.facts.contrasts.get(condition.key)
        distance = fact.distance if fact else "unknown"
        rows.append(DistanceRow(condition.name, distance, WORDS[distance]))
    return {"distances": rows, "premises_sentence": _sentence(case, rows)}


def _sentence(case: Case, rows: list[DistanceRow]) -> str:
    """How many distances are wide, and how the assumptions came out."""
    wide = sum(row.distance == "wide" for row in rows)
    judged = sum(row.distance != "unknown" for row in rows)
    if not judged:
        said = "No distance is judged yet."
    else:
        said = f"{wide} of {judged} judged distances are wide."
    verdicts = Counter(assumption.verdict for assumption in case.facts.assumptions)
    if not verdicts:
        return f"{said} No assumption is stated."
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    return f"{said} Assumptions: {told}."
