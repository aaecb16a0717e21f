"""What the queue does for webhooks: thin, and safe to lose or repeat."""

from celery import shared_task
from django.utils import timezone

from webhooks.models import Delivery
from webhooks.services import AT_A_TIME, claim_new, deliver_some


@shared_task
def sweep() -> None:
    """Claim what happened, then ask for as many batches as there are free deliveries."""
    at = timezone.now()
    claim_new(at=at)
    free = Delivery.objects.free(at).count()
    for _batch in range(-(-free // AT_A_TIME)):
        deliver.delay()


@shared_task
def deliver() -> None:
    """Send a dozen deliveries."""
    deliver_some(at=timezone.now())
