"""A gate meeting on one screen: item after item, by whoever may decide, and the minutes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from gates.models import Decision, Rollout
from portfolio.meeting import services
from portfolio.models import Meeting
from tests.factories import (
    make_assessment,
    make_decision,
    make_initiative,
    make_meeting,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_tranche,
)
from tests.portfolio.meeting_page import Page

pytestmark = pytest.mark.django_db
LEFT_OPEN = "kill_criteria_agreed"


@pytest.fixture
def triage(maya: User, carol: User, hannah: User, lena: User, reviewers: list[User]) -> Rollout:
    """Nothing open at Gate 0, and money waits for it."""
    return begun("Claims triage", maya, carol, hannah, lena, reviewers)


@pytest.fixture
def letters(maya: User, carol: User, hannah: User, lena: User, reviewers: list[User]) -> Rollout:
    """One criterion open at Gate 0."""
    return begun("Letters", maya, carol, hannah, lena, reviewers, skip=[f"criterion:{LEFT_OPEN}"])


def begun(
    name: str,
    owner: User,
    sponsor: User,
    office: User,
    verifier: User,
    reviewers: list[User],
    skip: Any = (),
) -> Rollout:
    now = timezone.now()
    initiative = make_initiative(owner=owner, sponsor=sponsor, by=office, at=now, name=name)
    rollout = make_rollout(initiative, by=office, at=now)
    make_ready(rollout, by=owner, verifier=verifier, at=now, skip=skip)
    make_sign_offs(make_submitted(rollout, by=owner, at=now), reviewers, at=now)
    return rollout


@pytest.fixture
def meeting(triage: Rollout, letters: Rollout, maya: User, peter: User, hannah: User) -> Meeting:
    now = timezone.now()
    make_tranche(triage.initiative, by=maya, approved_by=peter, at=now)
    return make_meeting(by=hannah, at=now)


def test_items_are_decided_one_after_another_and_the_minutes_tell_all_of_it(
    meeting: Meeting, triage: Rollout, letters: Rollout, hannah: User, maya: User
) -> None:
    page = Page(meeting, hannah)
    assert "0 of 2 items settled" in page.text
    assert "1. Gate 0: Claims triage" in page.text
    assert "USD 80,000.00" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Nothing is open. A go is possible." in page.text
    assert "The seven failure modes" in page.text
    assert all(mode.short_name in page.text for mode in triage.playbook.parsed.failure_modes)
    page.sign("go", reason="Baselines are sound.")
    assert (page.status, page.location) == (302, f"{meeting.get_absolute_url()}#item")
    page.open()
    assert "1 of 2 items settled" in page.text
    assert "A condition may cover it." in page.text
    block = f"for-criterion-{LEFT_OPEN}"
    due = timezone.now().date() + timedelta(days=7)
    typed = {
        f"{block}-text": "Agree them with Carol.",
        f"{block}-owner": maya.pk,
        f"{block}-due": due.isoformat(),
    }
    page.sign("conditional_go", **typed)
    assert page.status == 302
    page.open()
    assert "Every item is settled." in page.text
    assert {Rollout.objects.get(pk=each.pk).stage for each in (triage, letters)} == {"pilot"}
    page.take(page.client.post(f"{meeting.get_absolute_url()}close/", {"present": "Hannah, Maya"}))
    page.take(page.client.get(page.location))
    for words in (
        "Two decided, no deferred.",
        "Hannah, Maya",
        "Claims triage: Gate 0: Go",
        "Baselines are sound.",
        "Letters: Gate 0: Conditional go",
        "Agree them with Carol.",
        "Maya Okafor, by",
        "80,000.00",
        *Decision.objects.values_list("digest", flat=True),
    ):
        assert words in page.text
    page.open()
    assert page.location.endswith("/minutes/")


def test_facts_that_changed_refuse_the_decision_and_show_what_changed(
    meeting: Meeting, triage: Rollout, hannah: User, devin: User
) -> None:
    page = Page(meeting, hannah)
    make_assessment(
        triage.initiative, "budget", by=devin, at=timezone.now(), likelihood=3, impact=4
    )
    page.sign("go", reason="Baselines are sound.")
    assert page.status == 409
    assert "The facts changed since you opened this page." in page.text
    assert "likelihood 3, impact 4" in page.text
    assert "Baselines are sound." in page.html
    assert not Decision.objects.exists()
    page.sign("go")
    assert page.status == 302
    assert meeting.items.get(review__rollout=triage).outcome == "decided"


def test_whoever_comes_second_is_told_who_decided(
    meeting: Meeting, triage: Rollout, hannah: User, carol: User
) -> None:
    late = Page(meeting, hannah)
    Page(meeting, carol).sign("go")
    late.sign("stop", stop_cause="value")
    assert late.status == 409
    assert "Nothing was decided Carol Nakamura has decided it meanwhile: Go." in late.text
    assert "To the next item" in late.text
    assert Decision.objects.get().outcome == "go"


def test_what_its_own_page_decided_is_told_and_counts_once_the_meeting_is_closed(
    meeting: Meeting, triage: Rollout, hannah: User, peter: User
) -> None:
    item = meeting.items.get(review__rollout=triage)
    make_decision(triage, by=peter, at=timezone.now())
    page = Page(meeting, hannah, item)
    assert "Go by Peter Voss" in page.text
    page.take(page.client.get(f"{page.url}minutes/"))
    assert "Decided on its own page: Go." in page.text


def test_only_who_may_decide_an_item_sees_its_form(
    meeting: Meeting, maya: User, carol: User, lena: User, oscar: User
) -> None:
    assert 'id="decide"' in Page(meeting, carol).html  # the sponsor
    reader = Page(meeting, lena)
    assert reader.status == 200
    assert 'id="decide"' not in reader.html
    assert "You may not decide this" in reader.text
    assert "Defer it" not in reader.text
    reader.take(reader.client.post(reader.url))
    assert reader.status == 403
    assert Page(meeting, oscar).status == 403
    assert Page(meeting, maya).status == 403


def test_a_hand_in_what_is_judged_bars_in_the_meeting_too(
    hannah: User, peter: User, carol: User, lena: User, maya: User, reviewers: list[User]
) -> None:
    now = timezone.now()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, at=now), at=now)
    make_ready(rollout, by=hannah, verifier=lena, at=now)
    make_sign_offs(make_submitted(rollout, by=maya, at=now), reviewers, at=now)
    meeting = make_meeting(by=hannah, at=now)
    page = Page(meeting, hannah)
    assert "You own it, submitted it or had a hand in what is judged" in page.text
    assert 'id="decide"' not in page.html
    assert 'id="decide"' in Page(meeting, peter).html


def test_an_item_is_left_for_another_meeting_with_a_reason(meeting: Meeting, hannah: User) -> None:
    page = Page(meeting, hannah)
    first = meeting.items.first()
    assert first is not None
    url = reverse("portfolio:meeting_defer", args=[meeting.day, first.pk])
    page.take(page.client.post(url, {"defer-reason": " "}))
    assert page.status == 422
    assert "Why it waits: Say in a sentence why it waits." in page.text
    page.take(page.client.post(url, {"defer-reason": "The vendor is late."}))
    assert page.status == 302
    page.open()
    assert "2. Gate 0: Letters" in page.text
    assert page.item == str(meeting.items.last().pk)  # type: ignore[union-attr]
    page.open(first)
    assert "Deferred: The vendor is late." in page.text
    assert page.seen  # it can be decided after all


def test_any_item_can_be_gone_to_and_moved(meeting: Meeting, hannah: User) -> None:
    last = meeting.items.last()
    assert last is not None
    page = Page(meeting, hannah, last)
    assert page.item == str(last.pk)
    url = reverse("portfolio:meeting_move", args=[meeting.day, last.pk])
    page.take(page.client.post(url, {"way": "up"}))
    page.open()
    assert page.item == str(last.pk)
    assert page.client.get(page.url, {"item": "0"}).status_code == 404
    assert page.client.get("/meetings/2026-13-40/").status_code == 404


def test_what_does_not_fit_is_listed_with_the_reason(meeting: Meeting, hannah: User) -> None:
    page = Page(meeting, hannah)
    url = reverse("portfolio:meeting_change", args=[meeting.day])
    page.take(page.client.get(url))
    assert "Every submitted review is on it." in page.text
    sent = {"starts_at": "9:30", "minutes": 15, "present": ""}
    assert page.client.post(url, {**sent, "starts_at": "noon"}).status_code == 422
    assert page.client.post(url, sent).status_code == 302
    page.client.post(reverse("portfolio:meeting_build", args=[meeting.day]))
    page.take(page.client.get(url))
    assert "Gate 0: Letters It needs 20 minutes, and 5 were left." in page.text
    meeting.refresh_from_db()
    assert str(meeting.starts_at) == "09:30:00"


def test_a_meeting_is_called_on_its_page_and_found_from_the_decisions(
    client: Client, hannah: User, carol: User, maya: User, triage: Rollout
) -> None:
    url = reverse("portfolio:meeting_call")
    client.force_login(hannah)
    day = timezone.now().date() + timedelta(days=2)
    assert 'value="90"' in client.get(url).content.decode()
    past = client.post(url, {"day": "2020-01-01", "minutes": 60})
    assert past.status_code == 422
    assert "name today or a later day" in past.content.decode()
    answer = client.post(url, {"day": day.isoformat(), "starts_at": "10:00", "minutes": 60})
    assert answer["Location"] == f"/meetings/{day.isoformat()}/"
    assert client.post(url, {"day": day.isoformat(), "minutes": 60}).status_code == 422
    for person, sees in ((hannah, True), (carol, True), (maya, False)):
        client.force_login(person)
        page = client.get(reverse("portfolio:decisions")).content.decode()
        assert ('href="/meetings/"' in page.split("<main")[1]) is sees
    client.force_login(carol)
    listed = client.get("/meetings/").content.decode()
    assert f"/meetings/{day.isoformat()}/" in listed
    assert "Call a meeting" not in listed


def test_a_closed_meeting_shows_what_was_not_reached(meeting: Meeting, hannah: User) -> None:
    page = Page(meeting, hannah)
    page.take(page.client.get(f"{page.url}close/"))
    assert "2 items not reached." in page.text
    services.close_meeting(meeting=meeting, present="", by=hannah, at=timezone.now())
    for part in ("close", "change"):
        assert page.client.get(f"{page.url}{part}/")["Location"].endswith("/minutes/")
    page.take(page.client.get(f"{page.url}minutes/"))
    assert page.text.count("Not reached.") == 2
