"""Excel 97–2003 workbooks, by their saved values."""

from __future__ import annotations

import io
from collections.abc import Iterator

import xlrd

from portfolio.importing.cells import cell_text
from portfolio.importing.sheet import ReadError, Sheet
from portfolio.importing.workbook import DAMAGED, PROTECTED, choose_sheet


def read(data: bytes, *, sheet: str = "") -> Sheet:
    """The chosen sheet of the workbook. Raises `ReadError`."""
    try:
        # formatting_info brings the date formats and the merged cells along.
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, logfile=io.StringIO()
        )
        sheets = [
            (name, visibility == 0)
            for name, visibility in zip(book.sheet_names(), book._sheet_visibility, strict=False)
        ]
    except xlrd.XLRDError as error:
        protected = "encrypt" in str(error).lower()
        raise ReadError(PROTECTED if protected else DAMAGED) from error
    except Exception as error:  # damage surfaces in xlrd as whatever broke first
        raise ReadError(DAMAGED) from error
    return choose_sheet(sheets, wanted=sheet, kind="xls", load=lambda name: _load(book, name))


def _load(
    book: xlrd.Book, name: str
) -> tuple[Iterator[tuple[int, list[str]]], list[tuple[int, int, str]]]:
    try:
        table = book.sheet_by_name(name)
    except Exception as error:
        raise ReadError(DAMAGED) from error
    merged = [
        (
            top + 1,
            bottom,
            f"{xlrd.colname(left)}{top + 1}:{xlrd.colname(right - 1)}{bottom}",
        )
        for top, bottom, left, right in table.merged_cells
    ]
    return _records(book, table), merged


def _records(book: xlrd.Book, table: xlrd.sheet.Sheet) -> Iterator[tuple[int, list[str]]]:
    for index in range(table.nrows):
        yield index + 1, [_text(book, cell) for cell in table.row(index)]


def _text(book: xlrd.Book, cell: xlrd.sheet.Cell) -> str:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell_text(cell.value)
    try:
        when = xlrd.xldate_as_datetime(cell.value, book.datemode)
    except (ValueError, OverflowError):
        return cell_text(cell.value)
    shown = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
    return cell_text(when.time() if cell.value < 1 else when, shown)
