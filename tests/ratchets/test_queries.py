"""How many queries a page may cost, and that it costs no more in a large portfolio than in a small.

Queries are counted with a cold cache but for the session and what the frame of every page shows,
without the savepoints that stand in a test where a request begins and commits its transaction.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from gates.models import Rollout
from gates.services.reviews import open_review
from initiatives.models import Dependency, Initiative, Reliance
from portfolio.sample.seed import seed
from tests.factories import (
    make_dependency,
    make_fault,
    make_initiative,
    make_ready,
    make_rollout,
)
from tests.ratchets.routes import ROUTES
from tests.ratchets.world import Cast, make_cast, make_meeting_with_item, make_underway

pytestmark = pytest.mark.django_db

SMALL, LARGE = 50, 2000
READERS = ("office", "executive", "owner", "reviewer", "administrator")
MEASURED = ("portfolio:", "reminders:", "accounts:people", "gates:", "api:", "webhooks:")
CEILINGS = {
    "portfolio:table": 8,
    "portfolio:dashboard": 8,
    "portfolio:dependencies": 8,
    "portfolio:dependency": 11,
    "portfolio:promises": 13,
    "gates:initiative": 12,
}
SUBMITTING = 15

Costs = Mapping[tuple[str, str], int]


class Counter:
    """One reader of the pages, and what each costs."""

    def __init__(self, cast: Cast, role: str) -> None:
        self.client = Client()
        self.client.force_login(getattr(cast, role))
        self.redis = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
        cache.clear()
        self.client.get(reverse("gates:create"))
        self.frame = {key: self.redis.get(key) for key in self.redis.scan_iter()}

    def cost(self, method: str, url: str) -> int | None:
        """Queries of a request that is answered; None of one that is refused or sent elsewhere."""
        cache.clear()
        self.redis.mset(self.frame)
        with CaptureQueriesContext(connection) as captured:
            response = self.client.generic(method, url)
            if response.streaming:
                list(response)
        if method == "GET" and response.status_code != 200:
            return None
        assert response.status_code < 400
        return sum("SAVEPOINT" not in str(query["sql"]) for query in captured)


class Portfolio:
    """A portfolio that grows, with one initiative whose page is looked at."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.cast = make_cast()
        self.rollout = make_underway(self.cast, at=self.now, name="Claims triage assistant")
        self.vendor = make_dependency(
            self.rollout.initiative, by=self.cast.owner, at=self.now, name="Acme Speech"
        )
        self.item = make_meeting_with_item(self.cast, at=self.now)
        self.small = self._costs(SMALL)
        self.large = self._costs(LARGE)

    def _share(self, size: int) -> None:
        """More rely on the vendor than fit on a page, each on a thing of its own too; some have
        failed."""
        named: dict[str, Any] = {"named_by": self.cast.office, "named_at": self.now}
        listed: dict[str, Any] = {"listed_by": self.cast.office, "listed_at": self.now}
        new = list(Initiative.objects.filter(reliances=None)[: min(size // 10, 60)])
        own = Dependency.objects.bulk_create(
            Dependency(kind="team", name=f"Team of {each.reference}", **named) for each in new
        )
        Reliance.objects.bulk_create(
            Reliance(initiative=each, dependency=shared, used_for="Answers", **listed)
            for each, team in zip(new, own, strict=True)
            for shared in (self.vendor, team)
        )
        for each, team in list(zip(new, own, strict=True))[::20]:
            make_fault(team, each, by=self.cast.office, at=self.now)
            make_fault(self.vendor, each, by=self.cast.office, at=self.now)

    def _costs(self, size: int) -> Costs:
        seed(count=size - Rollout.objects.count(), seed=size, at=self.now)
        self._share(size)
        arguments = {
            "reference": self.rollout.initiative.reference,
            "portfolio:dependency.pk": self.vendor.pk,
            "day": self.item.meeting.day,
            "portfolio:export.kind": "csv",
            "portfolio:promises_export.kind": "csv",
            "portfolio:crosswalk_export.kind": "csv",
        }
        pages = [
            route
            for route in ROUTES.values()
            if route.name.startswith(
                ("portfolio:", "reminders:", "accounts:people", "gates:", "api:", "webhooks:")
            )
            and all(arguments.get(f"{route.name}.{p}", arguments.get(p)) for p in route.parameters)
        ]
        found = {}
        for role in READERS:
            counter = Counter(self.cast, role)
            for page in pages:
                cost = counter.cost("GET", page.url(arguments))
                if cost is not None:
                    found[page.name, role] = cost
        return found


@pytest.fixture(scope="module")
def portfolio(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Portfolio]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Portfolio()
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", CEILINGS)
def test_a_page_keeps_below_its_ceiling(name: str, portfolio: Portfolio) -> None:
    costs = {role: cost for (page, role), cost in portfolio.large.items() if page == name}
    assert costs
    assert max(costs.values()) <= CEILINGS[name], costs


def test_no_page_costs_more_in_a_large_portfolio(portfolio: Portfolio) -> None:
    assert set(portfolio.small) == set(portfolio.large)
    dearer = {
        page: (cost, portfolio.large[page])
        for page, cost in portfolio.small.items()
        if portfolio.large[page] > cost
    }
    assert dearer == {}


def test_submitting_a_review_keeps_below_its_ceiling(portfolio: Portfolio) -> None:
    cast, now = portfolio.cast, portfolio.now
    rollout = make_rollout(make_initiative(owner=cast.owner, at=now), by=cast.owner, at=now)
    make_ready(rollout, by=cast.owner, verifier=cast.contributor, at=now)
    review = open_review(rollout=rollout, by=cast.owner, at=now)
    url = reverse("gates:submit", args=[rollout.initiative.reference])
    cost = Counter(cast, "owner").cost("POST", url)
    review.refresh_from_db()
    assert review.state == "submitted"
    assert cost is not None
    assert cost <= SUBMITTING
