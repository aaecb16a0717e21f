"""Adding units: once each, however many people name the same one, and on record."""

from functools import partial

import pytest

from accounts.models import User
from audit.models import Event
from audit.services import SYSTEM, verify
from initiatives import services
from initiatives.models import BusinessUnit
from initiatives.services import unit_at
from tests.factories import NOW
from tests.together import Meeting, at_once

NAMES = ("Department of Examples", "Bureau of Samples")


@pytest.mark.django_db
def test_only_what_is_missing_is_added_and_recorded(hannah: User) -> None:
    first = unit_at(names=NAMES, by=hannah, at=NOW)
    assert unit_at(names=NAMES, by=hannah, at=NOW) == first
    assert BusinessUnit.objects.count() == 2
    events = Event.objects.filter(chain=SYSTEM, verb="unit.added").order_by("seq")
    assert [(event.actor_id, event.summary) for event in events] == [
        (hannah.pk, "Added the unit Department of Examples"),
        (hannah.pk, "Added the unit Department of Examples › Bureau of Samples"),
    ]
    assert verify() == (2, [])


@pytest.mark.django_db(transaction=True)
def test_two_who_name_the_same_new_unit_get_the_same_one(
    hannah: User, peter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting(2)
    new_unit = services._new_unit

    def look_then_meet(**unit: object) -> BusinessUnit:
        meeting.wait()
        return new_unit(**unit)

    monkeypatch.setattr(services, "_new_unit", look_then_meet)
    one, other = at_once([partial(unit_at, names=NAMES, by=by, at=NOW) for by in (hannah, peter)])
    assert one == other
    assert BusinessUnit.objects.count() == 2
