"""What is due in the coming days, and what is late already, in the words of the dashboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from look.templatetags.formats import day
from portfolio.overview import AHEAD_DAYS, Due

# kind: (symbol, colour, one, several, in a summary)
KINDS = {
    "review": ("gate", "accent", "Gate review", "gate reviews", "gate date"),
    "condition": ("flag", "warn", "Condition", "conditions", "condition"),
    "proof": ("owed", "", "Proof owed", "proofs owed", "proof of a claim"),
    "evidence": ("mark-past", "warn", "Evidence lapses", "checks lapse", "lapsing check"),
}


@dataclass(frozen=True)
class Entry:
    """One line of a month: everything of a kind."""

    symbol: str
    colour: str
    title: str
    text: str
    late: bool


def ahead(found: Sequence[Due], today: date) -> dict[str, Any]:
    """The marks of the axis, the lines of each month, and a summary of the counts."""
    coming = [due for due in found if due.day >= today]
    months = [{"name": "Late already", "entries": list(_entries(_late(found, today), today))}]
    for name, low, high in _months(today):
        dues = [due for due in coming if low <= due.day < high]
        months.append({"name": name, "entries": list(_entries(dues, today))})
    return {
        "months": [month for month in months if month["entries"]],
        "marks": _marks(coming, today),
        "coming": _summary(coming),
    }


def _late(found: Iterable[Due], today: date) -> list[Due]:
    return [due for due in found if due.day < today]


def _months(today: date) -> list[tuple[str, date, date]]:
    """This month, the next, and the rest of the days ahead under the names of their months."""
    second = _next_month(today)
    third = _next_month(second)
    last = today + timedelta(days=AHEAD_DAYS + 1)
    rest, month = [], third
    while month < last:
        rest.append(f"{month:%B}")
        month = _next_month(month)
    return [
        (f"{today:%B}", today, second),
        (f"{second:%B}", second, third),
        (", ".join(rest), third, last),
    ]


def _next_month(on: date) -> date:
    return (on.replace(day=1) + timedelta(days=32)).replace(day=1)


def _entries(dues: Sequence[Due], today: date) -> Iterable[Entry]:
    for kind, (symbol, colour, one, several, _word) in KINDS.items():
        same = [due for due in dues if due.kind == kind]
        if not same:
            continue
        first, count = same[0], sum(due.count for due in same)
        late = first.day < today
        when = day(first.day, today)
        reference = first.reference.replace("-", "\N{NON-BREAKING HYPHEN}")
        if count == 1:
            title, text = one, f"{when}, {reference}"
        else:
            title = f"{count:,} {several}"
            text = f"{'since' if late else 'from'} {when}, {reference} first"
        yield Entry(symbol, "bad" if late else colour, title, text, late)


def _marks(coming: Iterable[Due], today: date) -> list[tuple[int, str, str]]:
    """One mark for each kind in each week, on the first day that has one."""
    firsts: dict[tuple[str, int], int] = {}
    for due in coming:
        ahead_by = (due.day - today).days
        firsts.setdefault((due.kind, ahead_by // 7), ahead_by)
    return [(days, KINDS[kind][0], KINDS[kind][1]) for (kind, _), days in sorted(firsts.items())]


def _summary(coming: Iterable[Due]) -> str:
    counts = dict.fromkeys(KINDS, 0)
    for due in coming:
        counts[due.kind] += due.count
    said = []
    for kind, count in counts.items():
        if count:
            word = KINDS[kind][4]
            plural = word.replace("proof", "proofs", 1) if kind == "proof" else f"{word}s"
            said.append(f"{count:,} {word if count == 1 else plural}")
    return ", ".join(said) or "nothing is due"
