"""A passed gate rests on facts, and is taken back when they stay away.

Long because everything told of it starts from one world, which takes longer to build than to test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from audit.canonical import digest_of
from audit.models import Event
from audit.services import verify
from checklists.services import meet_check, reopen_check
from gates.case import Case, case_of
from gates.models import Decision, Outcome, Review, Rollout, Slip
from gates.services.decisions import Choice, FactsChanged, NewCondition, decide
from gates.services.reviews import answer_criterion
from gates.services.slips import in_question, settle
from gates.standings import refresh
from gates.tasks import settle_slips
from initiatives.evidence import withdraw_verification
from initiatives.services import edit_initiative
from reminders.models import Sending
from reminders.services import claim_due
from tests.factories import (
    ALL_REMITS,
    NOW,
    make_decision,
    make_evidence,
    make_giving_way,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
GRACE = 7 * DAY


@dataclass
class World:
    """What every test here starts from; bringing it about takes longer than each test."""

    people: dict[str, Any]
    limited: int
    scaled: int


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once, in a transaction around those of the tests, and undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        owner, sponsor = make_user("Ola Berg"), make_user("Sam Reed", Role.EXECUTIVE)
        verifier, office = make_user("Vera Holm"), make_user("Olive Ray", Role.PROGRAM_OFFICE)
        people = {
            "owner": owner,
            "verifier": verifier,
            "reviewers": [make_user("Rita Moss", remits=ALL_REMITS)],
            "decider": sponsor,
        }
        initiative = make_initiative(owner=owner, sponsor=sponsor, by=office)
        limited = make_passed(make_rollout(initiative, by=office), gates=3, **people)
        initiative = make_initiative(owner=owner, sponsor=sponsor, by=office)
        scaled = make_passed(make_rollout(initiative, by=office), gates=4, **people)
        yield World(people, limited.pk, scaled.pk)
        transaction.set_rollback(True)


@pytest.fixture
def people(world: World, db: None) -> dict[str, Any]:
    return world.people


@pytest.fixture
def carol(world: World, db: None) -> User:
    decider: User = world.people["decider"]
    return decider


@pytest.fixture
def limited(world: World, db: None) -> Rollout:
    """In limited production through its first three gates, all of them holding."""
    return Rollout.objects.select_related("initiative").get(pk=world.limited)


@pytest.fixture
def scaled(world: World, db: None) -> Rollout:
    """In scaled production through its first four gates, all of them holding."""
    return Rollout.objects.select_related("initiative").get(pk=world.scaled)


def case(rollout: Rollout, at: Any = NOW) -> Case:
    return case_of(Rollout.objects.get(pk=rollout.pk), at=at)


def break_check(rollout: Rollout, key: str = "latency", at: Any = NOW, **_: Any) -> None:
    document = rollout.playbook.parsed
    reopen_check(
        initiative=rollout.initiative,
        check=document.check(_check(rollout, key)),
        reason="Measured again.",
        by=rollout.initiative.owner,
        at=at,
    )


def _check(rollout: Rollout, key: str) -> str:
    checks = rollout.playbook.parsed.checks
    return next(check.key for check in checks if check.monitoring == (key == "monitoring"))


def mend_check(
    rollout: Rollout, people: dict[str, Any], key: str = "latency", at: Any = NOW
) -> None:
    owner = rollout.initiative.owner
    evidence = make_evidence(rollout.initiative, by=owner, verified_by=people["verifier"], at=at)
    meet_check(
        initiative=rollout.initiative,
        check=rollout.playbook.parsed.check(_check(rollout, key)),
        evidence=evidence,
        days_valid=365,
        by=owner,
        at=at,
    )


def judge_not_met(rollout: Rollout, gate: int) -> None:
    owner = rollout.initiative.owner
    assert owner is not None
    make_giving_way(rollout, gate=gate, by=owner)


def standing_gates(rollout: Rollout) -> set[int]:
    return set(rollout.passages.filter(void_since__isnull=True).values_list("gate", flat=True))


def test_gates_that_hold_are_left_alone(scaled: Rollout) -> None:
    assert case(scaled).failing == {}
    assert in_question() == []
    settle(rollout=scaled, at=NOW)
    assert not Slip.objects.exists()


def test_a_standing_criterion_that_fails_makes_its_gate_give_way(scaled: Rollout) -> None:
    judge_not_met(scaled, gate=1)
    assert in_question() == [scaled.pk]
    slip = Slip.objects.get()
    assert (slip.passage.gate, slip.since, slip.ended_on) == (1, NOW.date(), None)
    assert "It fell to half." in slip.text
    assert standing_gates(scaled) == {0, 1, 2, 3}  # nothing is taken back yet
    scaled = Rollout.objects.get(pk=scaled.pk)
    assert "slipping" in scaled.standing.labels


def test_a_criterion_of_its_moment_may_change_without_harm(scaled: Rollout) -> None:
    moment = next(
        c for c in scaled.playbook.parsed.gate(1).criteria if not (c.standing or c.computed)
    )
    answer_criterion(
        rollout=scaled,
        criterion=moment,
        verdict="not_met",
        note="The group has moved on.",
        evidence=None,
        days_valid=None,
        by=scaled.initiative.owner,
        at=NOW,
    )
    assert case(scaled).failing == {}


def test_a_broken_check_counts_against_the_latest_gate_that_asked_it(scaled: Rollout) -> None:
    break_check(scaled, "monitoring")
    assert list(case(scaled).failing) == [3]


def test_a_monitoring_check_that_breaks_in_limited_production_is_gate_2s(
    limited: Rollout,
) -> None:
    break_check(limited, "monitoring")
    assert list(case(limited).failing) == [2]


def test_evidence_that_runs_out_gives_way_by_the_calendar_alone(scaled: Rollout) -> None:
    late = NOW + timedelta(days=400)
    settle_at(late)
    gates = set(Slip.objects.values_list("passage__gate", flat=True))
    assert gates == set(case(scaled, late).failing)
    assert 3 in gates


def settle_at(at: Any) -> None:
    """The sweep, on another day."""
    with time_machine.travel(at, tick=False):
        settle_slips()


def test_losing_the_funding_path_takes_the_ground_from_the_funding_sign_off(
    scaled: Rollout,
) -> None:
    scaled.initiative.refresh_from_db()
    edit_initiative(
        initiative=scaled.initiative,
        fields={"production_funder": ""},
        version=scaled.initiative.version,
        by=scaled.initiative.owner,
        at=NOW,
    )
    assert [f.kind for f in case(scaled).failing[2]] == ["funding"]


def test_a_signers_leaving_voids_nothing(scaled: Rollout, people: dict[str, Any]) -> None:
    gone = [reviewer.pk for reviewer in people["reviewers"]]
    User.objects.filter(pk__in=gone).update(is_active=False)
    assert case(scaled).failing == {}


def test_what_is_put_right_within_the_grace_moves_nothing(
    scaled: Rollout, people: dict[str, Any]
) -> None:
    break_check(scaled)
    settle(rollout=scaled, at=NOW)
    later = NOW + GRACE - DAY
    settle(rollout=scaled, at=later)
    mend_check(scaled, people, at=later)
    settle(rollout=scaled, at=later)
    slip = Slip.objects.get()
    assert (slip.since, slip.ended_on, slip.lapse) == (NOW.date(), later.date(), None)
    assert standing_gates(scaled) == {0, 1, 2, 3}
    verbs = list(Event.objects.of(scaled.initiative.chain).values_list("verb", flat=True))
    assert verbs.count("slip.opened") == verbs.count("slip.ended") == 1
    scaled = Rollout.objects.get(pk=scaled.pk)
    assert "slipping" not in scaled.standing.labels
    assert "proven" in scaled.standing.labels


def test_coming_and_going_wins_no_time(scaled: Rollout, people: dict[str, Any]) -> None:
    """A criterion that is mended for a few days and falls again counts from its first fall."""
    for week in range(3):
        at = NOW + week * 4 * DAY
        break_check(scaled, at=at)
        settle(rollout=scaled, at=at)
        mend_check(scaled, people, at=at + 3 * DAY)
        settle(rollout=scaled, at=at + 3 * DAY)
    slip = Slip.objects.get()
    assert slip.since == NOW.date()
    assert slip.lapse is not None


@pytest.fixture
def lost(scaled: Rollout) -> Rollout:
    """Gate 3 was taken back after its grace."""
    break_check(scaled)
    settle(rollout=scaled, at=NOW)
    settle(rollout=scaled, at=NOW + GRACE)
    return Rollout.objects.select_related("initiative").get(pk=scaled.pk)


def test_after_the_grace_that_gate_alone_is_taken_back(lost: Rollout) -> None:
    lapse = Decision.objects.get(outcome=Outcome.LAPSE)
    assert (lapse.gate, lapse.decided_by, lapse.from_stage, lapse.to_stage) == (
        3,
        None,
        "scaled",
        "scaled",
    )
    assert "It has not held since 16 Nov 2026." in lapse.reason
    assert lapse.digest == case_digest(lapse)
    assert standing_gates(lost) == {0, 1, 2}
    passage = lost.passages.get(gate=3)
    assert (passage.void_since, passage.voided_by) == (NOW + GRACE, lapse)
    slip = Slip.objects.get()
    assert (slip.ended_on, slip.lapse) == ((NOW + GRACE).date(), lapse)
    assert lost.stage == "scaled"


def case_digest(decision: Decision) -> str:
    return digest_of(decision.facts)


def test_it_is_an_extended_pilot_again_and_the_way_ahead_is_shut(lost: Rollout) -> None:
    at = NOW + GRACE
    assert "extended_pilot" in lost.standing.labels
    assert "proven" not in lost.standing.labels
    now = case(lost, at)
    assert (now.facts.gate, now.facts.owed_gates) == (3, (3,))
    assert now.facts.claimed is False


def test_a_review_of_it_opens_by_itself_with_a_date(lost: Rollout) -> None:
    review = Review.objects.under_way().get(rollout=lost)
    days = lost.playbook.parsed.regate.review_days
    assert (review.gate, review.opened_by) == (3, None)
    assert review.due == (NOW + GRACE).date() + timedelta(days=days)
    settle(rollout=lost, at=NOW + GRACE + DAY)
    assert Review.objects.filter(rollout=lost, gate=3, opened_by=None).count() == 1


def test_what_still_counts_prefills_the_review_and_what_lapsed_does_not(lost: Rollout) -> None:
    now = case(lost, NOW + GRACE)
    assert [f.id for f in now.evaluation.before_submission()] == [f"rung:{_check(lost, 'latency')}"]
    assert now.facts.sign_offs == {}


def test_proven_again_it_counts_again_without_moving(lost: Rollout, people: dict[str, Any]) -> None:
    at = NOW + GRACE + DAY
    make_ready(lost, by=people["owner"], verifier=people["verifier"], at=at)
    review = make_submitted(lost, by=people["owner"], at=at)
    make_sign_offs(review, people["reviewers"], at=at)
    make_decision(lost, by=people["decider"], at=at)
    again = Rollout.objects.get(pk=lost.pk)
    assert again.stage == "scaled"
    assert standing_gates(again) == {0, 1, 2, 3}
    assert "proven" in again.standing.labels
    assert in_question() == []


def test_a_review_of_a_later_gate_gives_way_to_it(scaled: Rollout, people: dict[str, Any]) -> None:
    make_ready(scaled, by=people["owner"], verifier=people["verifier"])
    ahead = make_submitted(scaled, by=people["owner"])
    break_check(scaled)
    settle(rollout=scaled, at=NOW)
    settle(rollout=scaled, at=NOW + GRACE)
    ahead.refresh_from_db()
    assert ahead.state == "withdrawn"
    assert Review.objects.under_way().get(rollout=scaled).gate == 3


def test_two_gates_are_taken_back_and_reviewed_one_after_the_other(
    scaled: Rollout, people: dict[str, Any]
) -> None:
    judge_not_met(scaled, gate=1)
    break_check(scaled)
    settle(rollout=scaled, at=NOW)
    settle(rollout=scaled, at=NOW + GRACE)
    assert standing_gates(scaled) == {0, 2}
    assert Review.objects.under_way().get(rollout=scaled).gate == 1
    at = NOW + GRACE + DAY
    make_ready(scaled, by=people["owner"], verifier=people["verifier"], at=at)
    make_sign_offs(make_submitted(scaled, by=people["owner"], at=at), people["reviewers"], at=at)
    make_decision(scaled, by=people["decider"], at=at)
    assert in_question() == [scaled.pk]
    settle(rollout=scaled, at=at + DAY)
    assert Review.objects.under_way().get(rollout=scaled).gate == 3


def test_what_a_conditional_go_left_open_is_its_conditions_matter(
    world: World, people: dict[str, Any]
) -> None:
    initiative = make_initiative(owner=people["owner"], sponsor=people["decider"])
    pilot = make_passed(make_rollout(initiative), gates=1, **people)
    standing = next(c for c in pilot.playbook.parsed.gate(1).criteria if c.standing)
    blocker = f"criterion:{standing.key}"
    make_ready(pilot, by=people["owner"], verifier=people["verifier"], skip=[blocker])
    make_sign_offs(make_submitted(pilot, by=people["owner"]), people["reviewers"])
    condition = NewCondition(blocker, "Measure it.", people["owner"], NOW.date() + GRACE)
    make_decision(pilot, "conditional_go", conditions=[condition], by=people["decider"])
    assert case(pilot).failing == {}


def test_an_ended_rollout_loses_nothing(scaled: Rollout, carol: User) -> None:
    break_check(scaled)
    settle(rollout=scaled, at=NOW)
    make_decision(scaled, "stop", by=carol)
    settle(rollout=scaled, at=NOW + GRACE)
    assert not Decision.objects.filter(outcome=Outcome.LAPSE).exists()
    assert Slip.objects.get().ended_on == (NOW + GRACE).date()


def test_a_return_ends_the_slip_of_a_gate_that_no_longer_counts(
    scaled: Rollout, carol: User
) -> None:
    break_check(scaled)
    settle(rollout=scaled, at=NOW)
    make_decision(scaled, "return", return_to="limited", by=carol)
    assert case(scaled).facts.slips == ()
    settle(rollout=scaled, at=NOW + GRACE)
    assert Slip.objects.get().lapse is None


def test_a_withdrawn_verification_is_no_proof(scaled: Rollout, people: dict[str, Any]) -> None:
    evidence = scaled.initiative.checks.filter(status="met").first().evidence
    withdraw_verification(evidence=evidence, reason="Misread.", by=people["verifier"], at=NOW)
    assert 3 in case(scaled).failing


def test_sweeping_twice_says_everything_once(scaled: Rollout) -> None:
    break_check(scaled)
    for _ in range(3):
        settle(rollout=scaled, at=NOW)
    for _ in range(3):
        settle(rollout=scaled, at=NOW + GRACE)
    verbs = list(Event.objects.of(scaled.initiative.chain).values_list("verb", flat=True))
    for verb in ("slip.opened", "decision.lapse"):
        assert verbs.count(verb) == 1
    assert verify()[1] == []


def test_one_gate_that_cannot_be_settled_holds_up_no_other(
    scaled: Rollout, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_check(scaled)

    def fail(**_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("gates.tasks.settle", fail)
    settle_at(NOW)
    assert "could not be settled" in caplog.text
    assert not Slip.objects.exists()


def test_a_decision_on_a_page_that_knew_of_no_slip_is_refused(
    scaled: Rollout, people: dict[str, Any]
) -> None:
    make_ready(scaled, by=people["owner"], verifier=people["verifier"])
    make_sign_offs(make_submitted(scaled, by=people["owner"]), people["reviewers"])
    seen = case(scaled).seen
    judge_not_met(scaled, gate=1)
    with pytest.raises(FactsChanged):
        decide(
            rollout=scaled, choice=Choice("go", "Fine."), seen=seen, by=people["decider"], at=NOW
        )


def test_no_standing_is_taken_for_true(scaled: Rollout) -> None:
    """The sweep's pointer may be old; what is written is judged under lock."""
    scaled.standing.failing = [3]
    scaled.standing.save()
    assert in_question() == [scaled.pk]
    settle(rollout=scaled, at=NOW)
    assert not Slip.objects.exists()
    refresh([scaled.initiative_id], NOW)
    assert in_question() == []


