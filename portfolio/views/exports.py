"""The table as a file: exactly what its address shows, whole, in its order."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from io import BytesIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.today import today
from look.glyphs import LABELS, RATINGS
from portfolio.filters import Filters
from portfolio.importing.safe import safe_cell
from portfolio.rows import Row, rows_of, values_of

HEADINGS = {
    "Reference": 11,
    "Name": 46,
    "Unit": 40,
    "Owner": 22,
    "Stage": 18,
    "By claim": 9,
    "In stage since": 14,
    "Weeks": 8,
    "Planned weeks": 14,
    "Next gate": 10,
    "Due": 18,
    "Criteria met": 12,
    "Criteria": 10,
    "Checks met": 11,
    "Worst risk": 12,
    "Failure mode": 20,
    "Labels": 32,
    "First in the way": 50,
    "What ends it": 50,
}
KINDS = ("xlsx", "csv")
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """What the table shows, every page of it, as .xlsx or .csv."""
    if kind not in KINDS:
        raise Http404
    reader = reader_of(request)
    if not reader.may(Permission.EXPORT):
        raise PermissionDenied
    filters, day = Filters.of(request.GET), today()
    values = values_of(filters.rollouts(reader).order_by(*filters.ordering()))
    rows = rows_of(values.iterator())
    lines = (_values(row, day) for row in rows)
    name = f"portfolio-{day:%Y-%m-%d}.{kind}"
    response: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        response = StreamingHttpResponse(_csv(lines), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(_workbook(lines), content_type=EXCEL)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _values(row: Row, today: date) -> list[Any]:
    plan = row.plan
    return [
        row.reference,
        safe_cell(row.name),
        safe_cell(row.unit),
        safe_cell(row.owner or ""),
        row.stage_words,
        "yes" if row.claimed else "",
        row.entered_at.date(),
        row.weeks(today),
        f"{plan[0]}–{plan[1]}" if plan else "",
        f"Gate {row.gate}" if row.gate is not None else "",
        row.gate_note(today)[0],
        row.criteria_met,
        row.criteria,
        row.checks_met,
        RATINGS[row.worst_rating][1] if row.worst_rating else "",
        row.mode_name(),
        ", ".join(LABELS[label][1] for label in row.labels),
        safe_cell(row.blocker),
        safe_cell(row.fix),
    ]


def _workbook(lines: Iterable[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Portfolio")
    sheet.freeze_panes = "C2"
    for place, width in enumerate(HEADINGS.values()):
        sheet.column_dimensions[chr(ord("A") + place)].width = width
    sheet.append([_bold(sheet, heading) for heading in HEADINGS])
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


def _csv(lines: Iterable[list[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Without the mark Excel reads the file as if it were Windows-1252.
    yield "\ufeff" + writer.writerow(HEADINGS)
    for line in lines:
        yield writer.writerow(line)
