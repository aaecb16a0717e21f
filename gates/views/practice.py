"""How a running system is kept good, practice by practice."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.permissions import reader
from gates.cadence import last_done, turns
from gates.models import Rollout, Stage
from gates.views.loading import load
from gates.views.page import judged, show
from initiatives.permissions import may_assign, may_edit

SHOWN = 8


@login_required
@require_safe
def practice(request: HttpRequest, reference: str) -> HttpResponse:
    """The cadence, the logs behind it, the backlog, and the capacity that it frees."""
    rollout = load(request, reference)
    case = judged(rollout)
    initiative = rollout.initiative
    last = Rollout.objects.filter(pk=rollout.pk).annotate(**last_done()).values(*last_done()).get()
    improvements = list(initiative.improvements.select_related("listed_by", "closed_by"))
    closed = [item for item in improvements if item.closed_at]
    return show(
        request,
        "gates/practice.html",
        rollout,
        {
            "case": case,
            "running": rollout.stage == Stage.STEADY,
            "turns": turns(
                case.document.steady_practices,
                last,
                since=case.facts.stage_since,
                today=case.facts.today,
            ),
            "reviews": initiative.performance_reviews.select_related("recorded_by")[:SHOWN],
            "updates": initiative.model_updates.select_related("recorded_by")[:SHOWN],
            "backlog": [item for item in improvements if item.closed_at is None],
            "improved": sorted(closed, key=_closing, reverse=True)[:SHOWN],
            "feedback": initiative.feedback.aggregate(
                open=Count("pk", filter=Q(closed_at__isnull=True)),
                closed=Count("pk", filter=Q(closed_at__isnull=False)),
                changed=Count("pk", filter=Q(released=True)),
            ),
            "offers": initiative.capacity_offers.filter(ended_at__isnull=True).select_related(
                "offered_by", "taken_by"
            ),
            "assigns": may_assign(reader(request)),
            "edits": may_edit(reader(request), initiative),
            "today": case.facts.today,
        },
    )


def _closing(item: Any) -> Any:
    return item.closed_at
