"""Base rates: what stood behind earlier holds, returns, stops, pauses and stalls."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from gates.causes import base_rates
from gates.models import StallNote
from gates.services.rollouts import pause
from tests.factories import NOW, make_decision, make_initiative, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def coded(hannah: User, peter: User) -> None:
    """Three initiatives: an ordinary one stopped and paused before, two of rights-impact."""
    first = make_rollout(make_initiative(by=peter, impact_class="ordinary"), by=peter)
    pause(rollout=first, reason="Waiting.", cause="budget", by=peter, at=NOW)
    make_decision(first, "stop", by=hannah, cause="budget")
    second = make_rollout(make_initiative(by=peter, impact_class="rights"), by=peter)
    make_decision(second, "stop", by=hannah, cause="value")
    third = make_rollout(make_initiative(by=peter, impact_class="rights"), by=peter)
    for days, cause in ((0, "value"), (1, "governance")):
        StallNote.objects.create(
            rollout=third,
            words="Under review.",
            cause=cause,
            noted_by=peter,
            noted_at=NOW + timedelta(days=days),
        )


@pytest.mark.seed("S-023")
@pytest.mark.seed("S-001", "S-023")
def test_initiatives_of_the_same_impact_class_are_compared(coded: None) -> None:
    rates = base_rates("rights", compare_from=2)
    assert rates.impact_class == "rights"
    assert rates.enough
    assert rates.counts == {"value": 1, "governance": 1}
    assert rates.total == 2


def test_too_few_of_a_kind_fall_back_on_the_whole_organisation(coded: None) -> None:
    rates = base_rates("rights", compare_from=3)
    assert rates.impact_class == ""
    assert rates.counts == {"budget": 1, "value": 1, "governance": 1}
    assert rates.total == 3
    assert rates.share("budget") == pytest.approx(1 / 3)


def test_too_few_in_all_are_told_as_too_few(coded: None) -> None:
    assert not base_rates("rights", compare_from=10).enough


def test_an_initiative_is_not_compared_with_itself(coded: None) -> None:
    stopped = StallNote.objects.latest("pk").rollout.initiative_id
    assert base_rates("rights", compare_from=3, besides=stopped).total == 2


def test_nothing_coded_is_no_rate(db: None) -> None:
    rates = base_rates("rights", compare_from=10)
    assert (rates.total, rates.share("value"), rates.enough) == (0, 0.0, False)


def test_it_costs_one_query(coded: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        base_rates("rights", compare_from=2)
    assert len(captured) == 1
