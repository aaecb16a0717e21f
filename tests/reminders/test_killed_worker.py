"""The whole road with real parts: Redis, PostgreSQL, a Celery worker that is killed, SMTP."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from accounts.models import User
from config.celery import app
from config.env import BASE_DIR
from config.run import COMMANDS
from gates.models import Review
from gates.services.reviews import open_review
from reminders.models import TAKEN_AGAIN_AFTER, Sending
from reminders.tasks import sweep
from tests.factories import PASSWORD, make_rollout
from tests.reminders.sink import Sink
from tests.together import DEADLINE_SECONDS, eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue() -> Iterator[None]:
    """A real queue, empty before and after."""
    app.conf.task_always_eager = False
    app.control.purge()
    yield
    app.control.purge()
    app.conf.task_always_eager = True


@contextmanager
def worker(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as `make run` starts it, on this test's database, sending to the port."""
    known = connection.get_connection_params()
    named = ("dbname", "user", "password", "host", "port")
    database = make_conninfo(**{name: known[name] for name in named if known.get(name)})
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
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


def make_overdue(owner: User, sponsor: User) -> Review:
    """A review of a live initiative that was due yesterday."""
    opened = timezone.now() - timedelta(days=22)
    rollout = make_rollout(owner=owner, sponsor=sponsor, at=opened)
    return open_review(rollout=rollout, by=owner, at=opened)


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    [link] = re.findall(r"https?://\S+", body.get_content())
    return str(link)


def test_a_worker_killed_while_sending_loses_no_reminder_and_repeats_none(
    sink: tuple[Sink, int], queue: None, ada: User, maya: User, carol: User, tmp_path: Path
) -> None:
    server, port = sink
    log = tmp_path / "worker.log"
    review = make_overdue(maya, carol)
    server.hold()
    with worker(port, log) as first:
        sweep.delay()
        eventually(lambda: server.waiting, f"a worker sends; see {log.read_text()}")
        kill(first)
    sending = Sending.objects.get()
    assert (sending.step, sending.recipient, sending.sent_at) == ("review_overdue", maya, None)
    assert server.mails == []
    server.release()

    # The minutes after which a claim counts as abandoned have passed.
    Sending.objects.update(
        claimed_at=sending.claimed_at - 2 * TAKEN_AGAIN_AFTER,
        taken_at=sending.claimed_at - 2 * TAKEN_AGAIN_AFTER,
    )
    with worker(port, log):
        for _ in range(3):
            sweep.delay()
        eventually(lambda: not Sending.objects.unsent().exists(), "the reminder is sent")
        # Whatever was queued behind it has been done once this one's reminder is there.
        other = make_overdue(maya, carol)
        sweep.delay()
        eventually(lambda: len(server.mails) >= 2, "the other reminder is sent")

    names = [review.rollout.initiative.name, other.rollout.initiative.name]
    assert server.subjects() == sorted(f"Gate 0 review of {name} is overdue" for name in names)
    assert {mail["To"] for mail in server.mails} == {maya.email}

    link = urlsplit(link_in(server.mails[0]))
    visitor = Client()
    page = visitor.get(link.path)
    assert page.status_code == 302, "it asks for a sign-in first"
    page = visitor.post(
        page.headers["location"],
        {"login": maya.email, "password": PASSWORD, "next": link.path},
        follow=True,
    )
    assert page.status_code == 200
    assert (
        page.request["PATH_INFO"] == f"/initiatives/{review.rollout.initiative.reference}/review/"
    )
    assert review.rollout.initiative.name in page.content.decode()
