"""Loading what an operation is about and checking who asks, in one call.

Whoever may not know of it, and a token that does not reach it, gets 404; whoever may see it and
has no right to what is asked gets 403.
"""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from accounts.models import User
from api.entrance import asker
from api.problems import Declined
from gates.models import Rollout
from gates.models.rollouts import RolloutQuerySet
from initiatives.models import Initiative
from initiatives.models.initiatives import InitiativeQuerySet
from initiatives.permissions import may_edit, may_submit
from metrics.models import Metric

Right = Callable[[User, Initiative], bool]
Found = TypeVar("Found")

PEOPLE = ("initiative__owner", "initiative__sponsor", "initiative__unit", "playbook", "standing")
BY_HAND = "A token prepares and never signs, verifies or decides. Do it on the page, as yourself."


def seen_rollouts(request: HttpRequest) -> RolloutQuerySet:
    """The rollouts that the asker may see and the token reaches as a whole."""
    who = asker(request)
    return Rollout.objects.visible_to(who.user).filter(who.reach.of_initiatives("initiative"))


def seen_initiatives(request: HttpRequest) -> InitiativeQuerySet:
    who = asker(request)
    return Initiative.objects.visible_to(who.user).filter(who.reach.of_initiatives("pk"))


def seen_metrics(request: HttpRequest) -> QuerySet[Metric]:
    """The metrics that the asker may see and the token reaches, singly or with all else."""
    who = asker(request)
    seen = Metric.objects.live().filter(initiative__in=Initiative.objects.visible_to(who.user))
    return who.reach.of_metrics(seen)


def load(request: HttpRequest, reference: str, *, may: Right | None = None) -> Rollout:
    """The latest rollout of the initiative, with its people, unit, playbook and standing."""
    rollout = (
        seen_rollouts(request)
        .filter(initiative__reference=reference.upper())
        .select_related(*PEOPLE)
        .order_by("-started_at", "-pk")
        .first()
    )
    if rollout is None:
        raise Http404
    authorise(request, rollout.initiative, may)
    return rollout


def authorise(request: HttpRequest, initiative: Initiative, may: Right | None) -> None:
    """Raises Declined for somebody without the right."""
    if may is not None and not may(asker(request).user, initiative):
        raise Declined(403, NEEDS.get(may, "You have no right to do this here."))


def by_hand(request: HttpRequest) -> None:
    """Raises Declined for a token: this act is a person's own."""
    if asker(request).token is not None:
        raise Declined(403, BY_HAND)


def named(find: Callable[[str], Found], key: str) -> Found:
    """What the playbook has under this key. Raises Http404 when it has nothing."""
    try:
        return find(key)
    except KeyError as unknown:
        raise Http404 from unknown


NEEDS: dict[Right, str] = {
    may_edit: "Only its owner, a contributor or the program office changes this.",
    may_submit: "Only its owner or the program office opens, submits and withdraws reviews.",
}
