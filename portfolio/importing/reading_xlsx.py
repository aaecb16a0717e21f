"""Office Open XML workbooks, by their saved values, checked before anything is unpacked."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL, ReadOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from portfolio.importing.cells import cell_text
from portfolio.importing.sheet import MAX_COLUMNS, ReadError, Sheet
from portfolio.importing.workbook import DAMAGED, choose_sheet

# A workbook of 20 MB that people made rarely unpacks to more than five times its size.
MAX_UNPACKED = 120 * 1024 * 1024
MAX_PARTS = 2_000
# A filled cell takes four tags, and a text of its own four more.
MAX_TAGS = 5_000_000

LAST_ROW = 1_048_576

_PIECE = 1024 * 1024
_OVERLAP = 4 * 1024
_BEYOND_ZZ = re.compile(rb"""<c\s(?:[^<>]{0,200}?\s)?r\s?=\s?["'](?:[A-Za-z]{3}|[^"'<>]{0,9}&)""")
_MERGED = re.compile(rb'<(?:\w{1,20}:)?mergeCell\s[^<>]{0,200}?ref="([A-Z]+\d+:[A-Z]+\d+)"')
# A formula that some program wrote without ever computing it. Excel saves an empty text result
# as type "str", which is a value.
_UNCOMPUTED = re.compile(
    rb'<c (?![^<>]{0,200}t="str")[^<>]{0,200}?r="([A-Z]+\d+)"[^<>]{0,200}>'
    rb"<f(?: [^<>]{0,200})?(?:/>|>[^<>]{0,8192}</f>)(?:<v ?/>|<v></v>)?</c>"
)


@dataclass(slots=True)
class _Part:
    merged: set[str] = field(default_factory=set)
    uncomputed: str = ""


class _Sheet(ReadOnlyWorksheet):
    def _get_size(self) -> None:
        """The declared size may be wrong, and where none is declared openpyxl reads every cell."""


class _Reader(ExcelReader):
    def read_worksheets(self) -> None:
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                table = _Sheet(self.wb, sheet.name, relation.target, self.shared_strings)
                table.sheet_state = sheet.state
                self.wb._sheets.append(table)


def read(data: bytes, *, sheet: str = "") -> Sheet:
    """The chosen sheet of the workbook. Raises `ReadError`."""
    parts = _inspect(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
            reader = _Reader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            reader.read()
            book = reader.wb
    except Exception as error:  # damage surfaces in openpyxl as whatever broke first
        raise ReadError(DAMAGED) from error
    try:
        sheets = [(table.title, table.sheet_state == "visible") for table in book.worksheets]
        return choose_sheet(
            sheets, wanted=sheet, kind="xlsx", load=lambda name: _load(book, name, parts)
        )
    finally:
        book.close()


def _inspect(data: bytes) -> dict[str, _Part]:
    """Refuse archives that unpack to too much, and collect what openpyxl does not report.

    The unpacker stops at the size that the archive declares, so the declared sizes bound what
    can be unpacked; tags are counted in pieces, without keeping them.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise ReadError(DAMAGED) from error
    with archive:
        infos = archive.infolist()
        names = {info.filename for info in infos}
        if "xl/workbook.bin" in names:
            raise ReadError("Binary workbooks (.xlsb) cannot be imported. Save it as .xlsx.")
        if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
            raise ReadError(
                "The file is named .xlsx but is another kind of archive. "
                "Open it in a spreadsheet program and save it as .xlsx."
            )
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MAX_UNPACKED or len(infos) > MAX_PARTS:
            raise ReadError(
                f"The workbook unpacks to {unpacked // 1024 // 1024:,} MB in {len(infos):,} parts, "
                f"more than the {MAX_UNPACKED // 1024 // 1024} MB that can be imported. "
                "Copy the inventory alone into a new workbook and save that."
            )
        if any(info.flag_bits & 1 for info in infos):
            raise ReadError("The workbook is protected by a password. Save it without one.")
        try:
            return _scan(archive, infos)
        except ReadError:
            raise
        except Exception as error:  # zlib, CRC, end of file: all of them mean a damaged archive
            raise ReadError(DAMAGED) from error


def _scan(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> dict[str, _Part]:
    tags = 0
    parts: dict[str, _Part] = {}
    for info in infos:
        if not info.filename.endswith((".xml", ".rels")):
            continue
        part = parts[info.filename] = _Part()
        before = b""
        with archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                here = piece.count(b"<")
                tags += here
                if tags > MAX_TAGS:
                    raise ReadError(
                        "The workbook has too many cells to be read as .xlsx. "
                        "Remove empty formatted rows and columns, or save it as “CSV UTF-8”."
                    )
                if not here and len(piece) == _PIECE:
                    raise ReadError(
                        "A cell of the workbook holds more than a million characters, which no "
                        "spreadsheet program writes. Save it again from a spreadsheet program."
                    )
                if _BEYOND_ZZ.search(before + piece):
                    raise ReadError(
                        "The workbook has cells beyond column ZZ; at most "
                        f"{MAX_COLUMNS} columns can be imported. Remove those columns."
                    )
                _collect(part, before + piece)
                before = piece[-_OVERLAP:]
    return parts


def _collect(part: _Part, text: bytes) -> None:
    if b"mergeCell " in text:
        part.merged |= {ref.decode() for ref in _MERGED.findall(text)}
    if not part.uncomputed and b"<f" in text and (found := _UNCOMPUTED.search(text)):
        part.uncomputed = found.group(1).decode()


def _load(
    book: openpyxl.Workbook, name: str, parts: dict[str, _Part]
) -> tuple[Iterator[tuple[int, list[str]]], list[tuple[int, int, str]]]:
    table = book[name]
    part = parts.get(table._worksheet_path, _Part())
    if part.uncomputed:
        raise ReadError(
            f"Cell {part.uncomputed} holds a formula whose value was never saved. "
            "Open the workbook in a spreadsheet program, save it there and try again."
        )
    merged = []
    for reference in sorted(part.merged):
        _, top, _, bottom = range_boundaries(reference)
        merged.append((top, bottom, reference))
    return _records(table), merged


def _records(table: Any) -> Iterator[tuple[int, list[str]]]:
    rows = enumerate(table.iter_rows(), start=1)
    while True:
        try:
            number, cells = next(rows)
        except StopIteration:
            return
        except Exception as error:
            raise ReadError(DAMAGED) from error
        if number > LAST_ROW:
            raise ReadError(DAMAGED)
        yield number, ["" if cell is EMPTY_CELL else _text(cell) for cell in cells]


def _text(cell: ReadOnlyCell) -> str:
    value = cell.value
    if value is None or isinstance(value, str):
        return cell_text(value)
    return cell_text(value, cell.number_format if isinstance(value, date) else "")
