"""What the queue does for accounts: thin, and safe to lose or repeat."""

from celery import shared_task
from django.utils import timezone

from accounts.services import answers


@shared_task
def forget_answers() -> None:
    answers.forget_answers(at=timezone.now())
