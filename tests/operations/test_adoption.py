"""Who really uses it, what is done where too few do, and what came of what they said."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from gates.case import case_of
from gates.models import Rollout
from initiatives.errors import Refused
from operations.models import UserGroup
from operations.services import adoption
from playbook.loading import standard
from playbook.reach import groups
from tests.factories import NOW, make_initiative, make_rollout

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture
def scaled(maya: User) -> Rollout:
    return make_rollout(make_initiative(owner=maya), stage="scaled", by=maya)


@pytest.fixture
def act(maya: User) -> dict[str, Any]:
    return {"by": maya, "at": NOW}


def add(rollout: Rollout, act: dict[str, Any], *, name: str = "Night shift") -> UserGroup:
    return adoption.describe_group(
        initiative=rollout.initiative, name=name, people=90, target_percent=60, **act
    )


def told(rollout: Rollout) -> list[str]:
    """What Gate 4 says of the groups."""
    facts = case_of(rollout, at=NOW).facts
    return [finding.state for finding in groups(standard().gate(4), facts)]


@pytest.mark.seed("S-115")
def test_a_group_below_its_target_needs_an_action_that_has_not_failed(
    scaled: Rollout, maya: User, act: dict[str, Any]
) -> None:
    group = add(scaled, act)
    assert told(scaled) == [], "nothing is known of a group that nobody measured"
    measured = TODAY - timedelta(days=3)
    adoption.measure_group(group=group, using=31, measured_on=measured, **act)
    assert told(scaled) == ["not_met"]
    named: dict[str, Any] = {"reason": "17 of 22 cannot ask anybody.", "owner": maya, "due": TODAY}
    adoption.act_on_group(group=group, action="Pair each night", **named, **act)
    assert told(scaled) == ["warning"]
    adoption.finish_action(group=group, **act)
    assert told(scaled) == ["warning"], "whether it helped is not measured yet"
    later = {**act, "at": NOW + timedelta(days=7)}
    after = TODAY + timedelta(days=6)
    adoption.measure_group(group=group, using=33, measured_on=after, **later)
    assert told(scaled) == ["not_met"], "done, and still below"
    adoption.act_on_group(group=group, action="A flag explains itself", **named, **later)
    assert told(scaled) == ["warning"]
    adoption.measure_group(group=group, using=54, measured_on=after, **later)
    assert told(scaled) == []


def test_more_users_than_people_and_days_to_come_are_refused(
    scaled: Rollout, act: dict[str, Any]
) -> None:
    group = add(scaled, act)
    with pytest.raises(Refused) as refused:
        adoption.measure_group(group=group, using=91, measured_on=TODAY + timedelta(days=1), **act)
    assert len(refused.value.reasons) == 2
    adoption.measure_group(group=group, using=80, measured_on=TODAY, **act)
    with pytest.raises(Refused, match="80 of the group use it"):
        adoption.describe_group(
            initiative=scaled.initiative,
            group=group,
            name="Night shift",
            people=79,
            target_percent=60,
            **act,
        )


def test_a_name_is_given_once(scaled: Rollout, act: dict[str, Any]) -> None:
    add(scaled, act)
    with pytest.raises(Refused, match="another group has this name"):
        add(scaled, act, name="night SHIFT")


def test_an_action_has_a_reason_and_is_finished_once(
    scaled: Rollout, maya: User, act: dict[str, Any]
) -> None:
    group = add(scaled, act)
    with pytest.raises(Refused, match="Name one first"):
        adoption.finish_action(group=group, **act)
    with pytest.raises(Refused) as refused:
        adoption.act_on_group(group=group, reason="", action=" ", owner=maya, due=TODAY, **act)
    assert len(refused.value.reasons) == 2
    adoption.act_on_group(group=group, reason="Far", action="Ask", owner=maya, due=TODAY, **act)
    adoption.finish_action(group=group, **act)
    with pytest.raises(Refused, match="done already"):
        adoption.finish_action(group=group, **act)


@pytest.mark.seed("S-108", "S-122")
def test_feedback_is_closed_once_with_what_came_of_it(scaled: Rollout, act: dict[str, Any]) -> None:
    item = adoption.log_feedback(
        initiative=scaled.initiative, text="Slow.", received_on=TODAY, stage="scaled", **act
    )
    with pytest.raises(Refused, match="What came of it"):
        adoption.close_feedback(item=item, outcome="", released=True, **act)
    closed = adoption.close_feedback(item=item, outcome="A cache.", released=True, **act)
    assert (closed.closed_by, closed.released) == (act["by"], True)
    with pytest.raises(Refused, match="closed already"):
        adoption.close_feedback(item=item, outcome="Again.", released=False, **act)
