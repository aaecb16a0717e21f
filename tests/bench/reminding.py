"""1,000 due reminders to a local mail server: the sweep and its ten tasks of a hundred."""

import smtplib
import statistics
from collections.abc import Callable

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
from tests.reminders.sink import sink_on_a_port

OWNERS, EACH, ROUNDS = 10, 100, 3
MAILS = OWNERS * EACH
MOST_SECONDS, MOST_QUERIES = 3, 30


def measure(report: Report) -> None:
    """Print the time, beside that of handing the same mails to the server and doing no more."""
    at, by = timezone.now(), make_user("Bench Office")
    for number in range(OWNERS):
        owner: User = make_user(f"Bench Owner {number}")
        rollouts = many_rollouts(EACH, owner=owner, at=at)
        many_reviews(rollouts, overdue=EACH, by=by, at=at)
    settle("gates_review", "gates_rollout", "initiatives_initiative", "accounts_user")
    with sink_on_a_port() as (sink, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        with CaptureQueriesContext(connection) as queries:
            sweep()
        assert len(sink.mails) == MAILS == Sending.objects.exclude(sent_at=None).count()
        swept, bare = [], []
        for _ in range(ROUNDS):
            bare.append(seconds(_hand_over(port)))
            Sending.objects.all().delete()
            sink.mails.clear()
            swept.append(seconds(sweep))
            assert len(sink.mails) == MAILS
    report.line(f"{MAILS:,} reminders", statistics.median(swept), MOST_SECONDS, "s")
    report.line("their queries", len(queries), MOST_QUERIES)
    ratios = (own / other for own, other in zip(swept, bare, strict=True))
    report.note(f"{statistics.median(ratios):.1f} times the bare handing over of the same mails")


def _hand_over(port: int) -> Callable[[], None]:
    """Sends what was written before, over one connection."""
    mails = []
    for sending in Sending.objects.select_related("recipient"):
        sending.address = sending.recipient.email
        mails.append((sending.address, mail_of(sending).message().as_bytes(linesep="\r\n")))

    def act() -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for address, mail in mails:
                server.sendmail("clearway@example.org", [address], mail)

    return act
