"""How many rollouts reach steady state through their gates, and how many stall on the way."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from gates.models import Passage, Rollout
from gates.models.rollouts import ENDED
from playbook.labels import CLAIMED, STALLED


def reached_steady() -> Exists:
    """Whether the rollout came through the last gate, and the passage still counts."""
    return Exists(Passage.objects.filter(rollout=OuterRef("pk"), gate=4, void_since__isnull=True))


@dataclass(frozen=True)
class Conversion:
    """Rollouts that began here, by what became of them; claims apart.

    ``live`` are under way and censored: they count neither way. What retires after it reached
    steady state stays ``reached``.
    """

    reached: int
    lost: int
    live: int
    claims: int
    stalled: int
    under_way: int

    @property
    def over(self) -> int:
        """Those that say something: they reached steady state, or ended without it."""
        return self.reached + self.lost

    @property
    def lost_share(self) -> float:
        """The share, from 0 to 1, that ended without reaching steady state."""
        return self.lost / self.over if self.over else 0.0

    @property
    def stall_share(self) -> float:
        """The share, from 0 to 1, of what is under way that is stalled."""
        return self.stalled / self.under_way if self.under_way else 0.0


def conversion(unit: int | None = None) -> Conversion:
    """Count the rollouts of one unit and all below it, or of all units, in one query."""
    rollouts = Rollout.objects.all() if unit is None else Rollout.objects.within(unit)
    own, over, reached = Q(claim__isnull=True), Q(stage__in=ENDED), Q(came_through=True)
    # Under way as the dashboard counts it: live, and not, or no longer, a claim.
    under_way = ~over & ~Q(standing__labels__contains=[CLAIMED])
    return Conversion(
        **rollouts.annotate(came_through=reached_steady()).aggregate(
            reached=Count("pk", filter=own & reached),
            lost=Count("pk", filter=own & over & ~reached),
            live=Count("pk", filter=own & ~over & ~reached),
            claims=Count("pk", filter=~own),
            stalled=Count("pk", filter=under_way & Q(standing__labels__contains=[STALLED])),
            under_way=Count("pk", filter=under_way),
        )
    )
