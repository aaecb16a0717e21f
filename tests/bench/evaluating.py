"""Judging 10,000 rollouts anew, by another playbook and another day, in a worker that is killed.

Each initiative has as many metrics as gates ask of, and each metric a figure for every day that a
window may reach back to. The time counts from the message to the last standing, in a worker as
`make run` starts it; its memory is the most that the process and its children held at any look.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
from django.db import connection
from django.utils import timezone

from audit.services import SystemActor
from gates.models import Rollout, Standing
from gates.tasks import refresh_standings
from initiatives.models import Initiative
from metrics.models import Metric
from playbook.document import Document
from playbook.measures import MOST_DAYS
from playbook.models import PlaybookVersion
from playbook.services import publish
from tests.bench.measuring import Report
from tests.bench.world import FULL, grow, office, queued
from tests.plugins.worker import kill, worker

MOST_SECONDS, MOST_MEGABYTES = 60, 700
KINDS = ("business", "adoption", "latency", "reliability", "quality", "cost")
A_FIGURE_A_DAY = """
    INSERT INTO metrics_day (metric_id, day, count, total, low, high)
    SELECT m.id, current_date - back, 3, 30 + back %% 7, 9, 12
    FROM metrics_metric m, generate_series(1, %s) back
"""


def measure(report: Report) -> None:
    """Print seconds and memory, and what a killed worker had done and left."""
    grow(FULL)
    _measured_daily()
    Rollout.objects.filter(pk__in=Rollout.objects.live()).update(playbook=_another_playbook())
    with tempfile.TemporaryDirectory() as folder, queued():
        log = Path(folder) / "worker.log"
        due = _all_run_out()
        with worker(log) as process:
            took, most = _judged(process.pid, until=lambda left: left == 0)
        report.line(f"{due:,} rollouts judged anew", took, MOST_SECONDS, "s")
        report.line("memory of the worker and its children", most, MOST_MEGABYTES, "MB")
        _all_run_out()
        with worker(log) as process:
            _judged(process.pid, until=lambda left: left <= due // 2)
            kill(process)
        left = _run_out()
        report.fact(f"killed half-way: {due - left:,} judged and kept", 0 < left < due)
        with worker(log) as process:
            took, _most = _judged(process.pid, until=lambda left: left == 0)
        report.note(f"the next worker judged the other {left:,} in {took:.1f} s")


def _measured_daily() -> None:
    """Metrics with a figure a day, for whoever has none."""
    at, by = timezone.now(), office()
    Metric.objects.bulk_create(
        (
            Metric(
                initiative=initiative,
                name=f"{kind} of it",
                kind=kind,
                direction="up",
                baseline=5,
                baseline_on=at.date(),
                target=11,
                latest=11,
                latest_at=at - timedelta(hours=1),
                set_by=by,
                set_at=at,
            )
            for initiative in Initiative.objects.filter(metrics=None)
            for kind in KINDS
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute(A_FIGURE_A_DAY, [MOST_DAYS])
        cursor.execute("VACUUM ANALYZE")


def _another_playbook() -> PlaybookVersion:
    """The current one under an edition of its own."""
    told = PlaybookVersion.objects.current().parsed.model_dump(mode="json")
    told["edition"] = "bench"
    return publish(document=Document.model_validate(told), by=SystemActor(), at=timezone.now())


def _all_run_out() -> int:
    return Standing.objects.update(valid_until=timezone.now().date() - timedelta(days=1))


def _run_out() -> int:
    return Standing.objects.filter(valid_until__lt=timezone.now().date()).count()


def _judged(pid: int, *, until: Callable[[int], bool]) -> tuple[float, float]:
    """Seconds and megabytes that the worker took to get so far."""
    refresh_standings.delay()
    start, most = time.monotonic(), 0.0
    while not until(_run_out()):
        assert time.monotonic() - start < 10 * MOST_SECONDS, "the worker does not get there"
        most = max(most, _megabytes(pid))
        time.sleep(0.25)
    return time.monotonic() - start, most


def _megabytes(pid: int) -> float:
    parent = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (parent, *parent.children(True))) / 1e6
