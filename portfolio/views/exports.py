"""The table as a file: exactly what its address shows, whole, in its order."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.today import today
from initiatives.models import ImpactClass
from look.glyphs import LABELS, RATINGS
from portfolio.files import table_file
from portfolio.filters import Filters
from portfolio.rows import Row, rows_of, values_of

HEADINGS = {
    "Reference": 11,
    "Name": 46,
    "Unit": 40,
    "Owner": 22,
    "Sponsor": 22,
    "Impact class": 20,
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


@login_required
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """What the table shows, every page of it, as .xlsx or .csv."""
    reader = reader_of(request)
    if not reader.may(Permission.EXPORT):
        raise PermissionDenied
    filters, day = Filters.of(request.GET), today()
    values = values_of(filters.rollouts(reader).order_by(*filters.ordering()))
    rows = rows_of(values.iterator())
    lines = (_values(row, day) for row in rows)
    return table_file(
        kind, name=f"portfolio-{day:%Y-%m-%d}", title="Portfolio", headings=HEADINGS, lines=lines
    )


def _values(row: Row, today: date) -> list[Any]:
    plan = row.plan
    return [
        row.reference,
        row.name,
        row.unit,
        row.owner or "",
        row.sponsor or "",
        str(ImpactClass(row.impact).label),
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
        row.blocker,
        row.fix,
    ]
