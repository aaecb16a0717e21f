"""Choosing a sheet in a workbook and refusing what has no row-by-row meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from portfolio.importing.sheet import ReadError, Sheet, build, with_source

PROTECTED = "The workbook is protected by a password. Remove the password, save and try again."
DAMAGED = (
    "The workbook is damaged or was cut off on its way. "
    "Open it in a spreadsheet program and save it again, or fetch it again."
)

Records = Iterable[tuple[int, list[str]]]
# First and last row (as in the margin) and the range in words, for each merged block.
Merged = Iterable[tuple[int, int, str]]


def choose_sheet(
    sheets: list[tuple[str, bool]],
    *,
    wanted: str,
    kind: str,
    load: Callable[[str], tuple[Records, Merged]],
) -> Sheet:
    """The wanted sheet, or the first visible one that holds a table. Raises `ReadError`.

    `sheets` are the names with whether each is visible; `load` gives the records and the merged
    blocks of one.
    """
    names = tuple(name for name, _ in sheets)
    if wanted:
        if wanted not in names:
            raise ReadError(f"The workbook has no sheet “{wanted}”. It has {_listed(names)}.")
        return with_source(_table(wanted, kind, load), names=names)
    first_error: ReadError | None = None
    for name, visible in sheets:
        if not visible:
            continue
        try:
            return with_source(_table(name, kind, load), names=names)
        except ReadError as error:
            first_error = first_error or error
    if first_error is None:
        raise ReadError("The workbook has no visible sheet. Unhide the one with the inventory.")
    if len(names) > 1:
        raise ReadError(f"{first_error} The workbook has {_listed(names)}.") from first_error
    raise first_error


def _table(name: str, kind: str, load: Callable[[str], tuple[Records, Merged]]) -> Sheet:
    records, merged = load(name)
    table = build(records, kind=kind, name=name)
    for first, last, words in merged:
        # Merged cells in a title above the headings do no harm.
        if last >= table.heading_row and first <= table.rows[-1].number:
            raise ReadError(
                f"The cells {words} are merged, so it is not clear which rows they belong to. "
                "Unmerge them, repeat the value in each row, and save."
            )
    return table


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:10])
    return f"the sheets {shown}" + (" and more" if len(names) > 10 else "")
