"""A plan as the dry run shows it: figures first, then what needs a person, then what follows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gates.models.rollouts import ENDED, PATH
from portfolio.importing.fields import FIELDS, Kind, Value
from portfolio.importing.mapping import CHOICE_FIELDS, LEAVE_OUT, Mapping
from portfolio.importing.parsing import Remark, fold
from portfolio.importing.planning import Change, Outcome, Plan, PlannedRow
from portfolio.importing.reading_text import ENCODINGS
from portfolio.importing.rows import shorten
from portfolio.importing.sheet import Sheet
from portfolio.importing.suggesting import distinct

SHOWN = 12
ROWS_A_SECOND = 1_000  # half of what two cores were seen to import
PARTS = ("new", "changed", "unchanged", "invalid", "ask", "left_out")
ASKED = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows that are invalid for the same reason, by their numbers in the spreadsheet."""

    numbers: tuple[int, ...]
    name: str
    unit: str
    remark: Remark

    @property
    def rows(self) -> str:
        return ranges(self.numbers)


@dataclass(frozen=True, slots=True)
class Becomes:
    """A text of the file and the choice that it becomes."""

    text: str
    count: int
    choice: str
    label: str

    @property
    def number(self) -> int | None:
        """The stage's number; none for what is over, left out or no stage."""
        path = [str(stage) for stage in PATH]
        return path.index(self.choice) if self.choice in path else None

    @property
    def over(self) -> bool:
        return self.choice in ENDED

    @property
    def left_out(self) -> bool:
        return self.choice == LEAVE_OUT

    @property
    def unassessed(self) -> bool:
        return self.choice == "not_assessed"


@dataclass(frozen=True, slots=True)
class ShownChange:
    number: int
    name: str
    change: Change

    @property
    def now(self) -> str:
        return shown(self.change.field, self.change.before)

    @property
    def then(self) -> str:
        return shown(self.change.field, self.change.after)

    @property
    def follows(self) -> str:
        if self.change.field == "stage":
            return "it is placed there; the gates before it are to be shown"
        if FIELDS[self.change.field].kind is Kind.PROSE:
            return "the text is replaced"
        return "the value is replaced"


@dataclass(frozen=True, slots=True)
class Twins:
    """Rows that share a key. Each stays an initiative of its own."""

    rows: list[PlannedRow]

    @property
    def name(self) -> str:
        return self.rows[0].name

    @property
    def unit(self) -> str:
        values = self.rows[0].row.values
        return " › ".join(str(values[name]) for name in _UNIT if values.get(name))

    @property
    def numbers(self) -> str:
        return ranges(each.row.number for each in self.rows)


def overview(plan: Plan, mapping: Mapping, sheet: Sheet) -> dict[str, Any]:
    """What the dry run's template shows."""
    count = {str(outcome): len(plan.of(outcome)) for outcome in Outcome}
    changed = [
        ShownChange(each.row.number, each.known.label if each.known else each.name, change)
        for each in plan.of(Outcome.CHANGED)
        for change in each.changes
    ]
    faults = _faults(plan.of(Outcome.INVALID))
    ask = plan.of(Outcome.ASK)
    twins = twins_of(plan)
    return {
        "total": len(plan.rows),
        "count": count,
        "importable": count["new"] + count["changed"],
        "parts": [(kind, count[kind]) for kind in PARTS],
        "seconds": math.ceil((count["new"] + count["changed"]) / ROWS_A_SECOND),
        "encoding": ENCODINGS.get(sheet.encoding, sheet.encoding),
        "sheet_name": sheet.name if len(sheet.names) > 1 else "",
        "matched_on": [_heading(name, mapping, sheet) for name in mapping.key],
        "faults": faults[:SHOWN],
        "faults_more": max(0, len(faults) - SHOWN),
        "ask": ask[:ASKED],
        "ask_more": max(0, len(ask) - ASKED),
        "becomes": [_becomes(name, mapping, sheet) for name in _mapped(mapping, CHOICE_FIELDS)],
        "dates": [_dates(name, plan, mapping, sheet) for name in _mapped(mapping, _DATES)],
        "changes": changed[:SHOWN],
        "changes_more": max(0, len(changed) - SHOWN),
        "moves": sum(1 for each in changed if each.change.field == "stage"),
        "twins": twins[:SHOWN],
        "twins_more": max(0, len(twins) - SHOWN),
        "twin_rows": sum(len(group.rows) for group in twins),
        "absent": len(plan.absent),
        "other_doubts": _other_doubts(plan, mapping),
    }


