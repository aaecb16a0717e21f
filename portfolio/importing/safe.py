"""Text that starts like a formula, on its way into a spreadsheet."""

from __future__ import annotations

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

# OWASP's list for CSV injection. A tab or a line end at the start hides what follows it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> object:
    """The value as it may be written into an exported cell.

    Text that a spreadsheet program could take for a formula gets an apostrophe in front, which
    such programs show as plain text. Control characters, which no workbook can hold, are left
    out; numbers, dates and other text stay as they are.
    """
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
