"""Why initiatives came to rest, as coded by those who held, returned, stopped, paused or noted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F

from gates.models import Decision, Pause, StallNote
from gates.models.decisions import CODED


@dataclass(frozen=True)
class BaseRates:
    """How often each failure mode was behind a hold, return, stop, pause or noted stall.

    ``counts`` is initiatives by failure mode: one that met the same mode twice counts once, one
    that met two modes counts for both. ``total`` is initiatives with any coded cause.
    ``impact_class`` is the kind that was compared, empty when it is the whole organisation.
    """

    counts: Mapping[str, int]
    total: int
    impact_class: str
    enough: bool
    """Whether there are as many as the playbook asks before shares are compared."""

    def share(self, mode: str) -> float:
        """The share, from 0 to 1, of the coded initiatives that met this failure mode."""
        return self.counts.get(mode, 0) / self.total if self.total else 0.0


def base_rates(impact_class: str, *, compare_from: int, besides: int | None = None) -> BaseRates:
    """What stopped initiatives of this impact class; of the whole organisation when fewer than
    ``compare_from`` of the class are coded. ``besides`` leaves one initiative out by its id.

    One query, whatever there is to count.
    """
    found = [
        (initiative, kind, cause) for initiative, kind, cause in _coded() if initiative != besides
    ]
    alike = [(initiative, cause) for initiative, kind, cause in found if kind == impact_class]
    if len({initiative for initiative, _cause in alike}) >= compare_from:
        return _rates(alike, impact_class, compare_from)
    return _rates([(initiative, cause) for initiative, _, cause in found], "", compare_from)


def _coded() -> list[tuple[int, str, str]]:
    """Every initiative with its impact class, once for each failure mode coded for it."""
    decided = Decision.objects.filter(outcome__in=CODED)
    first, *others = [
        rows.order_by().values_list(
            F("rollout__initiative"), F("rollout__initiative__impact_class"), F("cause")
        )
        for rows in (decided, Pause.objects.exclude(cause=""), StallNote.objects.latest_each())
    ]
    return list(first.union(*others))


def _rates(pairs: list[tuple[int, str]], impact_class: str, compare_from: int) -> BaseRates:
    total = len({initiative for initiative, _cause in pairs})
    return BaseRates(
        counts=dict(Counter(cause for _initiative, cause in pairs).most_common()),
        total=total,
        impact_class=impact_class,
        enough=total >= compare_from,
    )
