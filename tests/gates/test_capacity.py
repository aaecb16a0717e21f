"""Freed people go to what waits at intake, as it stands when they are given."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import Rollout
from gates.services.capacity import take_offer
from initiatives.errors import Refused
from operations.models import CapacityOffer
from operations.services.capacity import offer_capacity
from tests.factories import NOW, make_decision, make_initiative, make_passed, make_rollout
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(maya: User) -> CapacityOffer:
    return offer_capacity(
        initiative=make_rollout(make_initiative(owner=maya)).initiative,
        people=2,
        share_percent=50,
        skills="",
        free_from=NOW.date(),
        by=maya,
        at=NOW,
    )


def test_what_waits_at_intake_is_given_freed_people(
    offer: CapacityOffer, rollout: Rollout, hannah: User
) -> None:
    take_offer(offer=offer, initiative=rollout.initiative, by=hannah, at=NOW)
    assert CapacityOffer.objects.get().taken_by == rollout.initiative


def test_what_has_left_intake_in_the_meantime_is_not(
    offer: CapacityOffer, rollout: Rollout, people: dict[str, Any], hannah: User
) -> None:
    make_passed(rollout, gates=1, **people)
    with pytest.raises(Refused, match="it has left intake"):
        take_offer(offer=offer, initiative=rollout.initiative, by=hannah, at=NOW)
    assert CapacityOffer.objects.get().taken_by is None


def test_the_page_says_so(
    offer: CapacityOffer,
    rollout: Rollout,
    carol: User,
    hannah: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The initiative is stopped after the form was checked and before the offer is taken."""
    client.force_login(hannah)

    def stopped_first(**given: Any) -> None:
        make_decision(rollout, "stop", by=carol)
        take_offer(**given)

    monkeypatch.setattr("gates.forms.practice.take_offer", stopped_first)
    url = reverse("gates:change_record", args=[offer.initiative.reference, "capacity", offer.pk])
    page = client.post(url, {"goes_to": rollout.initiative.reference}).content.decode()
    assert "it has left intake" in page
    assert CapacityOffer.objects.get().taken_by is None


@pytest.mark.django_db(transaction=True)
def test_people_given_beside_a_stop_are_given_before_it_or_not_at_all(
    offer: CapacityOffer, rollout: Rollout, carol: User, hannah: User
) -> None:
    taken, stopped = at_once(
        [
            lambda: take_offer(offer=offer, initiative=rollout.initiative, by=hannah, at=NOW),
            lambda: make_decision(rollout, "stop", by=carol),
        ]
    )
    assert not isinstance(stopped, Exception)
    given = CapacityOffer.objects.get().taken_by == rollout.initiative
    assert isinstance(taken, Refused) is not given
