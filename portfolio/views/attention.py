"""What needs the program office."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import reader as reader_of
from accounts.roles import Role
from portfolio.attention import Lines
from portfolio.counts import view_counts
from portfolio.filters import Filters
from portfolio.views.table import table_context
from portfolio.waiting import day_of, waits

FIRST_LINES = 6
FIRST_ROWS = 14
PAGE_SIZE = 40


@login_required
@require_GET
def attention(request: HttpRequest) -> HttpResponse:
    """Every line, worst first."""
    lines = _lines(request)
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "portfolio/attention.html",
        {"nav": "attention", "page": page, "lines": page.object_list, **_head(request, lines)},
    )


def attention_and_table(request: HttpRequest) -> HttpResponse:
    """The first lines, and the portfolio under them: where the program office starts its day."""
    lines = _lines(request)
    return render(
        request,
        "portfolio/start.html",
        {
            "nav": "attention",
            "lines": lines[:FIRST_LINES],
            **_head(request, lines),
            **table_context(request, Filters.of(request.GET), size=FIRST_ROWS),
        },
    )


def _lines(request: HttpRequest) -> Lines:
    if Role.PROGRAM_OFFICE not in reader_of(request).roles:
        raise PermissionDenied
    return Lines(day_of(request), waits(request, reader_of(request)).rules)


def _head(request: HttpRequest, lines: Lines) -> dict[str, Any]:
    reader = reader_of(request)
    return {
        "first_name": str(reader).split()[0],
        "greeting": _greeting(timezone.localtime().hour),
        "all_lines": len(lines),
        "urgent": lines.urgent,
        "later": len(lines) - lines.urgent,
        "counts": view_counts(request, reader),
    }


def _greeting(hour: int) -> str:
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"
