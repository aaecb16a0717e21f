"""What the figures suggest, what a person judges, and why the two may differ."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import Event
from gates.models import Rollout
from initiatives.errors import Refused
from risks.models import Assessment
from tests.factories import NOW, make_assessment, make_rollout

pytestmark = pytest.mark.django_db

THREE_IN_FIVE = {"records_at_threshold": 60.0}  # calls for likelihood 5 and impact 5


@pytest.fixture
def rollout(maya: User) -> Rollout:
    return make_rollout(owner=maya, by=maya)


def assess(rollout: Rollout, by: User, **fields: Any) -> Assessment:
    stored: Assessment = make_assessment(rollout.initiative, "data_quality", by=by, **fields)
    return stored


def test_what_the_figures_suggested_is_kept_with_the_judgement(
    rollout: Rollout, maya: User
) -> None:
    stored = assess(rollout, maya, indicators=THREE_IN_FIVE, likelihood=5, impact=5)
    assert (stored.suggested_likelihood, stored.suggested_impact) == (5, 5)
    assert stored.override_reason == ""


@pytest.mark.parametrize("degrees", [(3, 5), (5, 4), (2, 2)])
def test_judging_otherwise_than_the_figures_needs_a_reason(
    rollout: Rollout, maya: User, degrees: tuple[int, int]
) -> None:
    judged = {"indicators": THREE_IN_FIVE, "likelihood": degrees[0], "impact": degrees[1]}
    with pytest.raises(Refused, match="Say why not"):
        assess(rollout, maya, **judged)
    stored = assess(rollout, maya, **judged, override_reason="  Cleaned last week. ")
    assert stored.override_reason == "Cleaned last week."


def test_a_reason_is_not_kept_for_a_judgement_that_follows_the_figures(
    rollout: Rollout, maya: User
) -> None:
    stored = assess(
        rollout,
        maya,
        indicators=THREE_IN_FIVE,
        likelihood=5,
        impact=5,
        override_reason="None needed.",
    )
    assert stored.override_reason == ""


def test_figures_that_other_rows_tell_suggest_and_are_not_stored_as_answers(
    rollout: Rollout, maya: User
) -> None:
    told = {"systems_by_hand": 3, "integration_months": 6.0}
    stored = make_assessment(
        rollout.initiative, "integration", by=maya, figures=told, likelihood=5, impact=5
    )
    assert (stored.suggested_likelihood, stored.suggested_impact) == (5, 5)
    assert stored.indicators == {}
    event = Event.objects.filter(verb="risk.assessed").latest("seq")
    assert event.data["figures"] == told


def test_inherent_current_and_residual_never_rise_in_this_order(
    rollout: Rollout, maya: User
) -> None:
    with pytest.raises(Refused, match="With no response: no degree"):
        assess(rollout, maya, likelihood=3, impact=3, inherent_likelihood=2, inherent_impact=3)
    with pytest.raises(Refused, match="With the response in place"):
        assess(rollout, maya, likelihood=3, impact=3, residual_likelihood=4)
    stored = assess(
        rollout,
        maya,
        likelihood=3,
        impact=3,
        inherent_likelihood=5,
        inherent_impact=4,
        residual_likelihood=1,
    )
    assert (stored.inherent_likelihood, stored.inherent_impact) == (5, 4)
    assert (stored.residual_likelihood, stored.residual_impact) == (1, 3)


def test_a_day_knows_which_assessments_were_current_then(rollout: Rollout, maya: User) -> None:
    first = assess(rollout, maya, likelihood=2)
    second = assess(rollout, maya, likelihood=3, at=NOW + timedelta(days=2))
    then = Assessment.objects.as_of(NOW + timedelta(days=1))
    assert [row.pk for row in then] == [first.pk]
    assert [row.pk for row in Assessment.objects.as_of(NOW + timedelta(days=2))] == [second.pk]


def test_the_database_keeps_no_silent_override(rollout: Rollout, maya: User) -> None:
    stored = assess(rollout, maya, indicators=THREE_IN_FIVE, likelihood=5, impact=5)
    with pytest.raises(IntegrityError, match="judged_otherwise"), transaction.atomic():
        Assessment.objects.filter(pk=stored.pk).update(likelihood=2, residual_likelihood=2)
