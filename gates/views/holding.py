"""Whether what the passed gates rest on still holds."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from gates.holding import giving_way, history, rests, taken_back
from gates.models import Slip
from gates.views.loading import load
from gates.views.page import judged, show


@login_required
@require_safe
def holding(request: HttpRequest, reference: str) -> HttpResponse:
    """The gates that count, those that give way or were taken back, and from when to when."""
    rollout = load(request, reference)
    case = judged(rollout)
    passages = rollout.passages.filter(void_since__isnull=True).select_related("decision")
    slips = Slip.objects.filter(passage__rollout=rollout).select_related("passage", "lapse")
    ways = giving_way(case, reference)
    return show(
        request,
        "gates/holding.html",
        rollout,
        {
            "case": case,
            "rests": rests(case, passages.order_by("gate"), ways),
            "lost": taken_back(case, rollout.decisions.defer("facts")),
            "history": history(slips, case),
            "rules": case.document.regate,
        },
    )