# What people see of it


@pytest.fixture
def office(client: Client, people: dict[str, Any], scaled: Rollout) -> Client:
    client.force_login(make_user("Hannah Cole", Role.PROGRAM_OFFICE))
    return client


def words(client: Client, page: str, rollout: Rollout) -> str:
    with time_machine.travel(NOW + GRACE + DAY, tick=False):
        url = reverse(f"gates:{page}", args=[rollout.initiative.reference])
        return client.get(url).content.decode()


def test_the_pages_name_what_gives_way_and_until_when(office: Client, scaled: Rollout) -> None:
    with time_machine.travel(NOW, tick=False):
        judge_not_met(scaled, gate=1)
        for page in ("initiative", "holding"):
            url = reverse(f"gates:{page}", args=[scaled.initiative.reference])
            shown = office.get(url).content.decode()
            assert "Gate 1 is giving way" in shown
            assert "It fell to half." in shown
            assert "taken back on 23 Nov" in shown


def test_the_pages_show_the_lost_gate_and_lead_to_its_review(office: Client, lost: Rollout) -> None:
    shown = words(office, "initiative", lost)
    assert "taken back 23 Nov" in shown  # in the picture of the way
    assert "Gate 3 was taken back" in shown
    assert reverse("gates:review", args=[lost.initiative.reference]) in shown
    assert "a gate that it passed and that no longer counts" in shown
    shown = words(office, "holding", lost)
    assert "Open the review" in shown
    assert "Taken back" in shown
    assert "Clearway" in words(office, "history", lost)


