"""Loading what a page is about and checking who asks, in one call."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from accounts.models import User
from accounts.permissions import reader
from gates.models import Rollout
from initiatives.models import Initiative

Right = Callable[[User, Initiative], bool]


def load(request: HttpRequest, reference: str, *, may: Right | None = None) -> Rollout:
    """The latest rollout of the initiative, with its people, unit, playbook, claim and last move.

    Raises Http404 for somebody who may not know of it, and PermissionDenied for somebody who may
    see it but has no right to what is asked.
    """
    rollout = (
        Rollout.objects.visible_to(reader(request))
        .filter(initiative__reference=reference)
        .select_related(
            "initiative__owner",
            "initiative__sponsor",
            "initiative__unit",
            "playbook",
            "claim",
            "moved_by__decided_by",
        )
        .order_by("-started_at", "-pk")
        .first()
    )
    if rollout is None:
        raise Http404
    if may is not None and not may(reader(request), rollout.initiative):
        raise PermissionDenied
    return rollout