_UNIT = ("unit", "subunit")
_DATES = tuple(name for name, field in FIELDS.items() if field.kind is Kind.DATE)


def _mapped(mapping: Mapping, names: Iterable[str]) -> list[str]:
    return [name for name in names if mapping.column(name) is not None]


def in_stage_order(counts: Iterable[tuple[str, int]]) -> list[Becomes]:
    """Stages with how many rows claim each, in the order of the way."""
    found = dict(counts)
    stages = FIELDS["stage"].choices or {}
    return [Becomes("", found[key], key, str(name)) for key, name in stages.items() if key in found]


def shown(field: str, value: Value) -> str:
    if value in (None, ""):
        return "empty"
    choices = FIELDS[field].choices or {}
    if value in choices:
        return str(choices[str(value)])
    return str(value) if len(str(value)) <= 60 else f"{len(str(value)):,} characters"


def ranges(numbers: Iterable[int]) -> str:
    """1352–1355, 1402: runs of row numbers, shortened after six."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return ", ".join(said[:6]) + (f" and {len(said) - 6} more" if len(said) > 6 else "")


def _faults(rows: list[PlannedRow]) -> list[Fault]:
    groups: dict[Remark, list[PlannedRow]] = defaultdict(list)
    for each in rows:
        for remark in each.row.problems:
            groups[remark].append(each)
    return [
        Fault(
            numbers=tuple(each.row.number for each in same),
            name=shorten(same[0].name) if same[0].name else "",
            unit=str(same[0].row.values.get("unit") or ""),
            remark=remark,
        )
        for remark, same in groups.items()
    ]


def _becomes(name: str, mapping: Mapping, sheet: Sheet) -> dict[str, Any]:
    column = mapping.column(name)
    assert column is not None
    at = mapping.positions(sheet)[name]
    rows = []
    for text, count in distinct(sheet.column(at)).items():
        choice = column.folded_values.get(fold(text), "")
        label = str((FIELDS[name].choices or {}).get(choice, ""))
        rows.append(Becomes(text=text, count=count, choice=choice, label=label))
    return {"field": name, "heading": sheet.headings[at], "rows": rows}


def _dates(name: str, plan: Plan, mapping: Mapping, sheet: Sheet) -> dict[str, Any]:
    heading = sheet.headings[mapping.positions(sheet)[name]]
    doubts = [
        (each.row.number, remark)
        for each in plan.rows
        for remark in each.row.doubts
        if remark.column == heading
    ]
    read = sum(1 for each in plan.rows if each.row.values.get(name))
    return {
        "heading": heading,
        "read": read,
        "empty": len(plan.rows) - read - len(doubts),
        "words": len(doubts),
        "examples": [remark.value for _, remark in doubts[:3]],
        "hints": _hints(doubts),
    }


def _hints(doubts: list[tuple[int, Remark]]) -> list[tuple[str, str]]:
    """The commonest reasons, each with its rows."""
    by_why: dict[str, list[int]] = defaultdict(list)
    for number, remark in doubts:
        by_why[remark.why].append(number)
    most = sorted(by_why.items(), key=lambda pair: -len(pair[1]))[:3]
    return [(why, ranges(numbers)) for why, numbers in most]


def _other_doubts(plan: Plan, mapping: Mapping) -> list[tuple[str, str, str, str]]:
    """Column, value, why and rows of doubts that are not about dates."""
    dates = {column.heading for name in _DATES if (column := mapping.column(name)) is not None} | {
        str(FIELDS[name].label) for name in _DATES
    }
    rows: dict[Remark, list[int]] = defaultdict(list)
    for each in plan.rows:
        for remark in each.row.doubts:
            if remark.column not in dates:
                rows[remark].append(each.row.number)
    most = sorted(rows.items(), key=lambda pair: -len(pair[1]))[:SHOWN]
    return [(r.column, r.value, r.why, ranges(numbers)) for r, numbers in most]


def twins_of(plan: Plan) -> list[Twins]:
    """Each set of rows that share a key, the largest first."""
    sets: dict[str, list[PlannedRow]] = defaultdict(list)
    for each in plan.rows:
        if each.twins:
            sets[each.row.key].append(each)
    return [Twins(same) for same in sorted(sets.values(), key=len, reverse=True)]


def _heading(name: str, mapping: Mapping, sheet: Sheet) -> str:
    """A key field under the file's own name for it, unless that is a whole sentence."""
    at = mapping.positions(sheet).get(name)
    heading = sheet.headings[at] if at is not None else ""
    label = str(FIELDS[name].label).split(" (")[0]
    return (heading if 0 < len(heading) <= 30 else label).lower()
