"""500 figures a second over the API for a minute, while somebody looks at the portfolio.

Four clients send batches of fifty to a web server, with a worker beside it, as `make run` starts
them. Every tenth batch is sent again by a client that did not wait for its answer, and every tenth
has figures in it that were sent before. In the end each figure must be there once.
"""

import http.client
import json
import random
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from config.celery import app
from config.env import BASE_DIR
from config.run import COMMANDS
from initiatives.models import Initiative
from metrics.models import Metric, Observation
from tests.bench.measuring import Report, seconds
from tests.bench.world import grow, office, queued
from tests.factories import make_metric, make_token
from tests.plugins.worker import environment
from tests.together import free_port

SIZE, SECONDS, CLIENTS, BATCH, A_SECOND = 2133, 60, 4, 50, 500
METRICS = 5
"""Of each initiative that is measured; a batch speaks of two initiatives."""
INITIATIVES = 20
EVERY = 10
LOOKS = 300
MOST_TIMES = 2.0


def measure(report: Report) -> None:
    """Print the figures that are there, and the portfolio page's 95th percentile beside idle."""
    grow(SIZE)
    by, at = office(), timezone.now()
    token = make_token(by, at=at)[1]
    initiatives = Initiative.objects.order_by("pk")[:INITIATIVES]
    metrics = [[make_metric(each, by=by, at=at) for _ in range(METRICS)] for each in initiatives]
    feeders = [Feeder(number, token, metrics, at) for number in range(CLIENTS)]
    with queued(), running() as port:
        look = _looker(port, by)
        idle = [_pausing(look) for _ in range(LOOKS)]
        threads = [threading.Thread(target=each.feed, args=[port]) for each in feeders]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        meanwhile = []
        while any(thread.is_alive() for thread in threads):
            meanwhile.append(_pausing(look))
        took = time.monotonic() - began
    sent = {key for each in feeders for key in each.sent}
    there = Observation.objects.count()
    asked = CLIENTS * (SECONDS * A_SECOND // BATCH // CLIENTS)
    times = [answer for each in feeders for answer in each.times]
    report.fact(f"{len(times):,} batches answered", len(times) == asked)
    report.fact(f"{there:,} figures there, {len(sent):,} sent", there == len(sent))
    report.line("seconds they took", took, SECONDS + 1, "s")
    report.note(
        f"{statistics.median(times) * 1000:.0f} ms in the middle; "
        f"{sum(each.again for each in feeders)} batches sent again"
    )
    report.note(
        f"portfolio page idle {_p95(idle) * 1000:.1f} ms p95, "
        f"meanwhile {_p95(meanwhile) * 1000:.1f} ms of {len(meanwhile)} looks"
    )
    report.line("portfolio page, p95 meanwhile", _p95(meanwhile) / _p95(idle), MOST_TIMES, "×")


class Feeder:
    """A client of the API with figures of its own."""

    def __init__(
        self, number: int, token: str, metrics: list[list[Metric]], began: datetime
    ) -> None:
        self.dice = random.Random(number)
        self.metrics = metrics
        self.began = began - timedelta(days=1 + number)
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Host": "localhost",
        }
        self.sent: dict[str, dict[str, Any]] = {}
        self.times: list[float] = []
        self.again = 0
        self.number = number

    def feed(self, port: int) -> None:
        """Send at an even pace until the minute is over, in turn with the others: four systems
        that measure do not beat as one."""
        batches = SECONDS * A_SECOND // BATCH // CLIENTS
        pace = SECONDS / batches
        began = time.monotonic() + self.number * pace / CLIENTS
        for number in range(batches):
            time.sleep(max(0, began + number * pace - time.monotonic()))
            body = json.dumps({"observations": self._batch(number)}).encode()
            if number % EVERY == 0:
                self._leave(port, body)
                self.again += 1
            self.times.append(seconds(partial(self._send, port, body)))

    def _batch(self, number: int) -> list[dict[str, Any]]:
        """Fifty figures, of which some were sent before in every so many batches."""
        known = list(self.sent.values())
        repeated = self.dice.sample(known, 10) if number % EVERY == 5 else []
        measured = [m for of_one in self.dice.sample(self.metrics, 2) for m in of_one]
        new = []
        for each in range(BATCH - len(repeated)):
            key = f"{self.number}-{number}-{each}"
            at = self.began + timedelta(seconds=len(self.sent))
            value = round(self.dice.uniform(4, 40), 2)
            metric = self.dice.choice(measured).pk
            self.sent[key] = {"metric": metric, "at": at.isoformat(), "value": value, "key": key}
            new.append(self.sent[key])
        return new + repeated

    def _send(self, port: int, body: bytes) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        line.request("POST", "/api/v1/observations", body, self.headers)
        answer = line.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()
        line.close()

    def _leave(self, port: int, body: bytes) -> None:
        """Ask and hang up: whether it was recorded, this client never knows."""
        line = http.client.HTTPConnection("127.0.0.1", port)
        line.request("POST", "/api/v1/observations", body, self.headers)
        line.close()


def _looker(port: int, reader: User) -> Any:
    client = Client()
    client.force_login(reader)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())

    def look() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        line.request("GET", "/portfolio/", headers={"Cookie": cookies, "Host": "localhost"})
        answer = line.getresponse()
        assert answer.status == 200, answer.status
        answer.read()
        line.close()

    look()
    return look


def _pausing(look: Callable[[], None]) -> float:
    time.sleep(0.05)
    return seconds(look)


@contextmanager
def running() -> Iterator[int]:
    """Web server and worker on the benchmark's database; the server's port."""
    port = free_port()
    told = environment(HOST="127.0.0.1", PORT=str(port), SECRET_KEY=settings.SECRET_KEY)
    processes = [
        subprocess.Popen(COMMANDS[each], cwd=BASE_DIR, env=told) for each in ("web", "worker")
    ]
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=[over])
    try:
        while not _answers(port):
            assert processes[0].poll() is None, "the web server ended"
            time.sleep(0.1)
        beat.start()
        yield port
    finally:
        over.set()
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _beat(over: threading.Event) -> None:
    """Send what beat sends because of figures, and none of the reminders that a portfolio out of
    nothing is full of."""
    due = settings.CELERY_BEAT_SCHEDULE["follow-figures"]
    while not over.wait(due["schedule"].total_seconds()):
        app.send_task(due["task"], **due["options"])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[94]
