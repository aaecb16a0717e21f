"""The common shape of everything that can be read, and the limits on reading it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 500
MAX_CELLS = 1_500_000

# A title, a date and a note may stand above the headings; more than this is another kind of file.
LINES_ABOVE_HEADINGS = 20

_DATA_LIKE = re.compile(
    r"""
    (?!(?:19|20)\d\d$)[-+]?[$€£]?\d[\d,. ]*%?             # a number or amount, but not a year
    | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T][\d:.]+Z?)?    # a date
    | \S+@\S+\.\S+                                        # an e-mail address
    | https?://\S+
    | true | false
    """,
    re.VERBOSE | re.IGNORECASE,
)


class ReadError(Exception):
    """The file cannot be read; the message is one sentence or two that name the fix."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `number` is what a spreadsheet shows in its margin.

    Records are counted, not lines of text: a line break inside a cell starts no new row, and
    blank rows count. `fault` says what keeps the row as a whole from being used.
    """

    number: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings and rows. Every row has exactly as many cells as there are headings."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: str
    heading_row: int = 1
    name: str = ""
    names: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""

    def column(self, position: int) -> list[str]:
        return [row.cells[position] for row in self.rows]


def blank(text: str) -> bool:
    return not text or text.isspace()


def build(records: Iterable[tuple[int, list[str]]], *, kind: str, name: str = "") -> Sheet:
    """Find the headings among numbered records and fit every row to them.

    Raises `ReadError` when there is nothing, when no row can be the headings, or past a limit.
    """
    kept = _within_limits(records)
    top = list(islice(kept, LINES_ABOVE_HEADINGS * 3))
    if not top:
        raise ReadError("The file has no rows. Choose the file that holds the inventory.")
    at = _heading_index(top)
    heading_row, found = top[at]
    _refuse_data_as_headings(heading_row, found)
    width = _width(found)
    below = [*top[at + 1 :], *kept]
    # Cells past the last heading are a fault of their row if the row is alone with them, and a
    # column without a name if most rows fill them.
    width = max(width, _unnamed_width(below, width))
    headings = tuple(" ".join(found[i].split()) if i < len(found) else "" for i in range(width))
    if not below:
        raise ReadError(
            f"The file has headings in row {heading_row} and no rows under them. "
            "Add the rows, or choose another file or sheet."
        )
    _refuse_recurring_headings(heading_row, headings, below)
    rows = tuple(_fit(number, cells, headings) for number, cells in below)
    return Sheet(headings=headings, rows=rows, kind=kind, heading_row=heading_row, name=name)


def with_source(sheet: Sheet, **facts: object) -> Sheet:
    """The same sheet with how it was read (encoding, delimiter, names of all sheets)."""
    return replace(sheet, **facts)  # type: ignore[arg-type]


def _within_limits(records: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    rows_seen = cells_seen = 0
    for number, cells in records:
        if all(map(blank, cells)):
            continue
        while not cells[-1]:
            cells.pop()
        if len(cells) > MAX_COLUMNS:
            raise ReadError(
                f"Row {number} has {len(cells):,} columns; at most {MAX_COLUMNS} can be imported. "
                "Remove the columns that the import does not need."
            )
        rows_seen += 1
        cells_seen += len(cells)
        if rows_seen > MAX_ROWS + LINES_ABOVE_HEADINGS or cells_seen > MAX_CELLS:
            raise ReadError(
                f"The file has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} filled cells. "
                "Split it into several files."
            )
        yield number, cells


def _heading_index(top: list[tuple[int, list[str]]]) -> int:
    """The first row as wide as the rows under it; anything narrower above it is a title."""
    widths = [_filled(cells) for _, cells in top]
    usual = sorted(widths)[len(widths) // 2]
    for index, width in enumerate(widths[:LINES_ABOVE_HEADINGS]):
        if width * 2 > usual:
            return index
    return 0


def _width(cells: list[str]) -> int:
    """How many cells there are up to the last that is not blank."""
    return max((i for i, text in enumerate(cells, start=1) if not blank(text)), default=0)


def _filled(cells: list[str]) -> int:
    return sum(1 for text in cells if not blank(text))


def _unnamed_width(rows: list[tuple[int, list[str]]], width: int) -> int:
    wider = [_width(cells) for _, cells in rows if _width(cells) > width]
    return max(wider) if len(wider) * 2 > len(rows) else width


def _fit(number: int, cells: list[str], headings: tuple[str, ...]) -> Row:
    width = len(headings)
    fault = ""
    if _width(cells) > width:
        fault = (
            f"The row has {_width(cells)} cells and there are {width} headings. "
            "Put quotation marks around the cell that holds the separator."
        )
    elif len(cells) > 1 and tuple(" ".join(text.split()) for text in cells) == headings:
        fault = "The row repeats the headings. Remove it from the file."
    padded = tuple(cells[:width]) + ("",) * (width - len(cells))
    return Row(number=number, cells=padded, fault=fault)


def _refuse_data_as_headings(number: int, found: list[str]) -> None:
    """A heading is no number, date, address or link."""
    for text in found:
        if _DATA_LIKE.fullmatch(text.strip()):
            raise ReadError(
                f"Row {number} should hold the column headings, but it holds “{text[:60]}”. "
                "Put a row of headings above the data."
            )


def _refuse_recurring_headings(
    number: int, headings: tuple[str, ...], rows: list[tuple[int, list[str]]]
) -> None:
    """A heading does not recur as a value in its own column."""
    filled = [i for i, text in enumerate(headings) if text]
    body = [cells for _, cells in rows[:2_000]]
    recurring = [i for i in filled if _recurs(headings, i, body)]
    if len(recurring) >= 2 or (recurring and len(recurring) * 3 >= len(filled)):
        example = headings[recurring[0]]
        raise ReadError(
            f"Row {number} should hold the column headings, but “{example[:60]}” is also a value "
            "further down in the same column. Put a row of headings above the data."
        )


def _recurs(headings: tuple[str, ...], column: int, body: list[list[str]]) -> bool:
    wanted = headings[column]
    for cells in body:
        if column < len(cells) and " ".join(cells[column].split()) == wanted:
            repeated = tuple(" ".join(text.split()) for text in cells)
            if repeated != headings[: len(repeated)]:
                return True
    return False
