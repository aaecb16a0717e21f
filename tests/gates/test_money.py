"""Money is released by its gate's decision, and by nothing else that anybody can do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Decision, Release, Rollout
from gates.services import money
from gates.services.conditions import revoke_go
from gates.services.decisions import Choice, FactsChanged, NewCondition, decide
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Fund, Tranche
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_tranche,
)

pytestmark = pytest.mark.django_db

People = dict[str, Any]


def released(tranche: Tranche) -> bool:
    return Release.objects.filter(tranche=tranche).exists()


# What decisions do


@pytest.mark.seed("S-130")
def test_a_go_releases_the_tranche_of_the_stage_that_it_opens(
    rollout: Rollout, approved: Tranche, people: People, maya: User, peter: User, carol: User
) -> None:
    later = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    unapproved = make_tranche(rollout.initiative, by=maya)
    make_passed(rollout, gates=1, **people)
    release = Release.objects.get()
    assert (release.tranche_id, release.amount) == (approved.pk, Decimal("80000.00"))
    assert release.decision == Decision.objects.get()
    assert (release.released_by, release.released_at) == (carol, NOW)
    assert not released(later)
    assert not released(unapproved)
    event = Event.objects.of(rollout.initiative.chain).get(verb="tranche.released")
    assert event.summary == ("USD 80,000.00 for production-first pilot released by Gate 0: Go")


def test_a_conditional_go_releases_too(
    rollout: Rollout, approved: Tranche, maya: User, lena: User, reviewers: list[User], carol: User
) -> None:
    blocker = conditional_go(rollout, maya, lena, reviewers, carol)
    assert Release.objects.get().decision.outcome == "conditional_go"
    assert blocker


def conditional_go(
    rollout: Rollout, owner: User, verifier: User, reviewers: list[User], decider: User
) -> str:
    case = case_of(rollout, at=NOW)
    blocker = next(f.id for f in case.evaluation.blockers if f.coverable)
    make_ready(rollout, by=owner, verifier=verifier, skip=[blocker])
    make_sign_offs(make_submitted(rollout, by=owner), reviewers)
    conditions = [NewCondition(blocker, "Bring it.", owner, NOW.date() + timedelta(days=5))]
    make_decision(rollout, "conditional_go", by=decider, conditions=conditions)
    return blocker


def test_a_hold_releases_nothing(
    rollout: Rollout, approved: Tranche, maya: User, lena: User, carol: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_submitted(rollout, by=maya)
    until = NOW.date() + timedelta(days=9)
    make_decision(rollout, "hold", by=carol, hold_until=until)
    assert not released(approved)


def test_proving_an_owed_gate_releases_the_money_for_its_stage(
    maya: User, carol: User, hannah: User, peter: User, people: People
) -> None:
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah)
    rollout = make_rollout(initiative, stage="limited", by=hannah)
    tranche = make_tranche(initiative, by=maya, approved_by=peter)
    make_passed(rollout, gates=1, **people)
    assert released(tranche)


def test_a_return_freezes_what_is_not_released_from_the_target_on(
    rollout: Rollout, people: People, maya: User, peter: User, carol: User
) -> None:
    early = make_tranche(rollout.initiative, by=maya, stage="pilot")
    kept = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    make_passed(rollout, gates=3, **people)
    open_request = make_tranche(rollout.initiative, by=maya, stage="readiness")
    ahead = make_tranche(rollout.initiative, by=maya, stage="scaled", approved_by=peter)
    make_decision(rollout, "return", by=carol, return_to="readiness")
    assert frozen(open_request)
    assert frozen(ahead)
    assert not frozen(early)
    assert not frozen(kept)
    assert released(kept)


def frozen(tranche: Tranche) -> bool:
    return Tranche.objects.get(pk=tranche.pk).frozen_at is not None


def test_frozen_money_waits_for_its_gate_and_for_somebody_who_thaws_it(
    rollout: Rollout, people: People, maya: User, peter: User, carol: User, hannah: User
) -> None:
    make_passed(rollout, gates=1, **people)
    tranche = make_tranche(rollout.initiative, by=maya, approved_by=peter)
    make_decision(rollout, "return", by=carol, return_to="intake")
    with pytest.raises(Refused, match="passed anew"):
        money.thaw(tranche=tranche, by=peter, at=NOW)
    with pytest.raises(Refused, match="frozen"):
        money.release(tranche=tranche, by=hannah, at=NOW)
    make_passed(rollout, gates=1, **people)
    assert not released(tranche)
    money.thaw(tranche=tranche, by=peter, at=NOW)
    row = money.release(tranche=tranche, by=hannah, at=NOW)
    assert row.decision == Decision.objects.filter(outcome="go").latest("pk")


def test_a_go_that_is_revoked_freezes_like_a_return(
    rollout: Rollout, maya: User, peter: User, lena: User, reviewers: list[User], carol: User
) -> None:
    conditional_go(rollout, maya, lena, reviewers, carol)
    ahead = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    rollout = Rollout.objects.get(pk=rollout.pk)
    condition = rollout.conditions.get()
    assert revoke_go(condition=condition, at=NOW + timedelta(days=200)) is not None
    assert frozen(ahead)


def test_an_end_gives_back_what_is_not_released(
    rollout: Rollout, approved: Tranche, carol: User, fund: Fund
) -> None:
    make_decision(rollout, "stop", by=carol)
    approved.refresh_from_db()
    assert approved.withdrawn_at == NOW
    assert not fund.tranches.standing().exists()


def test_a_release_outlives_its_passage_and_the_page_says_so(
    rollout: Rollout, approved: Tranche, people: People, carol: User, client: Client
) -> None:
    make_passed(rollout, gates=1, **people)
    make_decision(rollout, "return", by=carol, return_to="intake")
    assert released(approved)
    assert not frozen(approved)
    client.force_login(carol)
    page = client.get(reverse("gates:money", args=[rollout.initiative.reference]))
    assert "its gate no longer counts" in page.content.decode()


def test_money_approved_after_the_page_was_loaded_is_released_by_no_go_that_did_not_see_it(
    rollout: Rollout, maya: User, lena: User, reviewers: list[User], carol: User, peter: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    seen = case_of(rollout, at=NOW).seen
    make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    assert case_of(rollout, at=NOW).seen == seen  # nothing that this go releases
    tranche = make_tranche(rollout.initiative, by=maya, approved_by=carol, amount="9000000.00")
    with pytest.raises(FactsChanged) as stale:
        decide(rollout=rollout, choice=Choice("go", "All is met."), seen=seen, by=carol, at=NOW)
    (change,) = stale.value.changes
    assert (change.title, change.before, change.after) == (
        "Money that a go releases",
        "",
        f"USD 9,000,000.00 (No. {tranche.pk})",
    )
    assert not released(tranche)
    signed = make_decision(rollout, by=carol)
    assert signed.facts["releases"] == [
        {"id": tranche.pk, "amount": "9000000.00", "currency": "USD"}
    ]
    assert released(tranche)


# By hand


def test_money_approved_after_its_gate_is_released_by_hand_with_that_decision(
    late: Tranche, hannah: User
) -> None:
    row = money.release(tranche=late, by=hannah, at=NOW)
    assert row.decision == Decision.objects.get(gate=0)


@pytest.mark.parametrize("who", ["maya", "peter"])
def test_whoever_asked_approved_or_owns_does_not_release(
    who: str, late: Tranche, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotAllowed):
        money.release(tranche=late, by=request.getfixturevalue(who), at=NOW)
    assert not released(late)


def test_an_owner_releases_nothing_that_others_asked_for_and_approved(
    rollout: Rollout, people: People, maya: User, hannah: User, peter: User
) -> None:
    make_passed(rollout, gates=1, **people)
    tranche = make_tranche(rollout.initiative, by=hannah, approved_by=peter)
    with pytest.raises(NotAllowed):
        money.release(tranche=tranche, by=maya, at=NOW)


def test_no_money_is_released_by_hand_for_a_stage_that_is_over(
    rollout: Rollout, people: People, maya: User, peter: User, hannah: User, client: Client
) -> None:
    make_passed(rollout, gates=4, **people)
    long_after = NOW + timedelta(days=300)
    tranche = make_tranche(rollout.initiative, by=maya, approved_by=peter, at=long_after)
    with pytest.raises(Refused, match=r"is over.*ask for scaled production"):
        money.release(tranche=tranche, by=hannah, at=long_after)
    assert not released(tranche)
    client.force_login(hannah)
    reference = rollout.initiative.reference
    page = client.get(reverse("gates:money", args=[reference])).content.decode()
    assert "for a stage that is over" in page
    assert reverse("gates:release_money", args=[reference, tranche.pk]) not in page


def test_nothing_is_released_by_hand_before_its_gate(approved: Tranche, hannah: User) -> None:
    with pytest.raises(Refused, match="Gate 0 is not passed"):
        money.release(tranche=approved, by=hannah, at=NOW)


def test_what_is_released_is_neither_withdrawn_nor_released_again(
    late: Tranche, hannah: User
) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    for act in (money.release, money.withdraw, money.thaw):
        with pytest.raises(Refused, match="a release stands"):
            act(tranche=late, by=hannah, at=NOW)


def test_what_was_withdrawn_is_released_by_nothing(
    rollout: Rollout, approved: Tranche, people: People, maya: User, hannah: User
) -> None:
    money.withdraw(tranche=approved, by=maya, at=NOW)
    make_passed(rollout, gates=1, **people)
    assert not released(approved)
    with pytest.raises(Refused, match="withdrawn"):
        money.release(tranche=approved, by=hannah, at=NOW)
