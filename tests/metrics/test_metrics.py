"""Metrics: what is kept of them, which of them count, and what they tell of the value."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Rollout
from initiatives.errors import Refused
from metrics.feeds import set_up_feed
from metrics.models import Metric, Source
from metrics.observations import Reading, record_observations
from metrics.services import change_metric, end_metric
from playbook.findings import Finding
from tests.factories import NOW, make_metric, make_rollout

pytestmark = pytest.mark.django_db

HELPFUL = {
    "name": "Answers rated helpful",
    "kind": "model",
    "unit": "% of answers",
    "direction": "up",
    "baseline": None,
    "baseline_on": None,
    "target": None,
}


@pytest.fixture
def rollout(maya: User) -> Rollout:
    return make_rollout(owner=maya, by=maya)


def value(rollout: Rollout) -> Finding:
    found = case_of(rollout, at=NOW).evaluation.of("failure_mode")
    return next(finding for finding in found if finding.key == "value")


def test_adding_changing_and_ending_leave_their_events(rollout: Rollout, maya: User) -> None:
    metric = make_metric(rollout.initiative, by=maya, name="Minutes a case")
    change_metric(metric=metric, fields={"target": 4}, by=maya, at=NOW)
    change_metric(metric=metric, fields={"target": 4}, by=maya, at=NOW)
    end_metric(metric=metric, why=" Nobody counts it. ", by=maya, at=NOW)
    stored = Metric.objects.get()
    assert (stored.ended_by, stored.ended_at, stored.why_ended) == (maya, NOW, "Nobody counts it.")
    assert not Metric.objects.live().exists()
    events = Event.objects.filter(verb__startswith="metric.").order_by("seq")
    assert [event.verb for event in events] == [
        "metric.added",
        "metric.changed",
        "metric.ended",
    ]
    assert events[1].data["changed"] == {"target": [5, 4]}
    assert events[2].data["why"] == "Nobody counts it."


def test_a_metric_ends_with_a_reason_and_once(rollout: Rollout, maya: User) -> None:
    metric = make_metric(rollout.initiative, by=maya)
    with pytest.raises(Refused, match="Why: say"):
        end_metric(metric=metric, why=" ", by=maya, at=NOW)
    end_metric(metric=metric, why="Nobody counts it.", by=maya, at=NOW)
    with pytest.raises(Metric.DoesNotExist):
        end_metric(metric=metric, why="Again.", by=maya, at=NOW)


def test_an_ended_metric_takes_no_figure_no_change_and_no_feed(
    rollout: Rollout, maya: User
) -> None:
    metric = make_metric(rollout.initiative, by=maya)
    address = {"kind": "json", "url": "https://93.184.216.34/n", "query": "n", "every_seconds": 60}
    feed = set_up_feed(metric=metric, by=maya, at=NOW, **address)
    end_metric(metric=metric, why="Nobody counts it.", by=maya, at=NOW)
    with pytest.raises(Refused, match="no such metric"):
        record_observations(
            initiative=rollout.initiative,
            readings=[Reading(metric.pk, NOW, 7)],
            source=Source.API,
            by=maya,
            at=NOW,
        )
    with pytest.raises(Metric.DoesNotExist):
        change_metric(metric=metric, fields={"target": 4}, by=maya, at=NOW)
    with pytest.raises(Metric.DoesNotExist):
        set_up_feed(metric=metric, by=maya, at=NOW, **address)
    feed.refresh_from_db()
    assert (feed.ended_by, feed.ended_at) == (maya, NOW)


def test_the_name_of_an_ended_metric_is_free(rollout: Rollout, maya: User) -> None:
    metric = make_metric(rollout.initiative, by=maya, name="Minutes a case")
    end_metric(metric=metric, why="Counted in hours from now on.", by=maya, at=NOW)
    assert make_metric(rollout.initiative, by=maya, name="Minutes a case", unit="hours").pk


def test_saving_it_as_it_was_leaves_whose_hand_it_was(
    rollout: Rollout, maya: User, hannah: User
) -> None:
    metric = make_metric(rollout.initiative, by=maya, name="Minutes a case")
    change_metric(metric=metric, fields={"name": " Minutes a case "}, by=hannah, at=NOW)
    stored = Metric.objects.get()
    assert (stored.set_by, stored.hands) == (maya, [maya.pk])


def test_a_metric_keeps_its_kind(rollout: Rollout, maya: User) -> None:
    metric = make_metric(rollout.initiative, by=maya)
    with pytest.raises(Refused, match="Name another metric"):
        change_metric(metric=metric, fields={"kind": "model"}, by=maya, at=NOW)


@pytest.mark.parametrize("fields", [{"unit": "hours"}, {"kind": "model"}])
def test_once_it_has_figures_it_stays_what_it_measures(
    fields: dict[str, str], rollout: Rollout, maya: User
) -> None:
    metric = make_metric(rollout.initiative, by=maya)
    record_observations(
        initiative=rollout.initiative,
        readings=[Reading(metric.pk, NOW, 7)],
        source=Source.FORM,
        by=maya,
        at=NOW,
    )
    with pytest.raises(Refused, match="Name another metric"):
        change_metric(metric=metric, fields=fields, by=maya, at=NOW)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "give its name"),
        ({"name": "minutes A CASE"}, "is there already"),
        ({"baseline_on": None}, "Baseline measured on: give the figure and its day"),
        ({"baseline_on": NOW.date() + timedelta(days=1)}, "a day that has come"),
        ({"target": 31}, "worse than the baseline"),
        ({"direction": "up"}, "worse than the baseline"),
    ],
)
def test_a_metric_that_says_nothing_certain_is_refused(
    rollout: Rollout, maya: User, fields: dict[str, Any], words: str
) -> None:
    make_metric(rollout.initiative, by=maya, name="Minutes a case")
    with pytest.raises(Refused, match=words):
        make_metric(rollout.initiative, by=maya, **fields)
    assert Metric.objects.count() == 1


def test_a_target_may_be_to_hold_what_there_is(rollout: Rollout, maya: User) -> None:
    assert make_metric(rollout.initiative, by=maya, target=30).counts


@pytest.mark.seed("S-068")
def test_a_models_own_metric_makes_no_case_and_names_the_failure(
    rollout: Rollout, maya: User
) -> None:
    assert value(rollout).state == "unknown"
    metric = make_metric(rollout.initiative, by=maya, **HELPFUL)
    assert not metric.counts
    found = value(rollout)
    assert found.state == "not_met"
    assert "no business case" in found.text
    make_metric(rollout.initiative, by=maya)
    assert value(rollout).state == "unknown"


@pytest.mark.seed("S-071")
def test_a_business_metric_counts_once_it_has_baseline_and_target(
    rollout: Rollout, maya: User
) -> None:
    metric = make_metric(rollout.initiative, by=maya, baseline=None, baseline_on=None, target=None)
    assert metric.lacks == ("no baseline", "no target")
    assert value(rollout).state == "not_met"
    known = {"baseline": 30, "baseline_on": NOW.date(), "target": 5}
    assert change_metric(metric=metric, fields=known, by=maya, at=NOW).counts
    assert value(rollout).state == "unknown"


@pytest.mark.seed("S-072")
def test_a_metric_that_nothing_records_is_told(rollout: Rollout, maya: User) -> None:
    make_metric(rollout.initiative, by=maya, measured_by="")
    assert "not recorded now" in value(rollout).text


@pytest.mark.parametrize(
    ("direction", "latest", "reached"),
    [("down", 5, True), ("down", 6, False), ("up", 5, True), ("up", 4, False), ("up", None, None)],
)
def test_a_target_is_reached_by_the_direction_that_is_better(
    direction: str, latest: float | None, reached: bool | None
) -> None:
    assert Metric(direction=direction, target=5, latest=latest).reached is reached
