"""Compare what a file says with what is known, and say what an import would do to each row.

Many inventories have no identifier. A row is known by its key (say agency, bureau and name); rows
that share a key are told apart by their whole content, then by one text (`tell_apart`), and when
just one is left on each side, those two belong together. Anything else is asked, never guessed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import StrEnum

from portfolio.importing.fields import FIELDS, Value
from portfolio.importing.parsing import Remark, fold
from portfolio.importing.rows import ReadRow


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    INVALID = "invalid"
    ASK = "ask"
    LEFT_OUT = "left_out"


# Answers to "ask": the id of a known initiative, or one of these.
ANSWER_NEW = "new"
ANSWER_LEAVE_OUT = "leave_out"
Answer = int | str

BACK_AT_START = "intake"
NO_WAY_BACK = "a claim moves nothing back to intake; a decision to return does"


@dataclass(frozen=True, slots=True)
class Known:
    """An initiative as it is, and as its latest import left it.

    `imported` are the values of that import: only what differs from them is a change of the
    file. `current` are the values now: what differs from `imported` was changed by people.
    `held_by` says why no file may move the claim; empty where one may.
    """

    id: int
    label: str
    key: str
    apart: str
    current: MappingOf[str, Value]
    imported: MappingOf[str, Value] | None = None
    digest: str = ""
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that the file changes. `kept` says why Clearway's value stays; empty applies it."""

    field: str
    before: Value
    after: Value
    kept: str = ""

    @property
    def label(self) -> str:
        return str(FIELDS[self.field].label)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    row: ReadRow
    outcome: Outcome
    occurrence: int
    known: Known | None = None
    changes: tuple[Change, ...] = ()
    candidates: tuple[Known, ...] = ()
    twins: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return str(self.row.values.get("name") or "")

    @property
    def applied(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if not change.kept)


@dataclass(frozen=True, slots=True)
class Plan:
    rows: tuple[PlannedRow, ...]
    absent: tuple[Known, ...] = ()
    counts: MappingOf[str, int] = field(default_factory=dict)

    def of(self, *outcomes: Outcome) -> list[PlannedRow]:
        return [row for row in self.rows if row.outcome in outcomes]


def make_plan(
    rows: Iterable[ReadRow],
    known: Iterable[Known] = (),
    *,
    answers: MappingOf[int, Answer] | None = None,
) -> Plan:
    """What importing the rows would do. `answers` settle rows, by number, that were asked about."""
    incoming: dict[str, list[ReadRow]] = defaultdict(list)
    all_rows = list(rows)
    for row in all_rows:
        incoming[row.key].append(row)
    existing: dict[str, list[Known]] = defaultdict(list)
    for each in known:
        existing[each.key].append(each)

    planned: dict[int, PlannedRow] = {}
    matched: set[int] = set()
    for key, group in incoming.items():
        matches, open_rows, left = _match(group, existing.get(key, []), answers or {})
        matched |= {each.id for each in matches.values()}
        for occurrence, row in enumerate(group, start=1):
            planned[row.number] = _plan_row(
                row,
                occurrence=occurrence,
                match=matches.get(row.number),
                candidates=tuple(left) if row.number in open_rows else (),
                twins=tuple(other.number for other in group if other is not row),
                answer=(answers or {}).get(row.number),
            )
    in_order = tuple(planned[row.number] for row in all_rows)
    absent = tuple(
        each
        for group_known in existing.values()
        for each in group_known
        if each.id not in matched and each.imported is not None
    )
    return Plan(
        rows=in_order,
        absent=absent,
        counts={str(name): count for name, count in Counter(r.outcome for r in in_order).items()},
    )


def _match(
    group: list[ReadRow], known: list[Known], answers: MappingOf[int, Answer]
) -> tuple[dict[int, Known], set[int], list[Known]]:
    """Pairs by row number, the numbers of rows that must be asked about, and what is left."""
    rows, left = list(group), list(known)
    pairs: dict[int, Known] = {}

    def pair(row: ReadRow, each: Known) -> None:
        pairs[row.number] = each
        rows.remove(row)
        left.remove(each)

    for row in group:
        answer = answers.get(row.number)
        if answer in (ANSWER_NEW, ANSWER_LEAVE_OUT):
            rows.remove(row)
        elif answer is not None and (chosen := [k for k in left if k.id == answer]):
            pair(row, chosen[0])
    # Rows that are the same in every cell may swap places without anybody noticing.
    for row in list(rows):
        same = [each for each in left if each.digest == row.digest]
        if same:
            pair(row, same[0])
    for apart in {row.apart for row in rows if row.apart}:
        ours = [row for row in rows if row.apart == apart]
        theirs = [each for each in left if each.apart == apart]
        if len(ours) == len(theirs) == 1:
            pair(ours[0], theirs[0])
    if len(rows) == len(left) == 1:
        pair(rows[0], left[0])
    unsettled = {row.number for row in rows} if left else set()
    return pairs, unsettled, left


def _plan_row(
    row: ReadRow,
    *,
    occurrence: int,
    match: Known | None,
    candidates: tuple[Known, ...],
    twins: tuple[int, ...],
    answer: Answer | None,
) -> PlannedRow:
    changes: tuple[Change, ...] = ()
    if row.left_out or answer == ANSWER_LEAVE_OUT:
        outcome = Outcome.LEFT_OUT
    elif row.problems:
        outcome = Outcome.INVALID
    elif candidates:
        outcome = Outcome.ASK
    elif match is None:
        outcome = Outcome.NEW
    else:
        changes = _changes(row, match)
        outcome = Outcome.CHANGED if changes else Outcome.UNCHANGED
    return PlannedRow(
        row=row,
        outcome=outcome,
        occurrence=occurrence,
        known=match,
        changes=changes,
        candidates=candidates,
        twins=twins,
    )


def _changes(row: ReadRow, known: Known) -> tuple[Change, ...]:
    found = []
    for name, after in row.values.items():
        before_import = known.imported.get(name) if known.imported is not None else None
        now = known.current.get(name, before_import)
        if known.imported is not None and _same(name, after, before_import):
            continue
        if _same(name, after, now):
            continue
        if known.imported is None and not after:
            continue  # a blank cell takes nothing away from what people entered
        found.append(Change(name, now, after, _kept(name, before_import, after, known)))
    return tuple(found)


def _same(name: str, one: Value, other: Value) -> bool:
    if name in ("unit", "subunit"):
        return fold(str(one or "")) == fold(str(other or ""))
    return (one or None) == (other or None)


def _kept(name: str, imported: Value, after: Value, known: Known) -> str:
    if name == "stage":
        return known.held_by or (NO_WAY_BACK if after == BACK_AT_START else "")
    now = known.current.get(name, imported)
    if known.imported is not None and not _same(name, now, imported):
        return "edited here since the last import"
    return ""


def remarks(row: PlannedRow) -> tuple[Remark, ...]:
    """Why a row is invalid, or what is doubtful about a valid one."""
    return row.row.problems if row.outcome is Outcome.INVALID else row.row.doubts
