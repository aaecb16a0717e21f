"""Figures are fetched from addresses that somebody set up, each claimed as a row."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from initiatives.errors import Refused
from metrics.feeds import claim_feeds, end_feed, fetch, set_up_feed
from metrics.models import Feed, Metric, Observation
from tests.factories import NOW, make_initiative, make_metric, make_rollout

pytestmark = pytest.mark.django_db
INSIDE = override_settings(ALLOWED_HOSTS_OUT=["127.0.0.1"])


class Monitoring(ThreadingHTTPServer):
    """Answers with ``said``, whatever is asked, and keeps what was."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.said: tuple[int, Any] = (200, {})
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Monitoring)
        status, body = self.server.said
        self.server.asked.append(self.path)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is told."""


@pytest.fixture
def monitoring() -> Iterator[Monitoring]:
    server = Monitoring()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def latency(maya: User) -> Metric:
    rollout = make_rollout(make_initiative(owner=maya), by=maya)
    fields = {"baseline": None, "baseline_on": None, "target": 200}
    return make_metric(rollout.initiative, by=maya, kind="latency", name="Latency", **fields)


def feed(metric: Metric, monitoring: Monitoring, by: User, kind: str = "json", **more: Any) -> Feed:
    named = {"query": "data.0.value", "every_seconds": 60, **more}
    return set_up_feed(metric=metric, kind=kind, url=monitoring.url, by=by, at=NOW, **named)


def prometheus(*results: tuple[float, str]) -> dict[str, Any]:
    found = [{"metric": {}, "value": [at, value]} for at, value in results]
    return {"status": "success", "data": {"resultType": "vector", "result": found}}


@INSIDE
def test_a_prometheus_query_gives_its_value_and_moment(
    latency: Metric, monitoring: Monitoring, maya: User
) -> None:
    asked = feed(latency, monitoring, maya, "prometheus", query="avg(latency_ms)")
    moment = NOW - timedelta(seconds=30)
    monitoring.said = (200, prometheus((moment.timestamp(), "182.5")))
    fetch(feed=asked, at=NOW)
    row = Observation.objects.get(metric=latency)
    assert (row.value, row.at, row.source, row.recorded_by) == (182.5, moment, "pull", maya)
    assert "query=avg%28latency_ms%29" in monitoring.asked[0]


@INSIDE
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((200, prometheus()), "found nothing"),
        ((200, prometheus((1.0, "1"), (1.0, "2"))), "found 2 series"),
        ((200, prometheus((NOW.timestamp(), "NaN"))), "no finite number"),
        ((200, {"status": "error"}), "did not answer"),
        ((503, {}), "answered 503"),
        ((200, b"<html>"), "no JSON"),
    ],
)
def test_an_answer_without_a_figure_stands_on_the_feed(
    latency: Metric, monitoring: Monitoring, maya: User, said: Any, words: str
) -> None:
    asked = feed(latency, monitoring, maya, "prometheus", query="up")
    monitoring.said = said
    fetch(feed=asked, at=NOW)
    asked.refresh_from_db()
    assert words in asked.said
    assert not Observation.objects.exists()


@INSIDE
def test_json_is_read_along_its_way(latency: Metric, monitoring: Monitoring, maya: User) -> None:
    asked = feed(latency, monitoring, maya)
    monitoring.said = (200, {"data": [{"value": "171"}]})
    fetch(feed=asked, at=NOW)
    assert Observation.objects.get().value == 171
    monitoring.said = (200, {"data": []})
    fetch(feed=asked, at=NOW + timedelta(minutes=1))
    asked.refresh_from_db()
    assert "nothing at “0”" in asked.said


def test_an_address_inside_is_refused_unless_it_is_allowed(
    latency: Metric, monitoring: Monitoring, maya: User
) -> None:
    with pytest.raises(Refused, match="CLEARWAY_ALLOWED_HOSTS_OUT"):
        feed(latency, monitoring, maya)
    with INSIDE:
        asked = feed(latency, monitoring, maya)
    fetch(feed=asked, at=NOW)  # allowed once, and no longer
    asked.refresh_from_db()
    assert "CLEARWAY_ALLOWED_HOSTS_OUT" in asked.said
    assert monitoring.asked == []


@INSIDE
def test_a_feed_is_claimed_once_in_its_time(
    latency: Metric, monitoring: Monitoring, maya: User
) -> None:
    asked = feed(latency, monitoring, maya)
    assert claim_feeds(at=NOW) == [asked]
    assert claim_feeds(at=NOW + timedelta(seconds=59)) == []
    assert claim_feeds(at=NOW + timedelta(seconds=60)) == [asked]
    end_feed(feed=asked, by=maya, at=NOW)
    assert claim_feeds(at=NOW + timedelta(days=1)) == []


@INSIDE
def test_an_address_that_gives_no_figure_is_left_alone_for_a_while(
    latency: Metric, monitoring: Monitoring, maya: User
) -> None:
    asked = feed(latency, monitoring, maya, every_seconds=5)
    assert claim_feeds(at=NOW) == [asked]
    monitoring.said = (503, {})
    fetch(feed=asked, at=NOW)
    assert claim_feeds(at=NOW + timedelta(seconds=299)) == []
    assert claim_feeds(at=NOW + timedelta(minutes=5)) == [asked]
    monitoring.said = (200, {"data": [{"value": "171"}]})
    fetch(feed=asked, at=NOW + timedelta(minutes=5))
    assert claim_feeds(at=NOW + timedelta(minutes=5, seconds=5)) == [asked]


@INSIDE
def test_a_metric_is_fetched_from_one_address(
    latency: Metric, monitoring: Monitoring, maya: User
) -> None:
    first = feed(latency, monitoring, maya)
    with pytest.raises(Refused, match="is fetched from"):
        feed(latency, monitoring, maya)
    end_feed(feed=first, by=maya, at=NOW)
    assert feed(latency, monitoring, maya)


@INSIDE
def test_it_is_set_up_watched_and_ended_on_the_metrics_page(
    latency: Metric, monitoring: Monitoring, maya: User, client: Client
) -> None:
    client.force_login(maya)
    url = f"/initiatives/{latency.initiative.reference}/metrics/{latency.pk}/figures/"
    typed = {"kind": "json", "url": monitoring.url, "query": "p95", "every_seconds": "60"}
    assert client.post(url, {**typed, "every_seconds": "1"}).status_code == 422
    assert client.post(url, typed).status_code == 302
    asked = Feed.objects.get()
    monitoring.said = (200, {"p95": 190})
    fetch(feed=asked, at=NOW)
    page = client.get(url).content.decode()
    assert "Asked of a monitoring system" in page
    assert monitoring.url in page
    ended = client.post(
        f"/initiatives/{latency.initiative.reference}/metrics/feeds/{asked.pk}/end/"
    )
    assert ended.status_code == 302
    assert "Nothing is fetched." in client.get(url).content.decode()
