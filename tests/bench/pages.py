"""Pages at 10,000 initiatives as multiples of the reference view R, and the weight of a visit."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Grant, User
from accounts.roles import Role
from portfolio.sample.seed import seed
from tests.bench.measuring import Report, interleaved, seconds

SIZES = (50, 2133, 10_000)
MOST_QUERIES = {"/portfolio/": 8, "/dashboard/": 8}


def measure(report: Report) -> None:
    office = _somebody()
    client = Client(HTTP_HOST="localhost")
    client.force_login(office)
    counted: dict[str, list[int]] = {path: [] for path in MOST_QUERIES}
    made = 0
    for size in SIZES:
        made += seed(count=size - made, seed=size, at=timezone.now())
        for path in counted:
            counted[path].append(_queries(client, path))
    for path, most in MOST_QUERIES.items():
        counts = counted[path]
        same = "the same" if len(set(counts)) == 1 else f"{counts}, not the same"
        report.line(f"queries of {path} at 50, 2,133 and 10,000: {same}", max(counts), most)
        report.failed |= len(set(counts)) > 1
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _times(report, client)
    _weight(report, client)


def _somebody() -> User:
    user = User.objects.create_user("bench@example.org", "Bench Office")
    Grant.objects.create(user=user, role=Role.PROGRAM_OFFICE)
    return user


def _queries(client: Client, path: str) -> int:
    """Queries of a view of a portfolio that has just changed: nothing is kept yet."""
    client.get(path)
    cache.delete_many(_kept_keys())
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def _kept_keys() -> list[str]:
    """The keys of what is kept of the portfolio, without those of sessions."""
    redis = cache._cache.get_client()  # type: ignore[attr-defined]
    prefix = cache.make_key("portfolio:")
    found = redis.scan_iter(f"{prefix}*")
    return [key.decode().split(":", 2)[2] for key in found]


def _times(report: Report, client: Client) -> None:
    def page(path: str, **headers: str) -> Callable[[], object]:
        return lambda: client.get(path, **headers)  # type: ignore[arg-type]

    ratios = interleaved(
        page("/bench/reference/"),
        {
            "portfolio": page("/portfolio/"),
            "dashboard": page("/dashboard/"),
            "partial": page("/portfolio/?label=stalled", HTTP_HX_REQUEST="true"),
        },
    )
    report.line("portfolio page, p50 in R", ratios["portfolio"].p50, 1.5)
    report.line("portfolio page, p95 in R", ratios["portfolio"].p95, 2)
    report.line("dashboard, p50 in R", ratios["dashboard"].p50, 2)
    report.line("htmx partial of the table, p50 in R", ratios["partial"].p50, 0.8)
    cold = []
    for _ in range(5):
        cache.delete_many(_kept_keys())
        cold.append(seconds(page("/dashboard/")) / seconds(page("/bench/reference/")))
    report.note(f"the dashboard right after a change: {sorted(cold)[2]:.1f} R")


def _weight(report: Report, client: Client) -> None:
    """What a browser without anything in its cache fetches to show the dashboard, compressed."""
    html = client.get("/dashboard/").content
    linked = set(re.findall(rb'(?:href|src)="(/static/[^"#]+)', html))
    sizes = [len(gzip.compress(html))]
    for path in linked:
        file = Path(settings.STATIC_ROOT) / path.decode().removeprefix(settings.STATIC_URL)
        sizes.append(len(gzip.compress(file.read_bytes())))
    report.line("first view of the dashboard, kB gzip", sum(sizes) / 1000, 60, "kB")
    report.line("its requests", len(sizes), 6)
