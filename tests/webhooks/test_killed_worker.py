"""The whole road with real parts: Redis, PostgreSQL, a Celery worker that is killed, HTTP."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from accounts.models import User
from audit.services import SYSTEM, Entry, SystemActor, record
from config.celery import app
from config.env import BASE_DIR
from config.run import COMMANDS
from tests.together import DEADLINE_SECONDS, eventually
from tests.webhooks.receiver import Receiver
from webhooks.models import TAKEN_AGAIN_AFTER, Delivery, DeliveryState
from webhooks.services import add_endpoint
from webhooks.tasks import sweep

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = 3


@pytest.fixture
def queue() -> Iterator[None]:
    """A real queue, empty before and after."""
    app.conf.task_always_eager = False
    app.control.purge()
    yield
    app.control.purge()
    app.conf.task_always_eager = True


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as `make run` starts it, on this test's database."""
    known = connection.get_connection_params()
    named = ("dbname", "user", "password", "host", "port")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": make_conninfo(**{n: known[n] for n in named if known.get(n)}),
        "CLEARWAY_ALLOWED_HOSTS_OUT": "127.0.0.1",
        "CLEARWAY_DEMO": "0",
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            COMMANDS["worker"],
            cwd=BASE_DIR,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker and its children at once, with no time to tidy up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=DEADLINE_SECONDS)


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
    with worker(log) as first:
        sweep.delay()
        eventually(lambda: receiver.arrived, "a worker delivers")
        kill(first)
    assert not Delivery.objects.filter(state=DeliveryState.DELIVERED).exists(), log.read_text()
    receiver.may_answer.set()
    eventually(lambda: len(receiver.received) == receiver.arrived, "the receiver is free")
    receiver.received.clear()

    # The minutes after which a delivery counts as abandoned have passed.
    Delivery.objects.update(taken_at=timezone.now() - 2 * TAKEN_AGAIN_AFTER)
    with worker(log):
        for _ in range(3):
            sweep.delay()
        delivered = Delivery.objects.filter(state=DeliveryState.DELIVERED)
        eventually(lambda: delivered.count() == EVENTS, "all are delivered")
    told = [json.loads(got.body)["seq"] for got in receiver.received]
    assert len(told) == len(set(told)) == EVENTS, "each once by the worker that lived"
