"""The value ledger: promises made at gates beside what was measured later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.permissions import needs
from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.models import Promise
from gates.models.promises import MILESTONES, WAIT_DAYS
from metrics.days import day_of
from portfolio.files import table_file
from portfolio.promised import Shown, by_sponsor, by_unit, listed, marks, sponsors, units, whole
from portfolio.waiting import current_document

PROMISES_A_PAGE = 50


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def promises(request: HttpRequest) -> HttpResponse:
    """Every promise, newest first, with its milestones; and how far promises were kept."""
    shown, today = Shown.of(request.GET), day_of(timezone.now())
    enough, tops = current_document(request).compare_from, list(units(shown))
    page = Paginator(listed(shown), PROMISES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "nav": "promises",
        "shown": shown,
        "page": page,
        "rows": [
            (
                promise,
                promise.decision.rollout.initiative,
                day_of(promise.decision.decided_at),
                marks(promise, today),
            )
            for promise in page
        ],
        "milestones": MILESTONES,
        "wait_days": WAIT_DAYS,
        "whole": whole(shown),
        "compared": [
            ("By sponsor", "sponsor", by_sponsor(shown, enough)),
            ("By business unit", "unit", by_unit(shown, tops, enough)),
        ],
        "enough": enough,
        "sponsors": sponsors(),
        "units": tops,
        "may_export": reader_of(request).may(Permission.EXPORT),
    }
    return render(request, "portfolio/promises.html", context)


HEADINGS = {
    "Reference": 11,
    "Initiative": 40,
    "Unit": 40,
    "Sponsor": 22,
    "Gate": 6,
    "Decided on": 12,
    "Metric": 34,
    "Metric's unit": 14,
    "Better": 8,
    "Baseline": 10,
    "Target": 10,
    "Target by": 12,
    **{
        f"{what} {milestone} days": width
        for milestone in MILESTONES
        for what, width in (
            ("Day after", 12),
            ("State after", 14),
            ("Measured after", 16),
            ("Measured on, after", 18),
            ("Share realised after", 18),
        )
    },
}


@login_required
@require_GET
def promises_export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """What the ledger shows, every page of it, as .xlsx or .csv."""
    if not reader_of(request).may(Permission.EXPORT):
        raise PermissionDenied
    today = day_of(timezone.now())
    rows = listed(Shown.of(request.GET))
    return table_file(
        kind,
        name=f"value-ledger-{today:%Y-%m-%d}",
        title="Value ledger",
        headings=HEADINGS,
        lines=(list(_values(promise, today)) for promise in rows),
    )


def _values(promise: Promise, today: date) -> Iterator[Any]:
    decision = promise.decision
    initiative = decision.rollout.initiative
    yield initiative.reference
    yield initiative.name
    yield initiative.unit.label
    yield initiative.sponsor.name if initiative.sponsor else ""
    yield decision.gate
    yield day_of(decision.decided_at)
    yield promise.metric
    yield promise.unit
    yield "lower" if promise.direction == "down" else "higher"
    yield promise.baseline
    yield promise.target
    yield promise.target_by
    for mark in marks(promise, today):
        yield mark.day
        yield STATES[mark.state]
        yield mark.row and mark.row.measured
        yield mark.row and mark.row.measured_on
        yield mark.row and mark.row.share


STATES = {
    "reached": "reached",
    "short": "fell short",
    "unmeasured": "not measured",
    "void": "gate no longer counts",
    "waiting": "being settled",
    "ahead": "to come",
}
