"""Who owned an initiative when something was asked for does not grant it a day later, and neither
does who owns it now: the services say so, the pages offer nothing, and the database takes nothing.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import CriterionException, Release, Rollout
from gates.services.exceptions import approve_exception, refuse_exception
from gates.services.kills import record_hit, settle_hit
from gates.services.money import release
from initiatives.errors import NotAllowed
from initiatives.models import KillCriterion, Tranche
from initiatives.money import approve_tranche
from initiatives.services import assign_people
from tests.factories import (
    NOW,
    make_exception,
    make_kill_criterion,
    make_passed,
    make_rollout,
    make_tranche,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(hannah: User, carol: User) -> Rollout:
    """Owned by somebody of the program office."""
    return make_rollout(owner=hannah, sponsor=carol)


@pytest.fixture
def handed_on(owned: Rollout, maya: User, peter: User) -> Callable[[], None]:
    def hand_on() -> None:
        assign_people(initiatives=[owned.initiative], owner=maya, by=peter, at=NOW)

    return hand_on


def an_exception(rollout: Rollout, devin: User) -> CriterionException:
    key = next(c.key for c in rollout.playbook.parsed.gate(0).criteria if not c.computed)
    return make_exception(rollout, key, by=devin)


def a_hit(rollout: Rollout, devin: User) -> KillCriterion:
    kill = make_kill_criterion(rollout.initiative, by=devin)
    return record_hit(kill=kill, note="Two of fifty use it.", by=devin, at=NOW)


def some_money(rollout: Rollout, devin: User) -> Tranche:
    return make_tranche(rollout.initiative, by=devin)


GRANTED: dict[str, tuple[Callable[..., Any], Callable[..., Any], str]] = {
    "exception": (
        an_exception,
        lambda row, by: approve_exception(exception=row, note="", by=by, at=NOW),
        "approved",
    ),
    "refused exception": (
        an_exception,
        lambda row, by: refuse_exception(exception=row, note="No.", by=by, at=NOW),
        "",
    ),
    "hit": (
        a_hit,
        lambda row, by: settle_hit(kill=row, note="A slow month.", by=by, at=NOW),
        "settled",
    ),
    "money": (
        some_money,
        lambda row, by: approve_tranche(tranche=row, amount=Decimal(9), by=by, at=NOW),
        "approved",
    ),
}


@pytest.mark.parametrize("what", GRANTED)
def test_yesterdays_owner_grants_nothing_that_was_asked_while_they_owned_it(
    what: str,
    owned: Rollout,
    devin: User,
    hannah: User,
    peter: User,
    handed_on: Callable[[], None],
) -> None:
    ask, grant, _word = GRANTED[what]
    row = ask(owned, devin)
    handed_on()
    with pytest.raises(NotAllowed):
        grant(row, hannah)
    grant(row, peter)


@pytest.mark.parametrize("what", ["exception", "hit", "money"])
@pytest.mark.parametrize("who", ["hannah", "maya"])
def test_the_database_takes_no_grant_of_the_owner_then_or_now(
    what: str, who: str, owned: Rollout, devin: User, handed_on: Callable[[], None], request: Any
) -> None:
    ask, _grant, word = GRANTED[what]
    row = ask(owned, devin)
    handed_on()
    setattr(row, f"{word}_by", request.getfixturevalue(who))
    setattr(row, f"{word}_at", NOW)
    if what == "hit":
        row.settled_note = "A slow month."
    if what == "money":
        row.approved = row.requested
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    setattr(row, f"{word}_by", request.getfixturevalue("peter"))
    row.save()


def test_a_hit_recorded_anew_is_of_the_owner_of_its_day(
    owned: Rollout,
    devin: User,
    hannah: User,
    peter: User,
    carol: User,
    handed_on: Callable[[], None],
) -> None:
    kill = a_hit(owned, devin)
    settle_hit(kill=kill, note="A slow month.", by=carol, at=NOW)
    handed_on()
    record_hit(kill=kill, note="One of fifty uses it.", by=devin, at=NOW)
    settle_hit(kill=kill, note="It is replaced.", by=hannah, at=NOW)


def test_yesterdays_owner_releases_no_money_by_hand(
    rollout: Rollout, people: dict[str, Any], maya: User, hannah: User, devin: User, peter: User
) -> None:
    rollout = make_passed(rollout, gates=1, **people)
    tranche = make_tranche(rollout.initiative, by=devin, approved_by=peter)
    assign_people(initiatives=[rollout.initiative], owner=devin, by=peter, at=NOW)
    with pytest.raises(NotAllowed):
        release(tranche=tranche, by=maya, at=NOW)
    row = {"tranche": tranche, "amount": tranche.amount, "released_at": NOW}
    decision = rollout.decisions.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(**row, decision=decision, released_by=maya)
    release(tranche=tranche, by=hannah, at=NOW)


@pytest.mark.parametrize("what", ["exception", "hit", "money"])
def test_the_pages_offer_yesterdays_owner_nothing(
    what: str,
    owned: Rollout,
    devin: User,
    hannah: User,
    peter: User,
    handed_on: Callable[[], None],
    client: Client,
) -> None:
    row = GRANTED[what][0](owned, devin)
    handed_on()
    reference = owned.initiative.reference
    page, offer = {
        "exception": (reverse("gates:exception", args=[reference, row.pk]), "Approve it"),
        "hit": (reverse("gates:kill", args=[reference, row.pk]), "Let it go on"),
        "money": (reverse("gates:money", args=[reference]), "Approve<span"),
    }[what]
    found = {}
    for user in (hannah, peter):
        client.force_login(user)
        found[user] = f">{offer}" in client.get(page).content.decode()
    assert found == {hannah: False, peter: True}
