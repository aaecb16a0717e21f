"""Source systems: what is listed of them, and what they tell of the integration by themselves."""

from decimal import Decimal

import pytest

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Rollout
from initiatives.errors import Refused
from initiatives.models import Initiative
from playbook.findings import Finding
from risks.facts import figures_of
from risks.models import SourceSystem
from risks.sources import change_source, list_source, remove_source
from tests.factories import NOW, make_assessment, make_rollout, make_source

pytestmark = pytest.mark.django_db

BY_HAND = {"pilot_way": "by_hand", "months": 2, "in_scope": False, "in_budget": False}


@pytest.fixture
def rollout(maya: User) -> Rollout:
    return make_rollout(owner=maya, by=maya)


def integration(rollout: Rollout) -> Finding:
    found = case_of(rollout, at=NOW).evaluation.of("failure_mode")
    return next(finding for finding in found if finding.key == "integration")


def test_listing_changing_and_taking_off_leave_their_events(rollout: Rollout, maya: User) -> None:
    source = make_source(rollout.initiative, by=maya, name=" Claims register ", months=6)
    assert source.name == "Claims register"
    version = Initiative.objects.get(pk=rollout.initiative_id).version
    change_source(source=source, fields={"months": Decimal("4.5")}, by=maya, at=NOW)
    assert Initiative.objects.get(pk=rollout.initiative_id).version == version + 1
    remove_source(source=source, by=maya, at=NOW)
    assert not SourceSystem.objects.live().exists()
    events = Event.objects.filter(verb__startswith="source.").order_by("seq")
    assert [event.verb for event in events] == [
        "source.listed",
        "source.changed",
        "source.removed",
    ]
    assert events[1].data["changed"] == {"months": ["6.0", "4.5"]}
    assert events[2].data["name"] == "Claims register"


def test_saving_what_is_known_already_writes_nothing(rollout: Rollout, maya: User) -> None:
    source = make_source(rollout.initiative, by=maya, months=Decimal("2.0"))
    before = Event.objects.count()
    change_source(source=source, fields={"months": Decimal("2")}, by=maya, at=NOW)
    assert Event.objects.count() == before


def test_a_system_needs_a_name_of_its_own(rollout: Rollout, maya: User) -> None:
    make_source(rollout.initiative, by=maya, name="Register")
    other = make_source(rollout.initiative, by=maya, name="Archive")
    fields = {"name": "register", "pilot_way": "by_hand"}
    with pytest.raises(Refused, match="listed already"):
        list_source(initiative=rollout.initiative, fields=fields, by=maya, at=NOW)
    with pytest.raises(Refused, match="listed already"):
        change_source(source=other, fields=fields, by=maya, at=NOW)
    with pytest.raises(Refused, match="give its name"):
        change_source(source=other, fields={"name": " "}, by=maya, at=NOW)


@pytest.mark.parametrize(
    ("answers", "told"),
    [([True, True], True), ([True, None], None), ([None, False], False), ([True, False], False)],
)
def test_one_system_outside_the_scope_puts_the_whole_outside(
    answers: list[bool | None], told: bool | None
) -> None:
    rows = [
        {
            "pilot_way": "connected",
            "security": "",
            "months": None,
            "in_scope": answer,
            "in_budget": True,
        }
        for answer in answers
    ]
    assert figures_of(rows).get("integration_in_scope") is told
    assert figures_of([]) == {}


@pytest.mark.seed("S-043")
def test_three_systems_by_hand_are_an_integration_failure_as_soon_as_they_are_listed(
    rollout: Rollout, maya: User
) -> None:
    assert integration(rollout).state == "unknown"
    for name in ("Claims", "Payments", "Letters"):
        make_source(rollout.initiative, by=maya, name=name, **BY_HAND)
    found = integration(rollout)
    assert found.state == "not_met"
    assert "Six months or more" in found.text
    assert found.blocks
    assert not found.coverable


def test_systems_listed_after_the_assessment_reopen_it(rollout: Rollout, maya: User) -> None:
    make_assessment(rollout.initiative, "integration", by=maya)
    assert integration(rollout).state == "met"
    make_source(rollout.initiative, by=maya, **BY_HAND)
    found = integration(rollout)
    assert found.state == "stale"
    assert "now call for" in found.text
