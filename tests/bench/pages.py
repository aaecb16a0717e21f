"""Pages at 10,000 initiatives as multiples of R, a plain table of fifty rows.

Django's test client, in one process, through every middleware, with compression, cached templates
and the settings of production. Each percentile is set beside the same percentile of R, round by
round, so that what else the machine does slows both. Nothing changes meanwhile; the first visit
after a change, for which nothing is kept, is noted apart.
"""

from collections.abc import Callable

from django.test import Client

from tests.bench.measuring import Report, interleaved
from tests.bench.world import FULL, change, grow, office, signed_in

ROUNDS, REPEATS = 5, 40
REFERENCE = "R, the reference view"
SEARCH = "a search by word"
MOST = {
    "portfolio page": (1.5, 2.0),
    "dashboard": (2.0, None),
    "partial: a filter": (0.8, None),
    "partial: the next page": (0.8, None),
}


def measure(report: Report) -> None:
    """Print each page in R."""
    grow(FULL)
    client = signed_in(office())
    times = interleaved(
        {
            REFERENCE: _page(client, "/bench/reference/"),
            "portfolio page": _page(client, "/portfolio/"),
            "dashboard": _page(client, "/dashboard/"),
            "partial: a filter": _partial(client, "label=stalled"),
            "partial: the next page": _partial(client, "page=2"),
            SEARCH: _partial(client, "q=triage"),
        },
        rounds=ROUNDS,
        repeats=REPEATS,
    )
    for name, measured in times.items():
        report.note(f"{name:<24} {measured.p50 * 1000:6.1f} ms p50  {measured.p95 * 1000:6.1f} p95")
    for name, (most_p50, most_p95) in MOST.items():
        page, reference = times[name], times[REFERENCE]
        report.line(f"{name}, p50", page.beside(reference, 50), most_p50, "R")
        if most_p95:
            report.line(f"{name}, p95", page.beside(reference, 95), most_p95, "R")
    ratio = times[SEARCH].beside(times[REFERENCE], 50)
    report.note(f"{SEARCH}, which is never kept: {ratio:.1f} R")
    changed = interleaved(
        {
            REFERENCE: _page(client, "/bench/reference/"),
            "portfolio page": _after_a_change(_page(client, "/portfolio/")),
            "dashboard": _after_a_change(_page(client, "/dashboard/")),
        },
        rounds=3,
        repeats=5,
    )
    for name in ("portfolio page", "dashboard"):
        ratio = changed[name].beside(changed[REFERENCE], 50)
        report.note(f"{name}, the first after a change: {ratio:.1f} R")


def _page(client: Client, path: str) -> Callable[[], object]:
    def get() -> None:
        assert client.get(path).status_code == 200

    return get


def _partial(client: Client, query: str) -> Callable[[], object]:
    path = f"/portfolio/?{query}"
    return lambda: client.get(path, HTTP_HX_REQUEST="true")


def _after_a_change(get: Callable[[], object]) -> Callable[[], object]:
    def act() -> None:
        change()
        get()

    return act
