"""What the queue does for reminders: thin, and safe to lose or repeat."""

from celery import shared_task
from django.utils import timezone

from reminders.models import Sending
from reminders.services import AT_A_TIME, claim_due, send_some


@shared_task
def sweep() -> None:
    """Claim what is due, then ask for as many sendings as there are free claims."""
    at = timezone.now()
    claim_due(at=at)
    free = Sending.objects.free(at).count()
    for _batch in range(-(-free // AT_A_TIME)):
        send.delay()


@shared_task
def send() -> None:
    """Send a hundred claims over one connection."""
    send_some(at=timezone.now())
