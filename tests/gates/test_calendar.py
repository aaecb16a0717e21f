"""What the calendar does by itself: judgements run out, and a go whose condition was not met."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.models import Event
from gates import standings
from gates.case import Case
from gates.models import Condition, Rollout, Standing
from gates.services.decisions import NewCondition
from gates.tasks import refresh_standings, revoke_overdue_goes, settle_slips
from tests.factories import (
    NOW,
    make_decision,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db


def day(offset: int) -> datetime:
    return NOW + timedelta(days=offset)


def test_a_list_calls_an_initiative_stalled_when_its_days_have_passed(
    maya: User, time_machine: Any
) -> None:
    rollout = make_rollout(owner=maya)
    standing = Standing.objects.get(rollout=rollout)
    assert "stalled" not in standing.labels
    assert standing.valid_until is not None
    time_machine.move_to(datetime.combine(standing.valid_until, NOW.timetz()))
    refresh_standings()
    assert "stalled" not in Standing.objects.get(rollout=rollout).labels
    time_machine.shift(timedelta(days=1))
    refresh_standings()
    assert "stalled" in Standing.objects.get(rollout=rollout).labels


def test_a_rollout_that_cannot_be_judged_holds_up_no_other(
    maya: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    time_machine: Any,
) -> None:
    broken, *others = (make_rollout(owner=maya, at=day(number)) for number in range(4))
    judge = standings.standing_of

    def judging(case: Case, **about: Any) -> Standing:
        if about["rollout_id"] == broken.pk:
            raise ValueError("Its playbook cannot be read.")
        return judge(case, **about)

    monkeypatch.setattr(standings, "standing_of", judging)
    monkeypatch.setattr(standings, "AT_ONCE", 2)
    time_machine.move_to(day(90))
    refresh_standings()
    stalled = Standing.objects.filter(labels__contains=["stalled"])
    assert {each.rollout_id for each in stalled} == {other.pk for other in others}
    reference = broken.initiative.reference
    assert caplog.text.count("could not be judged anew") == 1
    assert f"{reference} could not be judged anew" in caplog.text
    settle_slips()


@pytest.fixture
def conditional(maya: User, hannah: User, devin: User, reviewers: list[User]) -> Rollout:
    """Gone to pilot on a condition that is due ten days after NOW."""
    rollout = make_rollout(owner=maya)
    make_ready(rollout, by=devin, verifier=reviewers[0])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers, skip=["business"])
    owed = NewCondition("sign_off:business", "Have the case signed", devin, day(10).date())
    make_decision(rollout, "conditional_go", by=hannah, conditions=[owed])
    return rollout


def stage(rollout: Rollout) -> str:
    return str(Rollout.objects.get(pk=rollout.pk).stage)


def test_a_go_is_taken_back_when_the_grace_of_its_condition_is_over(
    conditional: Rollout, time_machine: Any
) -> None:
    grace = conditional.playbook.parsed.condition_grace_days
    time_machine.move_to(day(10 + grace))
    revoke_overdue_goes()
    assert stage(conditional) == "pilot", "the last day of grace"
    time_machine.shift(timedelta(days=1))
    revoke_overdue_goes()
    revoke_overdue_goes()
    assert stage(conditional) == "intake"
    chain = Event.objects.of(conditional.initiative.chain)
    assert chain.filter(actor_label="Clearway", verb__contains="revoke").count() == 1


def test_one_that_cannot_be_revoked_holds_up_no_other(
    conditional: Rollout,
    time_machine: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    condition = Condition.objects.get()

    def fail(**arguments: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("gates.tasks.revoke_go", fail)
    time_machine.move_to(day(60))
    revoke_overdue_goes()
    assert f"The go of condition {condition.pk} could not be revoked" in caplog.text
