"""The stage dashboard: what is on track, what is stuck, and what waits for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.models import Review, Rollout
from gates.today import today
from playbook.labels import CLAIMED, EXTENDED_PILOT, PROVEN, QUALIFYING, STALLED
from portfolio import waiting
from portfolio.drawing import Drawing, draw
from portfolio.filters import Filters
from portfolio.keeping import kept

DECISIONS_SHOWN = 5


@login_required
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The whole portfolio, or one unit and all below it."""
    reader = reader_of(request)
    if not reader.may(Permission.SEE_ALL):
        raise PermissionDenied
    day = today()
    unit = Filters.of(request.GET).unit
    document = waiting.current_document(request)
    drawing: Drawing = kept(request, f"drawing:{unit}", lambda: draw(day, unit, document))
    reviews = [_decision(review, day) for review in _to_decide(reader, unit)[:DECISIONS_SHOWN]]
    context = {
        "nav": "dashboard",
        "today": day,
        "unit": unit,
        "links": _links(unit),
        "unit_name": drawing.units.get(unit or 0, ""),
        "drawing": drawing,
        "figures": drawing.figures,
        "reviews": reviews,
        "decisions": waiting.waits(request, reader).decisions,
        "oldest": max((review["days"] for review in reviews), default=None),
        "document": document,
    }
    return render(request, "portfolio/dashboard.html", context)


def _links(unit: int | None) -> dict[str, str]:
    """The portfolio's address for each figure: exactly what is counted."""
    under_way = Filters(unit=unit, claims="without")
    return {
        "proven": replace(under_way, labels=(PROVEN,)).query,
        "extended": Filters(unit=unit, labels=(EXTENDED_PILOT,)).query,
        "qualifying": replace(under_way, labels=(QUALIFYING,)).query,
        "stalled": replace(under_way, labels=(STALLED,)).query,
        "stalled_claims": Filters(unit=unit, labels=(STALLED, CLAIMED)).query,
        "under_way": under_way.query,
        "claimed": Filters(unit=unit, labels=(CLAIMED,)).query,
    }


def _to_decide(reader: User, unit: int | None) -> QuerySet[Review]:
    reviews = waiting.to_decide(reader).select_related(
        "rollout__initiative__unit", "rollout__standing"
    )
    return reviews.filter(rollout__in=Rollout.objects.within(unit)) if unit else reviews


def _decision(review: Review, today: date) -> dict[str, Any]:
    standing, initiative = review.rollout.standing, review.rollout.initiative
    open_ones = standing.blockers
    assert review.submitted_at is not None
    return {
        "review": review,
        "initiative": initiative,
        "unit": initiative.unit.name,
        "says": f"{open_ones} open, first: {standing.first_blocker}"
        if open_ones
        else "Nothing is open",
        "days": (today - review.submitted_at.date()).days,
        "overdue": review.due < today,
    }
