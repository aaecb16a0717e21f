"""1,000 due reminders to a local mail server: the sweep and its ten tasks of a hundred.

The server is a process of its own, as mail servers are; the tasks run one after the other.
"""

import smtplib
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from reminders.models import Sending
from reminders.services import mail_of
from reminders.tasks import sweep
from tests.bench.measuring import Report, seconds
from tests.factories import make_user
from tests.reminders.many import many_reviews, many_rollouts, settle
from tests.together import free_port

OWNERS, EACH, ROUNDS = 10, 100, 3
MAILS = OWNERS * EACH
MOST_SECONDS, MOST_QUERIES = 3, 30
SINK = (sys.executable, "-m", "aiosmtpd", "--nosetuid", "--class", "aiosmtpd.handlers.Sink")


def measure(report: Report) -> None:
    """Print the time, beside that of handing the same mails to the server and doing no more."""
    at, by = timezone.now(), make_user("Bench Office")
    for number in range(OWNERS):
        owner: User = make_user(f"Bench Owner {number}")
        rollouts = many_rollouts(EACH, owner=owner, at=at)
        many_reviews(rollouts, overdue=EACH, by=by, at=at)
    settle("gates_review", "gates_rollout", "initiatives_initiative", "accounts_user")
    with mail_server() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        with CaptureQueriesContext(connection) as queries:
            _sweep_all()
        swept, bare = [], []
        for _ in range(ROUNDS):
            bare.append(seconds(_hand_over(port)))
            Sending.objects.all().delete()
            swept.append(seconds(_sweep_all))
    report.line(f"{MAILS:,} reminders", statistics.median(swept), MOST_SECONDS, "s")
    report.line("their queries", len(queries) - 1, MOST_QUERIES)
    ratios = (own / other for own, other in zip(swept, bare, strict=True))
    report.note(f"{statistics.median(ratios):.1f} times the bare handing over of the same mails")


def _sweep_all() -> None:
    """One sweep; the query that asks whether all are sent is ours."""
    sweep()
    assert Sending.objects.exclude(sent_at=None).count() == MAILS


def _hand_over(port: int) -> Callable[[], None]:
    """Sends what was written before, over one connection."""
    mails = []
    for sending in Sending.objects.select_related("recipient"):
        sending.address = sending.recipient.email
        mails.append((sending.address, mail_of(sending).message().as_bytes()))
    lines = [(address, mail.replace(b"\n", b"\r\n")) for address, mail in mails]

    def act() -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for address, mail in lines:
                server.sendmail("clearway@example.org", [address], mail)

    return act


@contextmanager
def mail_server() -> Iterator[int]:
    """A mail server that accepts everything and keeps nothing; its port."""
    port = free_port()
    process = subprocess.Popen([*SINK, "--listen", f"127.0.0.1:{port}"])
    try:
        while not _answers(port):
            assert process.poll() is None, "the mail server ended"
        yield port
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=5).quit()
    except OSError:
        return False
    return True
