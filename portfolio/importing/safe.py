"""Text that starts like a formula, on its way into a spreadsheet."""

from __future__ import annotations

# OWASP's list for CSV injection. A tab or a line end at the start hides what follows it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> object:
    """The value as it may be written into an exported cell.

    Text that a spreadsheet program could take for a formula gets an apostrophe in front, which
    such programs show as plain text; numbers, dates and other text stay as they are.
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