def test_attention_names_the_gate_the_fact_and_one_act(office: Client, scaled: Rollout) -> None:
    def lines(at: datetime) -> list[Any]:
        with time_machine.travel(at, tick=False):
            settle(rollout=scaled, at=at)
            return list(office.get(reverse("portfolio:attention")).context["lines"])

    judge_not_met(scaled, gate=1)
    (line,) = [line for line in lines(NOW) if line.rule.key == "slip"]
    assert "Gate 1" in line.text
    assert "It fell to half." in line.text
    assert line.act == "Ask Ola"
    found = {line.rule.key: line for line in lines(NOW + GRACE)}
    assert "slip" not in found
    assert found["taken_back"].act == "Open the review"
    assert found["taken_back"].rule.urgent


def test_owner_and_office_are_told_once_of_the_slip_and_once_of_the_loss(
    office: Client, scaled: Rollout
) -> None:
    judge_not_met(scaled, gate=1)
    for days in (0, 1, 6):
        claim_due(at=NOW + days * DAY)
    told = Sending.objects.filter(rule="slip").values_list("step", "recipient__name")
    assert sorted(told) == [
        ("slip_shows", "Ola Berg"),
        ("slip_shows_office", "Hannah Cole"),
        ("slip_shows_office", "Olive Ray"),
    ]
    settle(rollout=scaled, at=NOW + GRACE)
    for days in (7, 8):
        claim_due(at=NOW + days * DAY)
    told = Sending.objects.filter(rule="lapse").values_list("step", "recipient__name")
    assert sorted(told) == [
        ("gate_taken_back", "Ola Berg"),
        ("gate_taken_back_office", "Hannah Cole"),
        ("gate_taken_back_office", "Olive Ray"),
    ]
    letter = Sending.objects.get(step="gate_taken_back")
    assert letter.title == f"Pass Gate 1 of {scaled.initiative.name} again"
    assert "It fell to half." in letter.text


def test_the_portfolio_can_be_narrowed_to_gates_giving_way(office: Client, scaled: Rollout) -> None:
    judge_not_met(scaled, gate=1)
    page = office.get(reverse("portfolio:table"), {"label": "slipping"}).content.decode()
    assert scaled.initiative.name in page
    assert "Gate giving way" in page
