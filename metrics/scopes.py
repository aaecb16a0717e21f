"""How far a narrowed token reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Token
from initiatives.models import Initiative
from metrics.models import Metric, TokenScope


@dataclass(frozen=True)
class Reach:
    """The initiatives reached as a whole, and the metrics reached singly; without a token, or with
    one that is not narrowed, ``everything`` that its person may see."""

    everything: bool = True
    initiatives: frozenset[int] = frozenset()
    metrics: frozenset[int] = frozenset()

    def of_initiatives(self, field: str) -> Q:
        """For a queryset whose ``field`` names an initiative: those reached as a whole."""
        return Q() if self.everything else Q((f"{field}__in", self.initiatives))

    def of_metrics(self, metrics: QuerySet[Metric]) -> QuerySet[Metric]:
        """The metrics that are reached, singly or with their initiative."""
        if self.everything:
            return metrics
        return metrics.filter(Q(initiative__in=self.initiatives) | Q(pk__in=self.metrics))


def reach_of(token: Token | None) -> Reach:
    if token is None or not token.narrowed:
        return Reach()
    rows = list(TokenScope.objects.filter(token=token).values_list("initiative", "metric"))
    return Reach(
        everything=False,
        initiatives=frozenset(initiative for initiative, metric in rows if metric is None),
        metrics=frozenset(metric for _initiative, metric in rows if metric is not None),
    )


def narrow(
    *, token: Token, initiatives: Iterable[Initiative] = (), metrics: Iterable[Metric] = ()
) -> None:
    """Say what a narrowed token reaches. Call in the transaction that issues it."""
    assert token.narrowed
    TokenScope.objects.bulk_create(
        [
            *(TokenScope(token=token, initiative=initiative) for initiative in initiatives),
            *(
                TokenScope(token=token, initiative_id=metric.initiative_id, metric=metric)
                for metric in metrics
            ),
        ]
    )
