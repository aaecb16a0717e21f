"""The ledger: what is owed by sponsor and by age, the cap beside it, and what is excepted."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from gates.case import case_of
from gates.models import Rollout
from gates.services.decisions import NewCondition
from gates.services.kills import record_hit
from tests.factories import (
    NOW,
    make_decision,
    make_exception,
    make_initiative,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db
URL = "/conditions/"


def owing(
    name: str, owner: User, sponsor: User | None, decider: User, reviewers: list[User], *, due: int
) -> Rollout:
    """Through Gate 0 on one condition, due so many days from now."""
    initiative = make_initiative(owner=owner, sponsor=sponsor, name=name)
    rollout = make_rollout(initiative, by=owner)
    key = rollout.playbook.parsed.gate(0).criteria[0].key
    make_ready(rollout, by=owner, verifier=reviewers[0], skip=[f"criterion:{key}"])
    make_sign_offs(make_submitted(rollout, by=owner), reviewers)
    (left,) = case_of(rollout, at=NOW).evaluation.blockers
    day = NOW.date() + timedelta(days=due)
    condition = NewCondition(left.id, f"Bring it, {name}", owner, day)
    make_decision(rollout, "conditional_go", conditions=[condition], by=decider)
    return Rollout.objects.get(pk=rollout.pk)


def shown(client: Client, user: User, query: str = "", *, days: int = 0) -> str:
    client.force_login(user)
    with time_machine.travel(NOW + timedelta(days=days), tick=False):
        answer = client.get(f"{URL}{query}")
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_conditions_are_grouped_by_sponsor_and_aged_with_the_cap_beside(
    client: Client, maya: User, carol: User, peter: User, hannah: User, reviewers: list[User]
) -> None:
    owing("Soon", maya, carol, hannah, reviewers, due=5)
    owing("Later", maya, carol, hannah, reviewers, due=30)
    owing("Alone", maya, None, hannah, reviewers, due=30)
    page = shown(client, hannah, days=8)
    assert "3 conditions owed, 1 overdue" in page
    assert "Carol Nakamura 2 of at most 15 owed, 1 overdue" in page
    assert "Nobody sponsors 1 owed" in page
    # Due after 5 days, so 3 overdue, and revoked 15 days after its day.
    assert re.search(r"Bring it, Soon.*? 8 days .*? 3 days in 12 days 6 Dec", page)


def test_a_sponsor_sees_theirs_and_a_stranger_nothing(
    client: Client, maya: User, devin: User, hannah: User, oscar: User, reviewers: list[User]
) -> None:
    owing("Mine", maya, devin, hannah, reviewers, due=5)
    owing("Another", maya, None, hannah, reviewers, due=5)
    own = shown(client, devin)
    assert "Bring it, Mine" in own
    assert "Bring it, Another" not in own
    assert "No condition is owed" in shown(client, oscar)


def test_it_is_sorted_by_age_or_by_day(
    client: Client, maya: User, carol: User, devin: User, hannah: User, reviewers: list[User]
) -> None:
    owing("First", maya, carol, hannah, reviewers, due=30)
    owing("Urgent", maya, devin, hannah, reviewers, due=1)
    by_day = shown(client, hannah, "?sort=due")
    assert by_day.index("Bring it, Urgent") < by_day.index("Bring it, First")
    assert shown(client, hannah, "?sort=nothing") == shown(client, hannah, "?sort=age")


def test_exceptions_stand_beside_them_with_their_day(
    client: Client, maya: User, carol: User, hannah: User, peter: User, reviewers: list[User]
) -> None:
    rollout = owing("Excepted", maya, carol, hannah, reviewers, due=30)
    judged = [c for c in rollout.playbook.parsed.gate(1).criteria if not c.computed]
    first, second = judged[:2]
    make_exception(rollout, first.key, by=maya, approved_by=peter, days=20)
    make_exception(rollout, second.key, by=maya, days=40)
    page = shown(client, hannah, "?show=exceptions")
    assert page.index(first.name) < page.index(second.name)
    assert "by Peter Voss" in page
    assert "in 20 days" in page
    assert first.name not in shown(client, hannah, "?show=exceptions", days=21)


def test_what_waits_for_the_program_office_is_among_its_lines(
    client: Client, maya: User, carol: User, hannah: User, reviewers: list[User]
) -> None:
    rollout = owing("Excepted", maya, carol, hannah, reviewers, due=30)
    make_exception(rollout, rollout.playbook.parsed.gate(1).criteria[1].key, by=maya)
    kill = rollout.initiative.kill_criteria.get()
    record_hit(kill=kill, note="4 % in week four.", by=maya, at=NOW)
    client.force_login(hannah)
    with time_machine.travel(NOW, tick=False):
        page = client.get("/attention/").content.decode()
    assert "4 % in week four." in page
    assert "Maya Okafor asks until" in page
    assert URL in page
