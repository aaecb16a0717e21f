"""What waits for one person: tasks, sign-offs, decisions; and where each role starts."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from checklists.services import plan_check
from gates.services.reviews import sign_off
from gates.services.sign_offs import answer_objection
from tests.factories import (
    NOW,
    make_passed,
    make_playbook,
    make_ready,
    make_rollout,
    make_submitted,
    make_user,
)
from tests.gates.voicing import make_waiting, publish_asking, say, stand_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    make_playbook()


@pytest.fixture
def review(maya: User, carol: User, devin: User) -> Any:
    rollout = make_rollout(name="Triage", owner=maya, sponsor=carol)
    make_ready(rollout, by=maya, verifier=devin)
    return make_submitted(rollout, by=maya)


@pytest.mark.parametrize(
    ("who", "template"),
    [
        ("hannah", "portfolio/start.html"),
        ("carol", "portfolio/dashboard.html"),
        ("lena", "portfolio/inbox.html"),
        ("maya", "portfolio/tasks.html"),
        ("oscar", "portfolio/tasks.html"),
    ],
)
def test_each_role_starts_where_its_work_is(
    who: str, template: str, request: pytest.FixtureRequest, client: Client
) -> None:
    client.force_login(request.getfixturevalue(who))
    assert template in [used.name for used in client.get("/").templates]


def test_the_administrator_starts_with_people(ada: User, client: Client) -> None:
    client.force_login(ada)
    assert client.get("/").url == reverse("accounts:people")


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert reverse("account_login") in client.get("/").url


def test_an_owners_tasks_lead_to_their_pages(maya: User, client: Client) -> None:
    rollout = make_rollout(name="Triage", owner=maya)
    client.force_login(maya)
    (own,) = client.get(reverse("portfolio:tasks")).context["work"]
    assert own.initiative == rollout.initiative
    assert len(own.tasks) == 3
    for task in own.tasks:
        assert client.get(task.url).status_code == 200


def test_what_is_overdue_comes_first_and_says_so(
    maya: User,
    carol: User,
    devin: User,
    reviewers: list[User],
    client: Client,
    time_machine: Any,
) -> None:
    rollout = make_rollout(owner=maya, sponsor=carol)
    people = {"owner": maya, "verifier": devin, "reviewers": reviewers, "decider": carol}
    rollout = make_passed(rollout, gates=2, **people)  # type: ignore[arg-type]
    check = next(check for check in rollout.playbook.parsed.checks if check.monitoring)
    plan_check(
        initiative=rollout.initiative,
        check=check,
        assignee=maya,
        solution="Alerts on the error rate",
        due=NOW.date() + timedelta(days=1),
        by=maya,
        at=NOW,
    )
    time_machine.move_to(NOW + timedelta(days=3), tick=False)
    client.force_login(maya)
    (own,) = client.get(reverse("portfolio:tasks")).context["work"]
    opening, first = own.tasks[:2]
    assert opening.title == "Open the Gate 2 review"
    assert first.title == f"Ladder check: {check.name}"
    assert (first.mark, first.who) == (("overdue", "Overdue"), "You")


def test_what_is_handed_in_is_no_task(review: Any, maya: User, client: Client) -> None:
    client.force_login(maya)
    page = client.get(reverse("portfolio:tasks"))
    (own,) = page.context["work"]
    assert own.handed_in
    assert own.tasks == []
    assert [item["count"] for item in page.context["nav_items"] if item["key"] == "tasks"] == [0]


def test_a_reviewers_inbox_holds_what_lacks_their_word(
    review: Any, aiko: User, lena: User, client: Client
) -> None:
    client.force_login(aiko)
    (waiting,) = client.get(reverse("portfolio:inbox")).context["waiting"]
    assert [remit for remit, _url in waiting.acts] == ["Business", "Funding and ownership"]
    for remit in ("business", "funding"):
        sign_off(review=review, remit=remit, verdict="signed", note="", by=aiko, at=NOW)
    assert client.get(reverse("portfolio:inbox")).context["waiting"] == []
    client.force_login(lena)
    assert client.get(reverse("portfolio:inbox")).context["waiting"] == []


def test_a_reviewer_sees_the_objections_that_they_raised_and_what_came_of_them(
    review: Any, aiko: User, lena: User, maya: User, client: Client
) -> None:
    said = [
        sign_off(review=review, remit=remit, verdict="objected", note=note, by=aiko, at=NOW)
        for remit, note in (("business", "For whom?"), ("funding", "From which budget?"))
    ]
    client.force_login(aiko)
    shown = client.get(reverse("portfolio:inbox"))
    assert list(shown.context["objections"]) == said
    assert "Maya Okafor is to answer it." in shown.content.decode()
    later = NOW + timedelta(hours=1)
    answer_objection(sign_off=said[1], answer="The agency's own.", by=maya, at=later)
    shown = client.get(reverse("portfolio:inbox"))
    assert list(shown.context["objections"]) == [said[1], said[0]]
    assert "The agency&#x27;s own." in shown.content.decode()
    sign_off(review=review, remit="funding", verdict="signed", note="", by=aiko, at=later)
    assert list(client.get(reverse("portfolio:inbox")).context["objections"]) == [said[0]]
    client.force_login(lena)
    assert list(client.get(reverse("portfolio:inbox")).context["objections"]) == []


def test_a_voice_that_is_closed_shows_to_nobody_but_who_gave_it(
    maya: User, carol: User, devin: User, aiko: User, client: Client
) -> None:
    publish_asking({"funding": {"quorum": 2}})
    review = make_waiting(owner=maya, verifier=devin, sponsor=carol)
    sam = make_user("Sam Stand", Role.EXECUTIVE)
    stand_in(aiko, "funding", sam)
    client.force_login(maya)
    before = client.get(reverse("portfolio:tasks")).context["waiting"]
    said = say(review, "funding", sam, "objected", "No line in the budget.")
    assert client.get(reverse("portfolio:tasks")).context["waiting"] == before
    client.force_login(aiko)
    assert list(client.get(reverse("portfolio:inbox")).context["objections"]) == []
    client.force_login(sam)
    page = client.get(reverse("portfolio:inbox"))
    assert list(page.context["objections"]) == [said]
    assert "closed until every voice of this remit is in" in page.content.decode()


def test_what_a_stand_in_objected_to_is_over_once_the_reviewer_signed(
    review: Any, maya: User, aiko: User, client: Client
) -> None:
    sam = make_user("Sam Stand", Role.EXECUTIVE)
    stand_in(aiko, "funding", sam)
    said = say(review, "funding", sam, "objected", "No line in the budget.")
    for reader in (aiko, sam):
        client.force_login(reader)
        assert list(client.get(reverse("portfolio:inbox")).context["objections"]) == [said]
    client.force_login(maya)
    assert client.get(reverse("portfolio:tasks")).context["waiting"] == 1
    say(review, "funding", aiko)
    assert client.get(reverse("portfolio:tasks")).context["waiting"] == 0
    for reader in (aiko, sam):
        client.force_login(reader)
        assert list(client.get(reverse("portfolio:inbox")).context["objections"]) == []


def test_decisions_wait_for_sponsor_and_office_and_not_for_the_owner(
    review: Any, carol: User, hannah: User, maya: User, oscar: User, client: Client
) -> None:
    for person, mine in ((carol, 1), (hannah, 1), (maya, 0), (oscar, 0)):
        client.force_login(person)
        page = client.get(reverse("portfolio:decisions"))
        assert len(page.context["waiting"]) == mine, person
    client.force_login(maya)
    (seen,) = client.get(reverse("portfolio:decisions"), {"show": "all"}).context["waiting"]
    assert not seen.mine
    assert seen.deciders == "Hannah Cole or Carol Nakamura"
