"""What the calendar and figures do to rollouts: judgements run out, conditions and gates lose their
grace, promises come due."""

import logging

from celery import shared_task
from django.utils import timezone

from gates.models import Condition, Rollout
from gates.services.conditions import past_grace, revoke_go
from gates.services.promises import due, reconcile
from gates.services.slips import in_question, settle
from gates.standings import judge_anew, refresh_doubted, refresh_run_out, run_out

logger = logging.getLogger(__name__)


@shared_task
def refresh_standings() -> None:
    """Have judged anew what the calendar has changed, so that lists stay true: a batch a task, so
    that every process of the worker takes part. What a lost message leaves, the next hour finds."""
    for batch in run_out(at=timezone.now()):
        judge_batch.delay(batch)


@shared_task
def follow_figures() -> None:
    """Let lists follow the figures that came in. A mark on the row says what is to do, so a lost
    message leaves it to the next, and a rollout is judged once however many figures came."""
    refresh_doubted(at=timezone.now())


@shared_task
def judge_batch(rollouts: list[int]) -> None:
    judge_anew(rollouts, at=timezone.now())


@shared_task
def revoke_overdue_goes() -> None:
    """Take back each go whose condition ran past its grace. One failure holds up no other."""
    at = timezone.now()
    for condition in Condition.objects.select_related("rollout").filter(pk__in=past_grace(at=at)):
        try:
            revoke_go(condition=condition, at=at)
        except Exception:
            logger.exception("The go of condition %s could not be revoked", condition.pk)


@shared_task
def settle_slips() -> None:
    """Say which passed gates give way, and take back those that did so for too long. One failure
    holds up no other."""
    at = timezone.now()
    refresh_run_out(at=at)
    for rollout in Rollout.objects.filter(pk__in=in_question()):
        try:
            settle(rollout=rollout, at=at)
        except Exception:
            logger.exception("The gates of rollout %s could not be settled", rollout.pk)


@shared_task
def reconcile_promises() -> None:
    """Hold each promise that came due against what was measured. One failure holds up no other."""
    at = timezone.now()
    for promise, milestone in due(at=at):
        try:
            reconcile(promise=promise, milestone=milestone, at=at)
        except Exception:
            logger.exception("Promise %s could not be reconciled", promise.pk)
