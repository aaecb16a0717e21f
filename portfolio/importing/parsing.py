"""From a cell's text to a value. Anything that cannot be a value says why and names a fix."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from portfolio.importing.fields import Field, Kind, Value

# What people write into a date or a number to say that there is none.
NOTHING = frozenset(
    {"", "n/a", "na", "n.a.", "n/a.", "none", "-", "–", "—", "not applicable", "null"}
)
SPREADSHEET_ERRORS = frozenset(
    {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!"}
)
EARLIEST, LATEST = date(1950, 1, 1), date(2099, 12, 31)

# Control characters, half surrogates and characters without width: some cannot be stored at all,
# none can be seen.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff\ud800-\udfff]")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}", re.IGNORECASE)
_YEAR_LAST = re.compile(
    rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_CLOCK}", re.IGNORECASE
)
_DAY_NAMED_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]+)\.?,?[ -](\d{4})", re.IGNORECASE
)
_NAMED_MONTH_DAY = re.compile(r"([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.IGNORECASE)
_MISSING_SLASH = re.compile(r"(\d{1,2})[/-](\d{1,2})(\d{4})|(\d{1,2})(\d{2})[/-](\d{4})")
_NUMBER = re.compile(r"\d{1,3}(?:[ ,.’'\u00a0\u202f]\d{3})+|\d+(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one cell: the column's heading, the value, and why with what to do."""

    column: str
    value: str
    why: str


class UnusableError(Exception):
    """The value keeps the row from being imported."""


class DoubtfulError(Exception):
    """The value is left empty and stays as text in the kept row."""


def clean(text: str) -> str:
    """The text without characters that nobody sees, with plain line ends."""
    if text.isascii():
        if text.isprintable():
            return text.strip()
    else:
        text = unicodedata.normalize("NFC", text)
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def collapse(text: str) -> str:
    return " ".join(clean(text).split())


def fold(text: str) -> str:
    """What two spellings share: case, width and runs of space do not matter."""
    if text.isascii():
        return collapse(text).lower()
    return unicodedata.normalize("NFKC", collapse(text)).casefold()


def parse(field: Field, text: str, *, date_order: str = "mdy") -> Value:
    """The value of a field that is no choice. Raises `UnusableError` or `DoubtfulError`."""
    if text.startswith("#") and fold(text) in SPREADSHEET_ERRORS:
        raise UnusableError(
            "The spreadsheet shows an error here. Mend the formula and save it again."
        )
    if field.kind in (Kind.LINE, Kind.PROSE):
        value = collapse(text) if field.kind is Kind.LINE else clean(text)
        if len(value) > field.limit:
            raise UnusableError(
                f"It has {len(value):,} characters and {field.limit:,} fit. Shorten it."
            )
        return value
    if fold(text) in NOTHING:
        return None
    if field.kind is Kind.DATE:
        return parse_date(text, order=date_order).isoformat()
    return _parse_number(field, text)


def _parse_number(field: Field, text: str) -> int:
    found = _NUMBER.fullmatch(clean(text))
    if not found:
        raise DoubtfulError("Not a whole number; kept as text. Write digits alone.")
    digits = found.group()
    number = (
        int(digits.split(".")[0])
        if re.fullmatch(r"\d+\.0+", digits)
        else int(re.sub(r"\D", "", digits))
    )
    if field.kind is Kind.SCORE and not 1 <= number <= 5:
        raise DoubtfulError("A score is a whole number from 1 to 5; kept as text.")
    if number > 2_147_483_647:
        raise DoubtfulError("The number is too large; kept as text.")
    return number


def parse_date(text: str, *, order: str = "mdy") -> date:
    """The day that the text names. `order` is `mdy` or `dmy`. Raises `DoubtfulError`."""
    shown = collapse(text)
    parts = _date_parts(shown, order)
    if parts is None:
        raise DoubtfulError(f"Not a date; kept as text.{_hint(shown, order)}")
    try:
        day = date(*parts)
    except ValueError:
        raise DoubtfulError("There is no such day; kept as text.") from None
    if not EARLIEST <= day <= LATEST:
        serial = (day - date(1899, 12, 30)) // timedelta(days=1)
        meant = f" Did they mean the year {serial}?" if 1950 <= serial <= 2099 else ""
        raise DoubtfulError(f"Too far away to be meant; kept as text.{meant}")
    return day


def _date_parts(shown: str, order: str) -> tuple[int, int, int] | None:
    if found := _YEAR_FIRST.fullmatch(shown):
        year, month, day = (int(part) for part in found.groups())
        return year, month, day
    if found := _YEAR_LAST.fullmatch(shown):
        first, second, year = (int(part) for part in found.groups())
        year += 0 if year > 99 else (2000 if year < 70 else 1900)
        return (year, first, second) if order == "mdy" else (year, second, first)
    if found := _DAY_NAMED_MONTH.fullmatch(shown):
        name, day, year = found.group(2).lower(), int(found.group(1)), int(found.group(3))
    elif found := _NAMED_MONTH_DAY.fullmatch(shown):
        name, day, year = found.group(1).lower(), int(found.group(2)), int(found.group(3))
    else:
        return None
    return (year, _MONTHS[name], day) if name in _MONTHS else None


def _hint(shown: str, order: str) -> str:
    if found := _MISSING_SLASH.fullmatch(shown):
        first, second, year = (part for part in found.groups() if part is not None)
        parts = _date_parts(f"{first}/{second}/{year}", order)
        if parts is not None and 1 <= parts[1] <= 12 and 1 <= parts[2] <= 31:
            return f" Did they mean {first}/{second}/{year}?"
    if re.fullmatch(r"\d{1,2}-[A-Za-z]{3}", shown):
        return " It has no year."
    return ""
