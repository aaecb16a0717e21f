"""The intake queue: what waits to begin, ranked by value and feasibility."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.today import today
from initiatives.models import BusinessUnit, Initiative
from portfolio import waiting
from portfolio.filters import number_of
from portfolio.priority import QUADRANTS, offers, queue

PAGE_SIZE = 50
UNJUDGED_SHOWN = 8
UNJUDGED = "unjudged"


@login_required
@require_GET
def intake(request: HttpRequest) -> HttpResponse:
    """The ranked queue with its quadrants, or, when asked for, everything nobody has judged."""
    reader = reader_of(request)
    if not reader.may(Permission.SEE_ALL):
        raise PermissionDenied
    rules = waiting.current_document(request).priority
    unit = number_of(request.GET.get("unit"))
    found = queue(rules, unit)
    only_unjudged = request.GET.get("show") == UNJUDGED
    pages: Paginator[Any] = Paginator(found.unjudged if only_unjudged else found.places, PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    unjudged = list(page) if only_unjudged else found.unjudged[:UNJUDGED_SHOWN]
    places = [] if only_unjudged else list(page)
    details = (
        Initiative.objects.select_related("unit", "owner")
        .defer("problem", "benefit")
        .in_bulk([*unjudged, *(place.initiative for place in places)])
    )
    day = today()
    context = {
        "nav": "intake",
        "rules": rules,
        "found": found,
        "unit": unit,
        "units": BusinessUnit.objects.filter(Q(parent=None) | Q(pk=unit)).order_by("label"),
        "only_unjudged": only_unjudged,
        "page": page,
        "rows": [{"place": place, **_told(details[place.initiative], day)} for place in places],
        "unjudged": [_told(details[pk], day) for pk in unjudged],
        "dots": [] if only_unjudged else found.dots,
        "quadrants": QUADRANTS,
        "offers": offers(),
        "may_add": reader.may(Permission.ADD),
        "may_judge": reader.may(Permission.EDIT_ALL),
    }
    return render(request, "portfolio/intake.html", context)


def _told(initiative: Initiative, day: Any) -> dict[str, Any]:
    return {"initiative": initiative, "waits": max(0, (day - initiative.created_at.date()).days)}
