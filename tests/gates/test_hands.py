"""Whoever entered a fact that a gate's findings rest on does not decide at it; nor does taking the
fact away make them a stranger to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from checklists.services import confirm_check, meet_check
from gates.case import case_of
from gates.models import Decision, Release, Rollout
from gates.services.exceptions import approve_exception
from gates.services.money import withdraw
from gates.services.slips import settle
from initiatives.errors import Refused
from initiatives.models import Assumption
from initiatives.money import approve_tranche
from initiatives.premises import judge_assumption, withdraw_assumption
from initiatives.services import assign_people
from metrics.services import end_metric
from operations.services import count_exposure
from operations.services.adoption import describe_group, measure_group
from risks.sources import FIELDS, change_source, remove_source
from tests.factories import (
    NOW,
    make_assumption,
    make_decision,
    make_evidence,
    make_exception,
    make_giving_way,
    make_measured,
    make_metric,
    make_passed,
    make_rollout,
    make_source,
    make_tranche,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def decides(rollout: Rollout, user: User) -> bool:
    stored = Rollout.objects.get(pk=rollout.pk)
    return user.pk in case_of(stored, at=NOW).decider_ids


def test_who_lists_a_system_or_sets_a_metric_does_not_decide(
    rollout: Rollout, carol: User, hannah: User
) -> None:
    assert decides(rollout, carol) and decides(rollout, hannah)
    make_source(rollout.initiative, by=carol)
    make_metric(rollout.initiative, by=hannah)
    assert not decides(rollout, carol) and not decides(rollout, hannah)


def test_who_measured_a_group_does_not_decide(rollout: Rollout, maya: User, carol: User) -> None:
    group = describe_group(
        initiative=rollout.initiative, name="Clerks", people=9, target_percent=60, by=maya, at=NOW
    )
    measure_group(group=group, using=8, measured_on=NOW.date(), by=carol, at=NOW)
    assert not decides(rollout, carol)


def test_who_says_a_check_is_met_does_not_decide_and_who_confirms_it_does(
    rollout: Rollout, people: dict[str, Any], maya: User, lena: User, carol: User, hannah: User
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    check = rollout.playbook.parsed.checks[0]
    evidence = make_evidence(rollout.initiative, by=maya, verified_by=lena)
    asked: dict[str, Any] = {"initiative": rollout.initiative, "check": check}
    meet_check(evidence=evidence, days_valid=90, by=carol, at=NOW + DAY, **asked)
    confirm_check(by=hannah, at=NOW + DAY, **asked)
    assert not decides(rollout, carol)
    assert decides(rollout, hannah)


def test_who_counted_last_does_not_decide_where_the_stage_has_bounds(
    rollout: Rollout, people: dict[str, Any], maya: User, carol: User
) -> None:
    rollout = make_passed(rollout, gates=3, **people)
    count: dict[str, Any] = {"initiative": rollout.initiative, "exposed": 900, "at": NOW}
    count_exposure(counted_on=NOW.date() - DAY, by=carol, **count)
    assert not decides(rollout, carol)
    count_exposure(counted_on=NOW.date(), by=maya, **count)
    assert decides(rollout, carol)


def test_a_count_from_before_the_stage_opens_no_gate(
    rollout: Rollout, people: dict[str, Any], maya: User
) -> None:
    rollout = make_passed(rollout, gates=3, **people)
    before = NOW.date() - DAY
    count_exposure(initiative=rollout.initiative, exposed=900, counted_on=before, by=maya, at=NOW)
    (found,) = case_of(rollout, at=NOW).evaluation.of("band")
    assert (found.state, found.key) == ("unknown", "stale")


def test_who_stated_an_assumption_does_not_decide(rollout: Rollout, carol: User) -> None:
    make_assumption(rollout.initiative, by=carol)
    assert not decides(rollout, carol)


def test_withdrawing_what_one_judged_washes_no_hands(
    rollout: Rollout, people: dict[str, Any], maya: User, carol: User, hannah: User
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    row = make_assumption(rollout.initiative, by=maya)
    judge_assumption(assumption=row, verdict="refuted", finding="No.", by=carol, at=NOW)
    withdraw_assumption(assumption=row, by=hannah, at=NOW)
    assert not decides(rollout, carol) and not decides(rollout, hannah)
    assert row.text not in [a.text for a in case_of(rollout, at=NOW).facts.assumptions]
    with pytest.raises(Refused, match="was withdrawn"):
        withdraw_assumption(assumption=row, by=carol, at=NOW)


def test_ending_a_metric_washes_no_hands(
    rollout: Rollout, people: dict[str, Any], maya: User, carol: User, hannah: User, peter: User
) -> None:
    pilot = make_passed(rollout, gates=1, **people)
    criterion = pilot.playbook.parsed.criterion("business_metrics_positive")
    make_measured(pilot.initiative, criterion, by=maya)
    metric = make_metric(pilot.initiative, by=carol)

    def state() -> str:
        found = case_of(pilot, at=NOW).evaluation.of("criterion")
        return next(each.state for each in found if each.key == criterion.key)

    assert state() == "unknown"
    assert decides(pilot, hannah)
    end_metric(metric=metric, why="Nobody can count it.", by=hannah, at=NOW)
    assert state() == "met"
    assert not decides(pilot, hannah) and not decides(pilot, carol)
    assert decides(pilot, peter)


def test_who_asked_for_money_or_owned_it_then_does_not_decide_on_its_release(
    rollout: Rollout, maya: User, devin: User, carol: User, hannah: User, peter: User
) -> None:
    initiative = rollout.initiative
    beyond = make_tranche(initiative, by=hannah, stage="limited", approved_by=peter)
    asked = make_tranche(initiative, by=hannah)
    assert decides(rollout, hannah)  # another gate's, and money that no go releases
    approve_tranche(tranche=asked, amount=asked.requested, by=peter, at=NOW)
    assert not decides(rollout, hannah)
    assert decides(rollout, peter) and decides(rollout, carol)
    withdraw(tranche=asked, by=maya, at=NOW)
    assert decides(rollout, hannah)
    assert beyond.pk
    assign_people(initiatives=[initiative], owner=hannah, by=peter, at=NOW)
    make_tranche(initiative, by=devin, approved_by=peter)
    assign_people(initiatives=[initiative], owner=maya, by=peter, at=NOW)
    assert not decides(rollout, hannah)


def test_the_database_releases_no_money_by_the_go_of_who_asked_for_it(
    rollout: Rollout, people: dict[str, Any], carol: User, hannah: User
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    decision = rollout.decisions.get()
    before = decision.decided_at - DAY
    tranche = make_tranche(rollout.initiative, by=carol, approved_by=hannah, at=before)
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(
            tranche=tranche,
            decision=decision,
            amount=tranche.amount,
            released_by=carol,
            released_at=decision.decided_at,
        )


def test_a_return_leaves_verdicts_and_answers_as_drafts(
    rollout: Rollout, people: dict[str, Any], maya: User, carol: User
) -> None:
    rollout = make_passed(rollout, gates=2, **people)
    assert Assumption.objects.get().verdict == "validated"
    make_decision(rollout, "return", by=carol, return_to="intake")
    row = Assumption.objects.get()
    assert (row.verdict, row.judged_by) == ("untested", None)
    assert row.finding


def test_coming_and_going_wins_no_time(
    rollout: Rollout, people: dict[str, Any], maya: User, lena: User
) -> None:
    rollout = make_passed(rollout, gates=2, **people)
    make_giving_way(rollout, gate=1, by=maya)
    since = rollout.passages.get(gate=1).slips.get().since
    rollout.passages.get(gate=1).slips.update(ended_on=since + 6 * DAY)
    settle(rollout=rollout, at=NOW + 8 * DAY)
    assert rollout.passages.get(gate=1).slips.get().lapse is not None
    assert Decision.objects.filter(outcome="lapse", gate=1).count() == 1


def test_taking_a_source_off_washes_no_hands(
    rollout: Rollout, maya: User, carol: User, hannah: User, peter: User
) -> None:
    source = make_source(rollout.initiative, by=carol)
    change_source(source=source, fields={"months": 9}, by=maya, at=NOW)
    assert not decides(rollout, carol)
    remove_source(source=source, by=hannah, at=NOW)
    assert not decides(rollout, carol) and not decides(rollout, hannah)
    assert decides(rollout, peter)
    make_source(rollout.initiative, by=maya, name=source.name)  # it may be listed again


def test_saving_a_source_as_it_was_washes_no_hands(
    rollout: Rollout, maya: User, carol: User
) -> None:
    source = make_source(rollout.initiative, by=carol)
    same = {name: getattr(source, name) for name in FIELDS}
    change_source(source=source, fields=same, by=maya, at=NOW)
    assert not decides(rollout, carol)


def test_who_owned_it_when_an_exception_was_asked_for_does_not_decide_on_it(
    maya: User, hannah: User, carol: User, devin: User, peter: User
) -> None:
    rollout = make_rollout(owner=hannah, sponsor=carol)
    judged = next(c for c in rollout.playbook.parsed.gate(0).criteria if not c.computed)
    asked = make_exception(rollout, judged.key, by=devin)
    assign_people(initiatives=[rollout.initiative], owner=maya, by=peter, at=NOW)
    assert decides(rollout, hannah)
    approve_exception(exception=asked, note="", by=peter, at=NOW)
    assert not decides(rollout, hannah)
    assert decides(rollout, carol)
