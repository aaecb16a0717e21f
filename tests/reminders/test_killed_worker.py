"""The whole road with real parts: Redis, PostgreSQL, a Celery worker that is killed, SMTP."""

import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.models import Review
from gates.services.reviews import open_review
from reminders.models import TAKEN_AGAIN_AFTER, Sending
from reminders.tasks import sweep
from tests.factories import PASSWORD, make_rollout
from tests.plugins.worker import kill, worker
from tests.reminders.sink import Sink
from tests.together import eventually

pytestmark = pytest.mark.django_db(transaction=True)


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
    with worker(log, EMAIL_URL=f"smtp://127.0.0.1:{port}") as first:
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
    with worker(log, EMAIL_URL=f"smtp://127.0.0.1:{port}"):
        for _ in range(3):
            sweep.delay()
        eventually(lambda: not Sending.objects.unsent().exists(), "the reminder is sent")
        # Whatever was queued behind it has been done once this one's reminder is there.
        other = make_overdue(maya, carol)
        sweep.delay()
        eventually(lambda: len(server.mails) >= 2, "the other reminder is sent")

    names = [review.rollout.initiative.name, other.rollout.initiative.name]
    said = [f"Overdue: submit the Gate 0 review of {name}" for name in names]
    assert server.subjects() == sorted(said)
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
