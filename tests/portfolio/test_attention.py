"""Each line of what needs attention comes with its cause and goes with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from checklists.models import Check
from gates.models import Condition
from gates.services.conditions import close_condition, revoke_go
from gates.services.decisions import NewCondition
from gates.services.reviews import open_review, withdraw_review
from gates.services.rollouts import pause, resume
from gates.standings import refresh
from initiatives.models import Initiative
from initiatives.services import assign_people
from tests.factories import (
    NOW,
    make_decision,
    make_evidence,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(hannah: User, client: Client, time_machine: Any) -> Callable[..., list[tuple[str, str]]]:
    """What the page shows after some days: the word of each line and what it is about."""

    def read(days: int = 0) -> list[tuple[str, str]]:
        at = NOW + timedelta(days=days)
        time_machine.move_to(at, tick=False)
        refresh(list(Initiative.objects.values_list("pk", flat=True)), at)
        client.force_login(hannah)
        page = client.get(reverse("portfolio:attention"))
        return [(line.rule.key, line.name) for line in page.context["lines"]]

    time_machine.move_to(NOW, tick=False)
    return read


def test_nothing_needs_anybody(lines: Any, maya: User, client: Client) -> None:
    make_rollout(owner=maya)
    assert lines() == []
    assert "Nothing needs you" in client.get("/attention/").content.decode()


def test_a_submitted_review_awaits_its_decision_then_is_overdue(
    lines: Any, maya: User, carol: User, devin: User
) -> None:
    rollout = make_rollout(name="Triage", owner=maya, sponsor=carol)
    make_ready(rollout, by=maya, verifier=devin)
    review = make_submitted(rollout, by=maya)
    assert lines() == [("decision", "Triage")]
    assert lines(22)[0] == ("decision_overdue", "Triage")
    withdraw_review(review=review, by=maya, at=NOW)
    assert lines() == []


def test_an_open_review_that_is_late(lines: Any, maya: User) -> None:
    review = open_review(rollout=make_rollout(name="Late", owner=maya), by=maya, at=NOW)
    assert lines(21) == []
    assert ("review_overdue", "Late") in lines(22)
    withdraw_review(review=review, by=maya, at=NOW)
    assert lines(22) == []


def test_nobody_may_decide(lines: Any, maya: User, hannah: User, devin: User) -> None:
    rollout = make_rollout(name="Stuck", owner=maya)
    make_ready(rollout, by=hannah, verifier=devin)
    make_submitted(rollout, by=maya)
    assert ("nobody", "Stuck") in lines()
    assign_people(
        initiatives=[rollout.initiative], sponsor=make_user("New Sponsor"), by=hannah, at=NOW
    )
    assert ("nobody", "Stuck") not in lines()


@pytest.fixture
def conditional(maya: User, devin: User, carol: User, reviewers: list[User]) -> Condition:
    """A conditional go at Gate 0, its one condition due in ten days."""
    rollout = make_rollout(name="Owing", owner=maya, sponsor=carol)
    make_ready(rollout, by=maya, verifier=devin)
    review = make_submitted(rollout, by=maya)
    make_sign_offs(review, reviewers, skip=["funding"])
    condition = NewCondition(
        "sign_off:funding", "Get the funder's word", maya, NOW.date() + timedelta(days=10)
    )
    make_decision(rollout, "conditional_go", by=carol, conditions=[condition])
    return Condition.objects.get()


def test_a_condition_is_due_then_overdue_then_closed(
    lines: Any, conditional: Condition, maya: User, devin: User
) -> None:
    assert lines() == []
    assert lines(5) == [("condition", "Owing")]
    assert lines(11) == [("condition_overdue", "Owing")]
    evidence = make_evidence(conditional.rollout.initiative, by=maya, verified_by=devin)
    close_condition(condition=conditional, note="She said yes.", evidence=evidence, by=maya, at=NOW)
    assert lines(11) == []


def test_a_revoked_go_stays_until_it_is_decided_anew(lines: Any, conditional: Condition) -> None:
    revoke_go(condition=conditional, at=NOW + timedelta(days=26))
    assert ("revoked", "Owing") in lines(26)


def test_proof_is_overdue_ninety_days_after_an_owner_is_set(
    lines: Any, maya: User, hannah: User
) -> None:
    rollout = make_rollout(name="Claimed", stage="steady")
    assert lines(200) == [("unowned", "Claims without an owner")]
    assign_people(initiatives=[rollout.initiative], owner=maya, by=hannah, at=NOW)
    assert lines(90) == []
    assert lines(91) == [("proof", "Claimed")]


def test_a_stall_shows_until_work_goes_on(lines: Any, maya: User) -> None:
    rollout = make_rollout(name="Quiet", owner=maya)
    pause(rollout=rollout, reason="Waiting.", cause="budget", by=maya, at=NOW)
    assert lines() == [("stalled", "Quiet")]
    resume(rollout=rollout, by=maya, at=NOW)
    assert lines() == []
    assert lines(31) == [("stalled", "Quiet")]


def test_evidence_runs_out_and_then_has_lapsed(
    lines: Any, maya: User, devin: User, carol: User, reviewers: list[User]
) -> None:
    rollout = make_passed(
        make_rollout(name="Ageing", owner=maya, sponsor=carol),
        gates=1,
        owner=maya,
        verifier=devin,
        reviewers=reviewers,
        decider=carol,
    )
    evidence = make_evidence(rollout.initiative, by=maya, verified_by=devin)
    Check.objects.create(
        initiative=rollout.initiative,
        key="runbook",
        status="met",
        assignee=maya,
        evidence=evidence,
        met_at=NOW,
        met_by=maya,
        valid_until=NOW.date() + timedelta(days=20),
    )
    assert lines() == []
    assert lines(10) == [("lapsing", "Ageing")]
    assert lines(21) == [("lapsed", "Ageing")]


def test_the_start_page_says_how_many_lines_there_are(
    lines: Any, maya: User, client: Client
) -> None:
    for _ in range(8):
        open_review(rollout=make_rollout(owner=maya), by=maya, at=NOW)
    lines(22)
    page = client.get("/")
    assert len(page.context["lines"]) == 6
    assert page.context["all_lines"] == 8
    assert "Eight things need you today" in page.content.decode()


def test_lines_are_the_program_offices(maya: User, carol: User, client: Client) -> None:
    for person in (maya, carol):
        client.force_login(person)
        assert client.get(reverse("portfolio:attention")).status_code == 403


def test_claims_that_nobody_owns_are_one_matter(
    lines: Any, maya: User, hannah: User, client: Client
) -> None:
    claims = [make_rollout(stage="limited").initiative for _ in range(3)]
    assert lines() == [("unowned", "Claims without an owner")]
    (line,) = client.get("/attention/").context["lines"]
    assert line.text.startswith("3 claims of an inventory have nobody to prove them.")
    assert line.url == line.act_url == reverse("portfolio:proving")
    assign_people(initiatives=claims, owner=maya, by=hannah, at=NOW)
    assert lines() == []
