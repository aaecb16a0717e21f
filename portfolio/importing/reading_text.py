"""Delimited text: find out the encoding, the separator and the quoting, then read records."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from charset_normalizer import from_bytes

from portfolio.importing.sheet import ReadError

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "ISO 8859-1",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "mac_roman": "Mac Roman",
    "shift_jis": "Shift JIS",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE_CHARACTERS = 200_000
_SAMPLE_RECORDS = 200
_NON_ASCII = re.compile(rb"[\x80-\xff]")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_END = "\x1e"
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str
    quote: str = '"'
    escape: str | None = None

    def reader(self, lines: Iterable[str], *, strict: bool) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            strict=strict,
        )


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and the encoding it was read in. Raises `ReadError`."""
    named = encoding or guess_encoding(data)
    try:
        text = data.decode(named)
    except (UnicodeDecodeError, LookupError) as error:
        raise ReadError(
            f"The file cannot be read as {ENCODINGS.get(named, named)}. "
            "Save it as “CSV UTF-8” and choose it again."
        ) from error
    controls = len(_CONTROL.findall(text[:_SAMPLE_CHARACTERS]))
    if "\x00" in text or controls * 100 > len(text[:_SAMPLE_CHARACTERS]):
        raise ReadError(
            "The file is named like text but holds something else. "
            "Open it in a spreadsheet program and save it as “CSV UTF-8” or .xlsx."
        )
    return text.removeprefix("\ufeff"), "utf-8" if named == "utf-8-sig" else named


def guess_encoding(data: bytes) -> str:
    """The byte order mark's, UTF-8 if it fits, else what the share of non-ASCII bytes suggests.

    Western office files carry a few such bytes among many letters: they are Windows-1252. Where
    most letters are outside ASCII, statistics of the language decide.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if unmarked := _unmarked_utf16(data):
        return unmarked
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    # Whole lines that hold such bytes are enough to tell, and keep the guess quick.
    lines = [line for line in data.splitlines() if _NON_ASCII.search(line)]
    sample = b"\n".join(lines)[:65_536]
    outside = len(_NON_ASCII.findall(sample))
    letters = len(_ASCII_LETTER.findall(sample))
    if outside > letters:
        best = from_bytes(sample).best()
        if best is not None:
            return best.encoding
    for name in ("cp1252", "mac_roman"):
        try:
            data.decode(name)
            return name
        except UnicodeDecodeError:
            continue
    return "latin-1"


def _unmarked_utf16(data: bytes) -> str:
    sample = data[:4_096]
    if len(sample) < 4 or len(data) % 2:
        return ""
    half = len(sample) / 2
    if sample[1::2].count(0) > half * 0.7 and sample[::2].count(0) < half * 0.1:
        return "utf-16-le"
    if sample[::2].count(0) > half * 0.7 and sample[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return ""


def guess_dialect(text: str, delimiter: str = "") -> Dialect:
    """The separator and quoting under which most records have the same number of cells."""
    sample = text[:_SAMPLE_CHARACTERS]
    candidates = [delimiter] if delimiter else list(DELIMITERS)
    best, best_score = Dialect(candidates[0]), (0.0, 0)
    for sign in candidates:
        dialects = [Dialect(sign)]
        if '\\"' in sample:
            dialects.append(Dialect(sign, escape="\\"))
        if f"'{sign}'" in sample:
            dialects.append(Dialect(sign, quote="'"))
        for dialect in dialects:
            score = _consistency(dialect, sample, cut=len(sample) < len(text))
            if score > best_score:
                best, best_score = dialect, score
    return best


def _consistency(dialect: Dialect, sample: str, *, cut: bool) -> tuple[float, int]:
    widths: list[int] = []
    sound = 1.0
    try:
        for record in dialect.reader(io.StringIO(sample, newline=""), strict=True):
            if record:
                widths.append(len(record))
            if len(widths) > _SAMPLE_RECORDS:
                break
        else:
            if cut and widths:
                widths.pop()
    except csv.Error:
        sound = 0.5
    if not widths:
        return (0.0, 0)
    width, count = Counter(widths).most_common(1)[0]
    if width < 2:
        return (0.0, 0)
    return (round(sound * count / len(widths), 2), width)


def records(text: str, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Numbered records. Raises `ReadError` on an unclosed quotation mark or a cut-off end."""
    number = width = 0
    widths: Counter[int] = Counter()
    waiting: list[str] | None = None
    try:
        # The end mark comes back as a record of its own unless a quotation mark is still open.
        for record in dialect.reader(chain(io.StringIO(text, newline=""), [_END]), strict=False):
            if waiting is not None:
                number += 1
                width = len(waiting)
                widths[width] += 1
                yield number, waiting
            waiting = record
    except csv.Error as error:
        raise ReadError(
            f"After row {number} a quotation mark is opened and never closed. "
            "Close it, or save the sheet as .xlsx."
        ) from error
    # Only the last row is short, and its line has no end: a copy broke off inside it.
    alone = number > 2 and len(widths) == 2 and widths[width] == 1 and width == min(widths)
    if waiting != [_END] or (alone and not text.endswith(("\n", "\r"))):
        raise ReadError(
            f"The file seems to be cut off: row {number} is not complete. "
            "Fetch or export the file again."
        )


def strip_separator_line(text: str) -> tuple[str, str]:
    """Excel's own first line `sep=;` names the separator and is no row."""
    found = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    return (text[found.end() :], found.group(1)) if found else (text, "")
