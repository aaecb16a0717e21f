"""Moving rollouts to the version in force: what it would change for each, then the move."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.errors import Refused
from accounts.permissions import needs, reader
from accounts.roles import Permission
from gates.models import Rollout
from gates.models.rollouts import RolloutQuerySet
from gates.services.pinning import move_to_version
from playbook.comparing import compare
from playbook.models import PlaybookVersion
from portfolio.replay import Effect, moved_by

ROWS_A_PAGE = 50
MOST_AT_ONCE = 500


@login_required
@needs(Permission.PUBLISH)
@require_http_methods(["GET", "POST"])
def moves(request: HttpRequest) -> HttpResponse:
    """The live rollouts that an earlier version still judges; those ticked can be moved."""
    current = PlaybookVersion.objects.current()
    behind = Rollout.objects.live().exclude(playbook=current)
    picked = _picked(request, behind)
    if request.method == "POST" and "apply" in request.POST and picked:
        return _move(request, picked, current)
    versions = behind.order_by().values("playbook__number").annotate(rollouts=Count("pk"))
    page = Paginator(
        behind.select_related("initiative", "playbook").order_by("initiative__number"),
        ROWS_A_PAGE,
    ).get_page(request.GET.get("page"))
    context = {
        "nav": "playbook",
        "current": current,
        "versions": versions.order_by("playbook__number"),
        "page": page,
        "most": MOST_AT_ONCE,
        "asked": request.method == "POST",
    }
    if picked:
        chosen = behind.filter(pk__in=[rollout.pk for rollout in picked])
        changed = {m.rollout: m.shift for m in moved_by(current.parsed, chosen, at=timezone.now())}
        earlier = {rollout.playbook for rollout in picked}
        context |= {
            "picked": [(rollout, changed.get(rollout.pk)) for rollout in picked],
            "effect": Effect.of(len(picked), changed.values()),
            "differences": [
                (version, compare(version.parsed, current.parsed))
                for version in sorted(earlier, key=lambda each: each.number)
            ],
        }
    return render(request, "portfolio/playbook_moves.html", context)


def _picked(request: HttpRequest, behind: RolloutQuerySet) -> list[Rollout]:
    """The rollouts ticked, all that are behind, or one named by its reference."""
    chosen = behind.select_related("initiative", "playbook").order_by("initiative__number")
    asked = request.POST if request.method == "POST" else request.GET
    if asked.get("all"):
        return list(chosen[:MOST_AT_ONCE])
    if reference := asked.get("reference"):
        return list(chosen.filter(initiative__reference=reference.upper()))
    numbers = [int(pk) for pk in asked.getlist("pick") if pk.isascii() and pk.isdigit()]
    return list(chosen.filter(pk__in=numbers)[:MOST_AT_ONCE])


def _move(request: HttpRequest, picked: list[Rollout], current: PlaybookVersion) -> HttpResponse:
    try:
        moved = move_to_version(
            rollouts=picked, version=current, by=reader(request), at=timezone.now()
        )
    except Refused as refused:
        messages.error(request, " ".join(refused.reasons))
    else:
        noun = "rollout is" if moved == 1 else "rollouts are"
        messages.success(request, f"{moved} {noun} judged by version {current.number} now.")
    return redirect("portfolio:playbook_moves")
