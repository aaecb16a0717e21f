"""What a sweep costs with much to look through, and a sending with much to say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from gates.models import Review
from playbook.models import PlaybookVersion
from reminders import services
from reminders.due import owed
from reminders.models import Sending
from reminders.services import claim_due, send_some
from tests.factories import NOW
from tests.reminders.many import many_reviews, many_rollouts, settle
from tests.reminders.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

LOOKED_THROUGH = ("gates_review", "gates_rollout", "initiatives_initiative", "accounts_user")


def explain(queries: CaptureQueriesContext) -> dict[str, Any]:
    """The plan of the last query, run once more."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries.captured_queries[-1]['sql']}")
        plan = cursor.fetchone()[0]
    return dict((json.loads(plan) if isinstance(plan, str) else plan)[0])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def test_what_is_due_among_a_hundred_thousand_reviews_is_read_from_the_index_alone(
    maya: User,
) -> None:
    rollouts = many_rollouts(10_000, owner=maya, at=NOW)
    many_reviews(rollouts, each=10, overdue=500, by=maya, at=NOW)
    settle(*LOOKED_THROUGH)

    overdue = Review.objects.under_way().filter(due__lt=NOW.date()).order_by("due")
    with CaptureQueriesContext(connection) as queries:
        assert len(overdue.values_list("id", "rollout_id", "gate", "due")) == 500
    plan = explain(queries)
    [scan] = nodes(plan["Plan"])
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Only Scan", "gates_review_due")
    assert scan["Heap Fetches"] == 0
    assert plan["Execution Time"] <= 5, "milliseconds"

    with CaptureQueriesContext(connection) as queries:
        found = owed(today=NOW.date(), versions=list(PlaybookVersion.objects.all()))
    assert len(found) == 500
    scans = {
        (node["Node Type"], node.get("Index Name"))
        for node in nodes(explain(queries)["Plan"])
        if node.get("Relation Name") == "gates_review"
    }
    assert scans == {
        ("Index Only Scan", "gates_review_due"),
        ("Index Scan", "gates_review_submitted"),
    }, "the sweep reads them in the same way"


def test_a_thousand_reminders_take_thirty_statements(
    mail_server: Sink, hannah: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a slow machine a batch lasts longer than the pause after which it says what was sent.
    monkeypatch.setattr(services, "SAID_EVERY_SECONDS", 60.0)
    for owner in User.objects.bulk_create(
        User(email=f"owner{number}@example.org", name=f"Owner {number}") for number in range(10)
    ):
        many_reviews(many_rollouts(100, owner=owner, at=NOW), overdue=100, by=hannah, at=NOW)
    with CaptureQueriesContext(connection) as queries:
        claim_due(at=NOW)
        assert Sending.objects.free(NOW).count() == 1000
        for _ in range(10):
            assert send_some(at=NOW) == 100
    assert len(queries) <= 30, [q["sql"][:60] for q in queries.captured_queries]
    assert len(mail_server.mails) == 1000
    assert mail_server.connections == 10
