"""Programs that are not ours drive a gate: curl by the API, and Prometheus by a query."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from audit.services import SystemActor
from gates.models import Rollout
from metrics.feeds import fetch, set_up_feed
from metrics.models import Feed, Metric
from playbook.document import Document
from playbook.loading import standard
from playbook.places import data_of
from playbook.services import publish
from tests.api.calling import secret_of
from tests.factories import FIGURES, make_initiative, make_metric, make_passed, make_rollout
from tests.metrics.exporter import prometheus

COMPUTED = ("criterion:performance_stable", "criterion:adoption_on_target")
PATIENCE_SECONDS = 90


def in_seconds() -> Document:
    """The standard, with weeks of two seconds and figures that count for four."""
    data = data_of(standard())
    for criterion in data["gates"][3]["criteria"]:
        for measure in criterion["measures"]:
            measure.update(period="2s", periods=2, fresh="4s")
    return Document.model_validate(data)


@pytest.fixture
def rollout(maya: User, carol: User, lena: User, hannah: User, reviewers: list[User]) -> Rollout:
    """In limited production, at Gate 3, with a metric of each kind and no figure."""
    at = timezone.now()
    publish(document=in_seconds(), by=SystemActor(), at=at)
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=at)
    rollout = make_passed(
        make_rollout(initiative, by=hannah, at=at),
        gates=3,
        owner=maya,
        verifier=lena,
        reviewers=reviewers,
        decider=carol,
        at=at,
    )
    for kind in ("adoption", "latency", "reliability", "quality"):
        direction, baseline, target, _good = FIGURES[kind]
        named = {"direction": direction, "baseline": baseline, "target": target}
        make_metric(initiative, by=maya, at=at, kind=kind, **{**named, "baseline_on": None})
    return rollout


def curl(*words: str, body: Any = None) -> Any:
    sent = [] if body is None else ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    done = subprocess.run(
        ["curl", "--fail-with-body", "-s", *sent, *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    return json.loads(done.stdout)


@override_settings(ALLOWED_HOSTS_OUT=["127.0.0.1"])
@pytest.mark.django_db(transaction=True)
def test_gate_3_goes_from_unknown_to_met_to_stale_and_nobody_touches_a_browser(
    server: str, rollout: Rollout, maya: User, tmp_path: Path
) -> None:
    by_token = ("-H", f"Authorization: Bearer {secret_of(maya)}")
    metrics = {m.kind: m for m in Metric.objects.filter(initiative=rollout.initiative_id)}

    def states() -> set[str]:
        url = f"{server}/api/v1/initiatives/{rollout.initiative.reference}/evaluation"
        findings = curl(*by_token, url)["findings"]
        return {found["state"] for found in findings if found["id"] in COMPUTED}

    def pushed() -> None:
        """Adoption and quality, measured just now."""
        now = timezone.now().isoformat()
        figures = [
            {"metric": metrics[kind].pk, "at": now, "value": FIGURES[kind][3]}
            for kind in ("adoption", "quality")
        ]
        curl(*by_token, f"{server}/api/v1/observations", body={"observations": figures})

    assert states() == {"unknown"}
    with prometheus(tmp_path, latency_ms=180, up_percent=99.9) as address:
        feeds = [
            feed(metrics["latency"], address, "latency_ms", maya),
            feed(metrics["reliability"], address, "up_percent", maya),
        ]

        def measured() -> bool:
            pushed()
            for each in feeds:
                fetch(feed=each, at=timezone.now())
            return states() == {"met"}

        until(measured, "the gate's figures are met")
    until(lambda: states() == {"stale"}, "what is no longer measured goes stale")


def feed(metric: Metric, address: str, query: str, by: User) -> Feed:
    at: datetime = timezone.now()
    return set_up_feed(
        metric=metric,
        kind="prometheus",
        url=address,
        query=query,
        every_seconds=5,
        by=by,
        at=at,
    )


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS} s: {what}"
