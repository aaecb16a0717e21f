"""Lists follow figures that come by themselves: soon, once, and whatever happens in between."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from gates import standings
from gates.case import case_of
from gates.models import Rollout, Standing
from gates.tasks import follow_figures, refresh_standings, settle_slips
from initiatives.hooks import gathered
from metrics.models import Metric, Source
from metrics.observations import Reading, record_observations
from tests.factories import (
    NOW,
    make_initiative,
    make_measured,
    make_passed,
    make_rollout,
)

pytestmark = pytest.mark.django_db
CRITERION = "business_metrics_positive"


@pytest.fixture
def pilot(maya: User, lena: User, peter: User, reviewers: list[User], time_machine: Any) -> Rollout:
    """In its pilot, where figures show that the business metrics are positive."""
    time_machine.move_to(NOW)
    people: dict[str, Any] = {"verifier": lena, "reviewers": reviewers, "decider": peter}
    rollout = make_rollout(make_initiative(owner=maya), by=maya)
    rollout = make_passed(rollout, gates=1, owner=maya, **people)
    make_measured(rollout.initiative, rollout.playbook.parsed.criterion(CRITERION), by=maya)
    assert shown(rollout) == {CRITERION}
    return rollout


def standing(rollout: Rollout) -> Standing:
    return Standing.objects.get(rollout=rollout)


def shown(rollout: Rollout) -> set[str]:
    """What lists know of the criterion."""
    return {CRITERION} & set(standing(rollout).computed_met)


def record(rollout: Rollout, value: float, *, by: User, source: str = Source.API) -> None:
    metric = Metric.objects.get(initiative=rollout.initiative_id, kind="business")
    after = (metric.latest_at or NOW) + timedelta(seconds=1)
    record_observations(
        initiative=rollout.initiative,
        readings=[Reading(metric.pk, after, value)],
        source=source,
        by=by,
        at=NOW,
    )


@pytest.mark.parametrize("source", [Source.API, Source.PULL])
def test_lists_follow_when_the_queue_gets_to_it_and_a_gate_needs_not_wait(
    pilot: Rollout, maya: User, source: str
) -> None:
    record(pilot, 900.0, by=maya, source=source)
    assert shown(pilot) == {CRITERION}
    case = case_of(pilot, at=NOW)
    states = {found.key: found.state for found in case.evaluation.of("criterion")}
    assert states[CRITERION] == "not_met"
    follow_figures()
    assert shown(pilot) == set()


@pytest.mark.parametrize("source", [Source.FORM, Source.PASTE])
def test_what_somebody_types_is_in_the_lists_at_once(
    pilot: Rollout, maya: User, source: str
) -> None:
    record(pilot, 900.0, by=maya, source=source)
    assert shown(pilot) == set()


def test_a_rollout_is_judged_once_however_many_figures_came(
    pilot: Rollout, maya: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    judge = standings.standing_of

    def judging(*case: Any, **about: Any) -> Standing:
        judged.append(about["rollout_id"])
        return judge(*case, **about)

    monkeypatch.setattr(standings, "standing_of", judging)
    for value in (5.0, 6.0, 7.0):
        record(pilot, value, by=maya)
    assert judged == []
    follow_figures()
    follow_figures()
    assert judged == [pilot.pk]


def test_a_doubt_alone_is_no_change_of_what_lists_show(pilot: Rollout, maya: User) -> None:
    follow_figures()
    before = standing(pilot).changed_at
    record(pilot, 4.0, by=maya)
    assert standing(pilot).doubted_since == NOW
    assert standing(pilot).changed_at == before
    follow_figures()
    assert standing(pilot).doubted_since is None


def test_whatever_judges_it_meanwhile_ends_the_doubt(pilot: Rollout, maya: User) -> None:
    record(pilot, 900.0, by=maya)
    standings.refresh([pilot.initiative_id], NOW)
    assert shown(pilot) == set()
    assert standing(pilot).doubted_since is None


@pytest.mark.parametrize("sweep", [refresh_standings, settle_slips])
def test_a_sweep_of_the_calendar_takes_figures_into_account(
    pilot: Rollout, maya: User, sweep: Any
) -> None:
    record(pilot, 900.0, by=maya)
    sweep()
    assert shown(pilot) == set()


def test_within_one_act_they_are_judged_at_its_end(pilot: Rollout, maya: User) -> None:
    with gathered(NOW):
        record(pilot, 900.0, by=maya)
    assert shown(pilot) == set()


def test_who_waits_longest_comes_first(
    pilot: Rollout, maya: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standings, "AT_ONCE", 1)
    other = make_rollout(make_initiative(owner=maya), by=maya)
    record(pilot, 900.0, by=maya)
    standings.doubt([other.initiative_id], NOW - timedelta(seconds=9))
    follow_figures()
    assert standing(other).doubted_since is None
    assert shown(pilot) == {CRITERION}
    follow_figures()
    assert shown(pilot) == set()


def test_one_that_cannot_be_judged_is_left_to_the_hourly_sweep(
    pilot: Rollout, maya: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def judging(*case: Any, **about: Any) -> Standing:
        raise ValueError("Its playbook cannot be read.")

    record(pilot, 900.0, by=maya)
    with monkeypatch.context() as broken:
        broken.setattr(standings, "standing_of", judging)
        follow_figures()
        follow_figures()
        assert caplog.text.count(f"{pilot.initiative.reference} could not be judged anew") == 1
        record(pilot, 901.0, by=maya)
        follow_figures()
    assert caplog.text.count("could not be judged anew") == 1
    refresh_standings()
    assert shown(pilot) == set()


def test_with_nothing_to_follow_it_costs_one_query(
    pilot: Rollout, django_assert_num_queries: Any
) -> None:
    follow_figures()
    with django_assert_num_queries(1):
        follow_figures()


@pytest.mark.django_db(transaction=True)
def test_figures_that_are_committed_after_the_judgement_are_not_lost(
    pilot: Rollout, maya: User
) -> None:
    """The worker judges between the moment that figures are written and that of their commit."""
    record(pilot, 4.0, by=maya)

    def in_another_session() -> None:
        follow_figures()
        connection.close()

    with transaction.atomic():
        record(pilot, 900.0, by=maya)
        worker = threading.Thread(target=in_another_session)
        worker.start()
        worker.join(timeout=30)
        assert not worker.is_alive()
    assert shown(pilot) == {CRITERION}
    follow_figures()
    assert shown(pilot) == set()
