"""What the queue does for metrics: fetches figures. Safe to lose or repeat."""

from celery import shared_task
from django.utils import timezone

from metrics.feeds import claim_feeds, fetch
from metrics.models import Feed


@shared_task
def fetch_due() -> None:
    """Claim what is due, and fetch each by itself: a slow address holds up no other."""
    for pk in claim_feeds(at=timezone.now()):
        fetch_one.delay(pk)


@shared_task
def fetch_one(pk: int) -> None:
    feed = Feed.objects.running().select_related("metric__initiative", "made_by").filter(pk=pk)
    for each in feed:
        fetch(feed=each, at=timezone.now())
