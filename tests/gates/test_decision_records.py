"""The record of a decision in words, and what the page that was decided on shows afterwards."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.models import Rollout
from gates.services.reviews import open_review
from tests.factories import (
    make_assessment,
    make_initiative,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)
from tests.gates.deciding import LEFT_OPEN, Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def clear(maya: User, carol: User, hannah: User, lena: User, reviewers: list[User]) -> Rollout:
    """Everything met and signed off at Gate 0."""
    now = timezone.now()
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=now)
    rollout = make_rollout(initiative, by=hannah, at=now)
    make_ready(rollout, by=maya, verifier=lena, at=now)
    make_sign_offs(make_submitted(rollout, by=maya, at=now), reviewers, at=now)
    return rollout


def test_the_record_says_its_facts_in_words_by_part_and_keeps_them_as_they_were_stored(
    client: Client, clear: Rollout, carol: User, maya: User
) -> None:
    document, now = clear.playbook.parsed, timezone.now()
    make_assessment(clear.initiative, "budget", by=maya, at=now, likelihood=3, impact=4)
    page = Page(client, clear, carol)
    page.sign("go")
    page.take(client.get(page.location))
    shown, raw = page.text.split("The same facts as JSON")
    headings = ["Where it stood", "Design assessment", "Exit criteria", "Sign-offs"]
    places = [shown.index(f" {heading} ") for heading in (*headings, "Failure modes")]
    assert places == sorted(places)
    for words in (
        "Stage Intake",
        "Placed by a claim no",
        f"submitted on {now.day} {now:%b %Y}",
        f"{document.criterion(LEFT_OPEN).name} Met on",
        f"{document.mode('budget').name} High: likelihood 3, impact 4.",
    ):
        assert words in shown
    for code in ("in_place", "not_met", LEFT_OPEN, now.date().isoformat()):
        assert code not in shown
    assert f'"{LEFT_OPEN}"' in raw


def test_back_from_the_record_finds_no_form_that_looks_alive(
    client: Client, clear: Rollout, carol: User, hannah: User, maya: User
) -> None:
    page = Page(client, clear, carol)
    assert "no-store" in client.get(page.url).headers["Cache-Control"]
    page.sign("go")
    record = page.location
    page.take(client.get(page.url))
    assert page.location == record
    page.take(client.get(record))
    assert "You have decided this. Nothing waits for a decision now." in page.text
    assert "?anew=1" in page.html
    page.take(client.get(f"{page.url}?anew=1"))  # a return or an end may follow at any time
    assert (page.status, 'name="outcome"' in page.html) == (200, True)
    assert Page(client, clear, hannah).status == 200  # who has not decided is not sent away
    open_review(rollout=Rollout.objects.get(pk=clear.pk), by=maya, at=timezone.now())
    assert Page(client, clear, carol).status == 200


def test_only_who_may_decide_is_offered_to_decide_anew(
    client: Client, clear: Rollout, carol: User, maya: User
) -> None:
    page = Page(client, clear, carol)
    page.sign("go")
    record = page.location
    client.force_login(maya)
    assert "?anew=1" not in client.get(record).content.decode()


@pytest.mark.parametrize(
    "path", ["review/submit/", "review/withdraw/", "review/sign-off/business/"]
)
def test_what_is_sent_once_is_not_shown_again_from_the_browsers_memory(
    client: Client, clear: Rollout, maya: User, aiko: User, path: str
) -> None:
    client.force_login(aiko if "sign-off" in path else maya)
    answer = client.get(f"/initiatives/{clear.initiative.reference}/{path}")
    assert (answer.status_code, "no-store" in answer.headers["Cache-Control"]) == (200, True)
