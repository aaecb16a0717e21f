"""What is kept of lists: for how long it holds, whatever figures stream in."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from accounts.models import User
from gates.models import Rollout, Standing
from gates.standings import refresh
from gates.tasks import follow_figures
from initiatives.services import assign_people
from metrics.models import Source
from metrics.observations import Reading, record_observations
from portfolio.keeping import newest_change
from tests.factories import NOW, make_metric, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(maya: User) -> Rollout:
    return make_rollout(owner=maya)


def change() -> str:
    """What a request that comes now calls the newest change."""
    return newest_change(RequestFactory().get("/"))


def record(rollout: Rollout, by: User, *, figures: int, source: str) -> None:
    initiative = rollout.initiative
    metric = initiative.metrics.first() or make_metric(initiative, by=by)
    begun = metric.observations.count()
    readings = [Reading(metric.pk, NOW - timedelta(minutes=begun + n), 7.0) for n in range(figures)]
    record_observations(initiative=initiative, readings=readings, source=source, by=by, at=NOW)


def test_figures_that_change_no_judgement_leave_what_is_kept(rollout: Rollout, maya: User) -> None:
    record(rollout, maya, figures=1, source=Source.API)
    follow_figures()
    before = change()
    for _ in range(3):
        record(rollout, maya, figures=5, source=Source.API)
        assert change() == before
        follow_figures()
    assert change() == before


def test_a_figure_that_changes_a_judgement_changes_what_is_kept(
    rollout: Rollout, maya: User
) -> None:
    record(rollout, maya, figures=1, source=Source.API)
    follow_figures()
    before, standing = change(), Standing.objects.get(rollout=rollout)
    Standing.objects.filter(pk=standing.pk).update(computed_met=["of_old"])
    record(rollout, maya, figures=1, source=Source.API)
    follow_figures()
    assert Standing.objects.get(rollout=rollout).computed_met == standing.computed_met
    assert change() != before


def test_a_judgement_that_says_the_same_is_not_written(rollout: Rollout) -> None:
    changed_at = Standing.objects.get(rollout=rollout).changed_at
    refresh([rollout.initiative_id], NOW)
    assert Standing.objects.get(rollout=rollout).changed_at == changed_at
    refresh([rollout.initiative_id], NOW + timedelta(days=60))
    assert Standing.objects.get(rollout=rollout).changed_at > changed_at


def test_any_other_event_changes_what_is_kept(rollout: Rollout, hannah: User, devin: User) -> None:
    before = change()
    assign_people(initiatives=[rollout.initiative], owner=devin, sponsor=None, by=hannah, at=NOW)
    assert change() != before
