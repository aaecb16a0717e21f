"""The whole road with real parts: Redis, PostgreSQL, a Celery worker that is killed, HTTP."""

import json
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.services import SYSTEM, Entry, SystemActor, record
from tests.plugins.worker import kill, worker
from tests.together import eventually
from tests.webhooks.receiver import Receiver
from webhooks.models import TAKEN_AGAIN_AFTER, Delivery, DeliveryState
from webhooks.services import add_endpoint
from webhooks.tasks import sweep

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 3


def test_a_worker_killed_while_delivering_loses_no_event(
    receiver: Receiver, queue: None, ada: User, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    add_endpoint(url=receiver.url, verbs=["review"], by=ada, at=timezone.now())
    for _ in range(EVENTS):
        with transaction.atomic():
            entry = Entry(SYSTEM, "review.opened", "It happened")
            record(entry=entry, by=SystemActor(), at=timezone.now())
    receiver.may_answer.clear()
    with worker(log, CLEARWAY_ALLOWED_HOSTS_OUT="127.0.0.1") as first:
        sweep.delay()
        eventually(lambda: receiver.arrived, "a worker delivers")
        kill(first)
    assert not Delivery.objects.filter(state=DeliveryState.DELIVERED).exists(), log.read_text()
    receiver.may_answer.set()
    eventually(lambda: len(receiver.received) == receiver.arrived, "the receiver is free")
    receiver.received.clear()

    # The minutes after which a delivery counts as abandoned have passed.
    Delivery.objects.update(taken_at=timezone.now() - 2 * TAKEN_AGAIN_AFTER)
    with worker(log, CLEARWAY_ALLOWED_HOSTS_OUT="127.0.0.1"):
        for _ in range(3):
            sweep.delay()
        delivered = Delivery.objects.filter(state=DeliveryState.DELIVERED)
        eventually(lambda: delivered.count() == EVENTS, "all are delivered")
    told = [json.loads(got.body)["seq"] for got in receiver.received]
    assert len(told) == len(set(told)) == EVENTS, "each once by the worker that lived"
