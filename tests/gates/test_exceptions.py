"""Exceptions from judged criteria: bounded, approved by others, and over on their day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.case import case_of
from gates.differences import differences
from gates.models import CriterionException, Rollout, Slip
from gates.services.exceptions import (
    approve_exception,
    ask_exception,
    end_exception,
    refuse_exception,
)
from gates.services.slips import settle
from initiatives.errors import NotAllowed, Refused
from tests.factories import (
    NOW,
    make_decision,
    make_exception,
    make_passed,
    make_ready,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
People = dict[str, Any]


@pytest.fixture
def pilot(rollout: Rollout, people: People) -> Rollout:
    """In the pilot, with nothing answered for Gate 1."""
    return make_passed(rollout, gates=1, **people)


def keys(rollout: Rollout, *, standing: bool = False) -> list[str]:
    criteria = rollout.playbook.parsed.gate(1).criteria
    return [c.key for c in criteria if not c.computed and (c.standing or not standing)]


def criterion(rollout: Rollout, key: str, days: int = 0) -> Any:
    case = case_of(Rollout.objects.get(pk=rollout.pk), at=NOW + days * DAY)
    return next(f for f in case.evaluation.of("criterion") if f.key == key)


def test_it_counts_once_somebody_else_approved_it_and_until_its_day(
    pilot: Rollout, maya: User, hannah: User
) -> None:
    key = keys(pilot)[0]
    asked = make_exception(pilot, key, by=maya, days=10)
    assert criterion(pilot, key).blocks
    approve_exception(exception=asked, note="Agreed in the board.", by=hannah, at=NOW)
    assert criterion(pilot, key).state == "warning"
    assert criterion(pilot, key, days=10).state == "warning"
    assert criterion(pilot, key, days=11).state == "unknown"
    assert Rollout.objects.get(pk=pilot.pk).standing.criteria_met == 0  # excused is not met


@pytest.mark.parametrize("who", ["maya", "devin", "lena", "oscar"])
def test_only_the_sponsor_and_the_program_office_approve(
    who: str, pilot: Rollout, maya: User, request: pytest.FixtureRequest
) -> None:
    asked = make_exception(pilot, keys(pilot)[0], by=maya)
    with pytest.raises(NotAllowed):
        approve_exception(exception=asked, note="", by=request.getfixturevalue(who), at=NOW)


def test_who_asked_judged_or_brought_the_evidence_does_not_approve(
    pilot: Rollout, hannah: User, peter: User, carol: User, maya: User
) -> None:
    key = keys(pilot)[0]
    asked = make_exception(pilot, key, by=hannah)
    with pytest.raises(NotAllowed):
        approve_exception(exception=asked, note="", by=hannah, at=NOW)
    make_ready(pilot, by=peter, verifier=maya)
    with pytest.raises(NotAllowed):
        refuse_exception(exception=asked, note="No.", by=peter, at=NOW)
    refuse_exception(exception=asked, note="It is met.", by=carol, at=NOW)
    asked.refresh_from_db()
    assert (asked.state_on(NOW.date()), asked.remarks) == ("refused", "It is met.")


def test_the_database_refuses_an_approver_who_asked(pilot: Rollout, hannah: User) -> None:
    asked = make_exception(pilot, keys(pilot)[0], by=hannah)
    with pytest.raises(IntegrityError), transaction.atomic():
        CriterionException.objects.filter(pk=asked.pk).update(approved_by=hannah, approved_at=NOW)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return " ".join(refused.value.reasons)


def test_what_cannot_be_excepted(pilot: Rollout, people: People, maya: User, hannah: User) -> None:
    def ask(key: str, days: int = 30, reason: str = "Spring.") -> str:
        return refusal(
            lambda: ask_exception(
                rollout=pilot,
                key=key,
                reason=reason,
                expires=NOW.date() + days * DAY,
                by=maya,
                at=NOW,
            )
        )

    document = pilot.playbook.parsed
    first, second, third = keys(pilot)[:3]
    assert "MVP checks" in ask(document.checks[0].key)
    assert "by now" in ask(document.gate(2).criteria[0].key)
    assert "It is met" in ask(document.gate(0).criteria[0].key)
    assert "at the latest 14 Feb 2027" in ask(first, days=91)
    assert "after today" in ask(first, days=0)
    assert "Why:" in ask(first, reason=" ")
    make_exception(pilot, first, by=maya)
    assert "waits for approval already" in ask(first)
    make_exception(pilot, second, by=maya, approved_by=hannah)
    assert "excepted until" in ask(second)
    approve_exception(
        exception=CriterionException.objects.get(criterion=first), note="", by=hannah, at=NOW
    )
    assert "the playbook allows 2 at a time" in ask(third)


def test_two_asked_together_are_not_both_approved_past_the_bound(
    pilot: Rollout, maya: User, hannah: User
) -> None:
    asked = [make_exception(pilot, key, by=maya) for key in keys(pilot)[:3]]
    for each in asked[:2]:
        approve_exception(exception=each, note="", by=hannah, at=NOW)
    late = refusal(lambda: approve_exception(exception=asked[2], note="", by=hannah, at=NOW))
    assert "the playbook allows 2" in late


def test_a_request_that_nobody_answered_in_time_makes_way(
    pilot: Rollout, maya: User, hannah: User
) -> None:
    key, later = keys(pilot)[0], NOW + 6 * DAY
    old = make_exception(pilot, key, by=maya, days=5)
    assert "asked anew" in refusal(
        lambda: approve_exception(exception=old, note="", by=hannah, at=later)
    )
    make_exception(pilot, key, by=maya, approved_by=hannah, at=later)
    old.refresh_from_db()
    assert old.ending == "withdrawn"


def test_ended_early_the_criterion_has_to_hold_again(
    pilot: Rollout, maya: User, hannah: User
) -> None:
    key = keys(pilot)[0]
    made = make_exception(pilot, key, by=maya, approved_by=hannah)
    end_exception(exception=made, by=maya, at=NOW)
    assert criterion(pilot, key).blocks
    assert "over already" in refusal(lambda: end_exception(exception=made, by=maya, at=NOW))


def test_who_asks_does_not_decide_and_who_approves_may(
    pilot: Rollout, hannah: User, carol: User
) -> None:
    make_exception(pilot, keys(pilot)[0], by=hannah, approved_by=carol)
    deciders = case_of(pilot, at=NOW).decider_ids
    assert hannah.pk not in deciders
    assert carol.pk in deciders


def test_what_a_decider_signs_tells_of_it(pilot: Rollout, maya: User, hannah: User) -> None:
    before = case_of(pilot, at=NOW)
    make_exception(pilot, keys(pilot)[0], by=maya, approved_by=hannah)
    after = case_of(pilot, at=NOW)
    assert before.digest != after.digest
    (told,) = differences(after.document, before.seen, after.seen)
    for word in ("Maya Okafor", "Hannah Cole", "16 Dec 2026", "The feed comes in spring"):
        assert word in told.after


def test_a_gate_passed_on_it_gives_way_when_it_is_over(
    pilot: Rollout, people: People, maya: User, hannah: User, carol: User
) -> None:
    key = keys(pilot, standing=True)[0]
    make_exception(pilot, key, by=maya, approved_by=hannah, days=10)
    make_ready(pilot, by=maya, verifier=people["verifier"], skip=[f"criterion:{key}"])
    make_sign_offs(make_submitted(pilot, by=maya), people["reviewers"])
    make_decision(pilot, by=carol)
    settle(rollout=pilot, at=NOW + 10 * DAY)
    assert not Slip.objects.exists()
    settle(rollout=pilot, at=NOW + 11 * DAY)
    assert Slip.objects.get().passage.gate == 1


def test_a_return_voids_it(pilot: Rollout, maya: User, hannah: User, carol: User) -> None:
    key = keys(pilot)[0]
    made = make_exception(pilot, key, by=maya, approved_by=hannah)
    decision = make_decision(pilot, "return", by=carol, return_to="intake")
    made.refresh_from_db()
    assert (made.voided_by, made.state_on(NOW.date())) == (decision, "voided")
    assert case_of(Rollout.objects.get(pk=pilot.pk), at=NOW).facts.exceptions == {}


def test_from_asking_to_the_decision_page(
    pilot: Rollout, client: Client, maya: User, hannah: User, carol: User
) -> None:
    reference, key = pilot.initiative.reference, keys(pilot)[0]

    def url(name: str, *args: object) -> str:
        return reverse(f"gates:{name}", args=[reference, *args])

    client.force_login(maya)
    assert url("ask_exception", key) in client.get(url("criterion", key)).content.decode()
    typed = {"reason": "The feed comes in spring.", "expires": "2999-01-01"}
    refused = client.post(url("ask_exception", key), typed)
    assert (refused.status_code, "at the latest" in refused.content.decode()) == (422, True)
    made = make_exception(pilot, key, by=maya, days=80)
    assert client.post(url("exception", made.pk)).status_code == 403
    client.force_login(hannah)
    page = client.get(url("exception", made.pk)).content.decode()
    assert "Approve it" in page
    assert client.post(url("exception", made.pk), {"refuse": "1"}).status_code == 422
    assert client.post(url("exception", made.pk), {"approve": "1"}).status_code == 302
    client.force_login(carol)
    for name in ("initiative", "decide", "review"):
        assert "The feed comes in spring" in client.get(f"{url(name)}?anew=1").content.decode(), (
            name
        )
    assert client.post(url("end_exception", made.pk)).status_code == 302
    made.refresh_from_db()
    assert made.ending == "ended"
