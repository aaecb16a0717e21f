"""A table as a file to download: .xlsx or .csv, with nothing in it that a sheet would calculate."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from portfolio.importing.safe import safe_cell

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Line = list[Any]


def table_file(
    kind: str, *, name: str, title: str, headings: Mapping[str, int], lines: Iterable[Line]
) -> HttpResponse | StreamingHttpResponse:
    """The lines under their headings, each given with the width of its column in characters.

    Raises Http404 for a kind other than xlsx and csv.
    """
    safe = ([safe_cell(cell) for cell in line] for line in lines)
    response: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        response = StreamingHttpResponse(
            _csv(headings, safe), content_type="text/csv; charset=utf-8"
        )
    elif kind == "xlsx":
        response = HttpResponse(_workbook(title, headings, safe), content_type=EXCEL)
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _workbook(title: str, headings: Mapping[str, int], lines: Iterable[Line]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "C2"
    for place, width in enumerate(headings.values(), 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_bold(sheet, heading) for heading in headings])
    for line in lines:
        sheet.append(line)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _bold(sheet: Any, heading: str) -> Any:
    cell = WriteOnlyCell(sheet, heading)
    cell.font = Font(bold=True)
    return cell


class _Echo:
    """A file that hands each line straight back to whoever writes it."""

    def write(self, line: str) -> str:
        return line


def _csv(headings: Iterable[str], lines: Iterable[Line]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Without the mark Excel reads the file as if it were Windows-1252.
    yield "\ufeff" + writer.writerow(headings)
    for line in lines:
        yield writer.writerow(line)
