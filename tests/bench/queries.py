"""Queries of a page, right after a change and at every size of the portfolio."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from gates.models import Rollout
from gates.services.reviews import open_review
from initiatives.models import Initiative
from tests.bench.measuring import Report
from tests.bench.world import FULL, change, grow, office, signed_in
from tests.factories import make_initiative, make_ready, make_rollout, make_user

SIZES = (50, 2133, FULL)
MOST = {"portfolio": 8, "initiative": 12, "dashboard": 8, "submit": 15}


def measure(report: Report) -> None:
    """Print the counts; one that grows with the portfolio fails the run."""
    owner = make_user("Bench Owner")
    counted: dict[str, list[int]] = {page: [] for page in MOST}
    for size in SIZES:
        grow(size)
        reader = signed_in(office())
        newest = Initiative.objects.order_by("-number")[0].get_absolute_url()
        counted["portfolio"].append(_look(reader, "/portfolio/"))
        counted["initiative"].append(_look(reader, newest))
        counted["dashboard"].append(_look(reader, "/dashboard/"))
        counted["submit"].append(_submit(owner))
    for name, most in MOST.items():
        counts = counted[name]
        same = "" if len(set(counts)) == 1 else f", not the same: {counts}"
        report.line(f"{name}, at 50, 2,133 and 10,000{same}", max(counts), most)
        if same:
            report.over.append(f"queries of {name} grow")


def _look(client: Client, path: str) -> int:
    client.get(path)  # the playbook is read once in a process
    change()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def _submit(owner: User) -> int:
    """Handing in a review that is ready."""
    at = timezone.now()
    rollout: Rollout = make_rollout(make_initiative(owner=owner, by=office(), at=at), at=at)
    make_ready(rollout, by=owner, verifier=office(), at=at)
    open_review(rollout=rollout, by=owner, at=at)
    client = signed_in(owner)
    path = f"{rollout.initiative.get_absolute_url()}review/submit/"
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.post(path).status_code == 302
    return len(queries)
