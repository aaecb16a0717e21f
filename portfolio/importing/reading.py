"""Read a spreadsheet or delimited text into one `Sheet`, whatever it was saved as.

Row numbers are those of the spreadsheet's margin: the record with the headings is 1 when it comes
first, a record with line breaks inside its cells counts once, and blank records count.
"""

from __future__ import annotations

from pathlib import Path, PurePath

from portfolio.importing import reading_text, reading_xls, reading_xlsx
from portfolio.importing.sheet import MAX_BYTES, ReadError, Row, Sheet, build, with_source

__all__ = ["MAX_BYTES", "ReadError", "Row", "Sheet", "read"]

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
}
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_FORMATS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"{\\rtf", "a text document"),
    (b"SQLite format 3", "a database"),
)


def read(
    source: bytes | Path,
    *,
    name: str = "",
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
) -> Sheet:
    """The sheet in `source`. Raises `ReadError` with a sentence that names the fix.

    `name` is the file's name, whose ending must agree with the content. `sheet` picks a sheet of a
    workbook; without it the first visible one that holds a table is taken. `encoding` and
    `delimiter` overrule what is found out about delimited text.
    """
    if isinstance(source, Path):
        name = name or source.name
        _refuse_size(source.stat().st_size)
        data = source.read_bytes()
    else:
        data = source
    _refuse_size(len(data))
    kind = _kind(data, name)
    if kind == "xlsx":
        return reading_xlsx.read(data, sheet=sheet)
    if kind == "xls":
        return reading_xls.read(data, sheet=sheet)
    return _read_text(data, encoding=encoding, delimiter=delimiter)


def _refuse_size(size: int) -> None:
    if size > MAX_BYTES:
        raise ReadError(
            f"The file is {size / 1024 / 1024:.1f} MB; at most {MAX_BYTES // 1024 // 1024} MB can "
            "be imported. Split it, or remove sheets and columns that the import does not need."
        )
    if not size:
        raise ReadError("The file is empty. Choose the file that holds the inventory.")


def _kind(data: bytes, name: str) -> str:
    ending = PurePath(name).suffix.lower()
    if ending not in KINDS:
        shown = f"“{ending}” files" if ending else "Files without an ending"
        raise ReadError(f"{shown} cannot be imported. Save it as .xlsx, .xls or .csv.")
    named, found = KINDS[ending], _sniff(data)
    if named == found:
        return named
    if data.startswith(_COMPOUND) and "EncryptedPackage".encode("utf-16-le") in data:
        raise ReadError("The workbook is protected by a password. Remove it, then save and retry.")
    raise ReadError(
        f"The file is named {ending} but holds {_describe(data, found)}. "
        "Open it in a spreadsheet program and save it as .xlsx or “CSV UTF-8”."
    )


def _sniff(data: bytes) -> str:
    if data.startswith((_ZIP, _EMPTY_ZIP)):
        return "xlsx"
    if data.startswith(_COMPOUND):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        return "encrypted" if encrypted else "xls"
    if data.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")):
        return "xls"  # a worksheet without the compound file around it, as early Excel wrote it
    if any(data.startswith(magic) for magic, _ in _OTHER_FORMATS):
        return "other"
    start = data[:1_024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<workbook")):
        return "markup"
    return "csv"


def _describe(data: bytes, found: str) -> str:
    words = {
        "xlsx": "a compressed workbook (.xlsx) or archive",
        "xls": "an old Excel workbook (.xls) or other Office document",
        "markup": "a web page or XML",
        "csv": "plain text" if b"\x00" not in data[:1_024] else "something else",
    }
    for magic, what in _OTHER_FORMATS:
        if data.startswith(magic):
            return what
    return words.get(found, "something else")


def _read_text(data: bytes, *, encoding: str, delimiter: str) -> Sheet:
    text, used = reading_text.decode(data, encoding)
    text, stated = reading_text.strip_separator_line(text)
    dialect = reading_text.guess_dialect(text, delimiter or stated)
    table = build(reading_text.records(text, dialect), kind="csv")
    return with_source(table, encoding=used, delimiter=dialect.delimiter)
