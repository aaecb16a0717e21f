"""What the queue does for metrics: fetches figures. One that is repeated records the same moment
anew, one that is lost is made up for when the feed is due again."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from metrics.feeds import claim_feeds, fetch
from metrics.models import Feed


@shared_task
def fetch_due() -> None:
    """Claim what is due, and fetch each by itself: a slow address holds up no other."""
    at = timezone.now()
    for feed in claim_feeds(at=at):
        fetch_one.apply_async([feed.pk, at.isoformat()], expires=feed.every_seconds)


@shared_task
def fetch_one(pk: int, claimed_at: str) -> None:
    feed = Feed.objects.running().select_related("metric__initiative", "made_by").filter(pk=pk)
    for each in feed:
        fetch(feed=each, at=datetime.fromisoformat(claimed_at))
