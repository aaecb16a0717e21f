"""The text of a typed spreadsheet cell, the same for every workbook format."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_QUOTED_OR_COLOUR = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
# Old workbooks can hold them; no database keeps them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def cell_text(value: object, number_format: str = "") -> str:
    """What the cell says.

    A date becomes `2024-07-22`. One that is shown without its year becomes `22-Jul`: whoever
    typed `22-Jul` may have meant July 2022, and the year in the file is only the program's guess.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value.replace("_x000D_", ""))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, date):
        return _date_text(value, number_format)
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _number_text(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _date_text(value: date, number_format: str) -> str:
    shown = _QUOTED_OR_COLOUR.sub("", number_format.split(";")[0]).lower()
    if "d" in shown and "m" in shown and "y" not in shown:
        return f"{value.day}-{_MONTHS[value.month - 1]}"
    if isinstance(value, datetime) and (value.hour or value.minute or value.second):
        return value.isoformat(sep=" ", timespec="minutes")
    return f"{value:%Y-%m-%d}"
