"""A failure found in one initiative is a fact of every other that relies on the same thing."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from gates.case import Case, case_of
from gates.differences import differences
from gates.models import Rollout, Standing
from gates.services.decisions import Choice, FactsChanged, NewCondition, decide
from initiatives.dependencies import answer_fault, mend_fault, rely_on, take_off
from initiatives.errors import Refused
from initiatives.models import Dependency, Fault, Initiative
from tests.factories import (
    NOW,
    make_decision,
    make_dependency,
    make_fault,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def elsewhere(devin: User, hannah: User) -> Initiative:
    """Under way too, with another owner."""
    initiative = make_initiative(owner=devin, by=hannah)
    make_rollout(initiative, by=hannah)
    initiative.refresh_from_db()
    return initiative


@pytest.fixture
def vendor(rollout: Rollout, elsewhere: Initiative, maya: User) -> Dependency:
    return make_dependency(elsewhere, rollout.initiative, by=maya, name="Acme Speech")


@pytest.fixture
def fault(vendor: Dependency, elsewhere: Initiative, devin: User) -> Fault:
    return make_fault(vendor, elsewhere, by=devin, text="Late at noon")


def case(rollout: Rollout, at: Any = NOW) -> Case:
    return case_of(Rollout.objects.get(pk=rollout.pk), at=at)


def answer(fault: Fault, rollout: Rollout, by: User, verdict: str = "handled") -> None:
    said: dict[str, Any] = {"initiative": rollout.initiative, "by": by, "at": NOW}
    answer_fault(fault=fault, verdict=verdict, text="A second vendor.", **said)


def states(rollout: Rollout) -> list[str]:
    return [finding.state for finding in case(rollout).evaluation.of("dependency")]


def kinds(rollout: Rollout) -> list[str]:
    return Standing.objects.get(rollout=rollout).blocker_kinds


def test_a_failure_is_a_fact_of_the_others_and_of_nobody_else(
    rollout: Rollout, elsewhere: Initiative, fault: Fault, hannah: User
) -> None:
    (fact,) = case(rollout).facts.faults
    assert (fact.dependency, fact.text, fact.verdict) == ("Acme Speech", "Late at noon", "")
    assert (fact.where, fact.since) == (elsewhere.reference, NOW.date())
    assert case(elsewhere.rollouts.get()).facts.faults == ()  # type: ignore[attr-defined]
    aside = make_rollout(by=hannah)
    assert case(aside).facts.faults == ()


def test_it_waits_for_the_gate_after_the_pilot_and_lists_follow_at_once(
    rollout: Rollout, people: dict[str, Any], fault: Fault, maya: User, devin: User
) -> None:
    assert states(rollout) == []  # nobody is reached yet
    make_passed(rollout, gates=1, **people)
    assert states(rollout) == ["unknown"]
    assert "dependency" in kinds(rollout)
    answer(fault, rollout, maya)
    assert states(rollout) == ["warning"]
    assert "dependency" not in kinds(rollout)
    answer(fault, rollout, maya, "no_concern")
    assert states(rollout) == []


def test_mending_asks_nobody_any_more(
    rollout: Rollout, people: dict[str, Any], fault: Fault, devin: User
) -> None:
    make_passed(rollout, gates=1, **people)
    mend_fault(fault=fault, note="A larger plan.", by=devin, at=NOW)
    assert states(rollout) == []
    assert "dependency" not in kinds(rollout)


def test_who_begins_to_rely_on_what_has_failed_is_asked_too(
    elsewhere: Initiative, people: dict[str, Any], maya: User, devin: User, rollout: Rollout
) -> None:
    make_passed(rollout, gates=1, **people)
    vendor = make_dependency(elsewhere, by=devin)
    make_fault(vendor, elsewhere, by=devin)
    assert states(rollout) == []
    rely_on(initiative=rollout.initiative, dependency=vendor, used_for="Text", by=maya, at=NOW)
    assert states(rollout) == ["unknown"]
    assert "dependency" in kinds(rollout)


def test_it_keeps_every_gate_shut_until_it_is_answered(
    rollout: Rollout,
    people: dict[str, Any],
    reviewers: list[User],
    vendor: Dependency,
    elsewhere: Initiative,
    maya: User,
    devin: User,
    carol: User,
    lena: User,
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    for gate in (1, 2, 3, 4):
        fault = make_fault(vendor, elsewhere, by=devin)
        make_ready(rollout, by=maya, verifier=lena, skip=["dependency"])
        make_sign_offs(make_submitted(rollout, by=maya), reviewers)
        with pytest.raises(Refused, match="Nobody has said yet what it means here"):
            make_decision(rollout, by=carol)
        answer(fault, rollout, maya)
        assert make_decision(rollout, by=carol).gate == gate
        rollout = Rollout.objects.get(pk=rollout.pk)


def test_a_conditional_go_may_leave_it_to_a_condition(
    rollout: Rollout,
    people: dict[str, Any],
    reviewers: list[User],
    fault: Fault,
    maya: User,
    carol: User,
    lena: User,
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    make_ready(rollout, by=maya, verifier=lena, skip=["dependency"])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    asked = NewCondition(f"dependency:{fault.pk}", "Ask them.", maya, NOW.date() + 30 * DAY)
    made = make_decision(rollout, "conditional_go", conditions=[asked], by=carol)
    assert made.to_stage == "readiness"


def test_a_decider_signs_for_it_and_reads_what_changed(
    rollout: Rollout,
    people: dict[str, Any],
    reviewers: list[User],
    vendor: Dependency,
    elsewhere: Initiative,
    maya: User,
    devin: User,
    carol: User,
    lena: User,
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    seen = case(rollout).seen
    fault = make_fault(vendor, elsewhere, by=devin, text="Late at noon")
    with pytest.raises(FactsChanged) as refused:
        decide(rollout=rollout, choice=Choice("go", "It holds."), seen=seen, by=carol, at=NOW)
    (change,) = refused.value.changes
    assert change.title == "Failures elsewhere of what it shares"
    assert "Acme Speech" in change.after
    assert "not answered" in change.after
    before = case(rollout)
    answer(fault, rollout, maya, "no_concern")
    after = case(rollout)
    (change,) = differences(after.document, before.seen, after.seen)
    assert "it does not concern us" in change.after
    again = answer_fault(
        fault=fault,
        initiative=rollout.initiative,
        verdict="no_concern",
        text="Other words.",
        by=maya,
        at=NOW,
    )
    assert again.verdict == "no_concern"
    assert case(rollout).digest != after.digest


def test_who_answered_a_failure_does_not_decide_where_the_gate_asks_for_it(
    rollout: Rollout, people: dict[str, Any], fault: Fault, carol: User, hannah: User
) -> None:
    answer(fault, rollout, hannah)
    assert hannah.pk in case(rollout).decider_ids  # Gate 0 asks nothing of it
    make_passed(rollout, gates=1, **people)
    assert hannah.pk not in case(rollout).decider_ids
    assert carol.pk in case(rollout).decider_ids


def test_taking_the_thing_off_washes_no_hands(
    rollout: Rollout, people: dict[str, Any], vendor: Dependency, fault: Fault, hannah: User
) -> None:
    make_passed(rollout, gates=1, **people)
    answer(fault, rollout, hannah, "no_concern")
    take_off(reliance=vendor.reliances.get(initiative=rollout.initiative), by=hannah, at=NOW)
    assert hannah.pk not in case(rollout).decider_ids


def test_who_mended_it_while_the_others_wait_does_not_decide_there_until_their_next_stage(
    rollout: Rollout, people: dict[str, Any], fault: Fault, carol: User, hannah: User, maya: User
) -> None:
    make_passed(rollout, gates=1, **people)
    mend_fault(fault=fault, note="A larger plan.", by=hannah, at=NOW + DAY)
    assert hannah.pk not in case(rollout, NOW + DAY).decider_ids
    make_passed(rollout, gates=1, at=NOW + 2 * DAY, **people)
    assert hannah.pk in case(rollout, NOW + 2 * DAY).decider_ids
