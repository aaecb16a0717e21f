"""What is counted and listed across the portfolio, kept in the cache while nothing has changed.

Every change of state writes an audit event, so the newest event says whether what is kept still
holds. Figures are the exception: they come by the thousand, and change what lists show only where
they change a judgement; so for them the newest judgement that says something else is asked. What
changes without either (a day that ends, a transaction that commits out of order) is caught by the
short life.
"""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import caches
from django.db.models import Subquery
from django.http import HttpRequest

from audit.models import Event
from gates.models import Standing
from gates.today import today

LIFE_SECONDS = 30

T = TypeVar("T")


def newest_change(request: HttpRequest) -> str:
    """Names the newest change that lists may show, asked once in a request."""
    known: str | None = getattr(request, "newest_change", None)
    if known is None:
        judged = Standing.objects.order_by("-changed_at").values("changed_at")[:1]
        newest = Event.objects.but_figures().order_by("-pk").annotate(judged=Subquery(judged))
        event, judged_at = newest.values_list("pk", "judged").first() or (0, None)
        known = f"{event}:{judged_at.timestamp() if judged_at else 0}"
        request.newest_change = known  # type: ignore[attr-defined]
    return known


def kept(request: HttpRequest, name: str, make: Callable[[], T]) -> T:
    """What ``make`` returns, from the cache when nothing has changed since it was made."""
    key = f"portfolio:{name}:{today():%j}:{newest_change(request)}"
    cache = caches["pages"]
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, LIFE_SECONDS)
    return found
