"""What is counted and listed across the portfolio, kept in the cache while nothing has changed.

Every change of state writes an audit event, so the newest event's id says whether what is kept
still holds. What changes without an event (a day that ends, a transaction that commits out of
order) is caught by the short life.
"""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import caches
from django.db.models import Max
from django.http import HttpRequest

from audit.models import Event
from gates.today import today

LIFE_SECONDS = 30

T = TypeVar("T")


def newest_event(request: HttpRequest) -> int:
    """The id of the newest audit event, asked once in a request; 0 before the first."""
    known: int | None = getattr(request, "newest_event", None)
    if known is None:
        known = Event.objects.aggregate(newest=Max("pk"))["newest"] or 0
        request.newest_event = known  # type: ignore[attr-defined]
    return known


def kept(request: HttpRequest, name: str, make: Callable[[], T]) -> T:
    """What ``make`` returns, from the cache when nothing has changed since it was made."""
    key = f"portfolio:{name}:{today():%j}:{newest_event(request)}"
    cache = caches["pages"]
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, LIFE_SECONDS)
    return found
