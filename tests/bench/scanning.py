"""The overdue scan over 100,000 reviews: the sweep's own query, as PostgreSQL explains it."""

import json
import statistics
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from playbook.models import PlaybookVersion
from reminders.due import owed
from tests.bench.measuring import Report
from tests.factories import make_user
from tests.reminders.many import many_reviews, many_rollouts, settle

ROLLOUTS, EACH, OVERDUE = 10_000, 10, 500
MOST_MILLISECONDS = 5
TABLES = ("gates_review", "gates_rollout", "initiatives_initiative", "accounts_user")
RUNS = 7


def measure(report: Report) -> None:
    """Print the time of the scans, and of reading the table from end to end beside it."""
    at, owner = timezone.now(), make_user("Bench Owner")
    rollouts = many_rollouts(ROLLOUTS, owner=owner, at=at)
    many_reviews(rollouts, each=EACH, overdue=OVERDUE, by=owner, at=at)
    settle(*TABLES)
    with CaptureQueriesContext(connection) as queries:
        found = owed(today=at.date(), versions=list(PlaybookVersion.objects.all()))
    assert len(found) == OVERDUE
    sweep = queries.captured_queries[-1]["sql"]
    whole = "SELECT count(*) FROM gates_review WHERE due < now() AND length(state) > 0"
    scans, sweeps, wholes = [], [], []
    for _ in range(RUNS):
        plan = _explain(sweep)
        by_due = [node for node in _nodes(plan["Plan"]) if _of_reviews(node)]
        scans.append(sum(node["Actual Total Time"] * node["Actual Loops"] for node in by_due))
        sweeps.append(plan["Execution Time"])
        wholes.append(_explain(whole)["Execution Time"])
    kinds = {node["Node Type"] for node in by_due}
    report.fact(f"index only: {', '.join(sorted(kinds))}", kinds == {"Index Only Scan"})
    fetched = sum(node["Heap Fetches"] for node in by_due)
    report.fact(f"rows looked up in the table: {fetched}", fetched == 0)
    scan, sweep_took = statistics.median(scans), statistics.median(sweeps)
    report.line(f"the scan, {OVERDUE} found", scan, MOST_MILLISECONDS, "ms")
    share = scan / statistics.median(wholes)
    report.note(f"{share:.1%} of reading the table; the whole sweep's query: {sweep_took:.1f} ms")


def _of_reviews(node: dict[str, Any]) -> bool:
    """The sweep asks by the due day; what waits for sign-offs is found by another index."""
    if node.get("Relation Name") != "gates_review":
        return False
    return node.get("Index Name") != "gates_review_submitted"


def _explain(query: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
        plan = cursor.fetchone()[0]
    return dict((json.loads(plan) if isinstance(plan, str) else plan)[0])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
