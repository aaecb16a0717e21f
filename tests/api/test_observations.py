"""Figures from whatever measures: in batches, each once, as far as a token reaches."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from initiatives.models import Initiative
from metrics.models import Observation
from tests.api.calling import by_token
from tests.factories import make_metric, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def initiative(maya: User) -> Initiative:
    return make_rollout(owner=maya, at=timezone.now() - timedelta(days=30)).initiative


def figure(metric: Any, value: float, at: datetime, key: str = "") -> dict[str, Any]:
    return {"metric": metric.pk, "at": at.isoformat(), "value": value, "key": key}


def test_a_batch_is_recorded_and_a_repeated_one_is_not(initiative: Initiative, maya: User) -> None:
    at = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    metric = make_metric(initiative, by=maya, at=at)
    call = by_token(maya, metrics=[metric])
    batch = {"observations": [figure(metric, n, at - timedelta(days=n), f"k{n}") for n in (1, 2)]}
    assert call("POST", "observations", batch) == {"new": 2, "corrections": 0, "repeated": 0}
    assert call("POST", "observations", batch) == {"new": 0, "corrections": 0, "repeated": 2}
    told = call("GET", f"metrics/{metric.pk}/observations")
    assert [(row["value"], row["key"]) for row in told["items"]] == [(1.0, "k1"), (2.0, "k2")]
    assert call("GET", f"metrics/{metric.pk}")["latest"] == 1.0


def test_a_batch_is_recorded_whole_or_not_at_all(initiative: Initiative, maya: User) -> None:
    at = timezone.now()
    metric = make_metric(initiative, by=maya, at=at)
    call = by_token(maya)
    ahead = [figure(metric, 1, at), *(figure(metric, 1, at + timedelta(days=n)) for n in (1, 2))]
    said = call("POST", "observations", {"observations": ahead})
    assert (call.status, len(said["reasons"])) == (409, 2)
    assert not Observation.objects.exists()


def test_a_figure_of_a_metric_out_of_reach_is_not_found(initiative: Initiative, maya: User) -> None:
    at = timezone.now()
    reached, beside = (make_metric(initiative, by=maya, at=at) for _ in range(2))
    call = by_token(maya, metrics=[reached])
    batch = [figure(reached, 1, at), figure(beside, 1, at)]
    call("POST", "observations", {"observations": batch})
    assert call.status == 404
    assert not Observation.objects.exists()


def test_a_batch_has_a_thousand_figures_at_most(initiative: Initiative, maya: User) -> None:
    at = timezone.now()
    metric = make_metric(initiative, by=maya, at=at)
    call = by_token(maya)
    call("POST", "observations", {"observations": [figure(metric, 1, at)] * 1001})
    assert call.status == 422
    call("POST", "observations", {"observations": []})
    assert call.status == 422
