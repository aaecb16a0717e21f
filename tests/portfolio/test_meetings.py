"""Gate meetings: called with an agenda, kept in order, decided, and closed for good."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Decision, Review, Rollout
from gates.services.decisions import Choice
from gates.services.reviews import withdraw_review
from initiatives.errors import NotAllowed, Refused
from portfolio.meeting import services
from portfolio.models import AgendaItem, Meeting
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_meeting,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_tranche,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def submit(maya: User, carol: User, hannah: User, lena: User, reviewers: list[User]) -> Any:
    """Makes an initiative whose Gate 0 is submitted: signed off unless said otherwise."""

    def make(name: str, *, signed: bool = True, days: int = 1, **fields: Any) -> Review:
        at = NOW - timedelta(days=days)
        initiative = make_initiative(
            owner=maya, sponsor=carol, by=hannah, at=at, name=name, **fields
        )
        rollout = make_rollout(initiative, by=hannah, at=at)
        make_ready(rollout, by=maya, verifier=lena, at=at)
        review = make_submitted(rollout, by=maya, at=at)
        if signed:
            make_sign_offs(review, reviewers, at=at)
        return review

    return make


def names(meeting: Meeting) -> list[str]:
    return [item.review.rollout.initiative.name for item in meeting.items.all()]


def choose(item: AgendaItem, outcome: str = "go", **choice: Any) -> dict[str, Any]:
    seen = case_of(item.review.rollout, at=NOW).seen
    return {"item": item, "choice": Choice(outcome, "It holds.", **choice), "seen": seen}


def test_its_agenda_is_what_is_ready_by_value_and_age_within_its_minutes(
    submit: Any, maya: User, peter: User, hannah: User
) -> None:
    submit("Old and scored low", value_score=2, days=9)
    submit("New and scored high", value_score=5)
    submit("Needs conditions", value_score=5, signed=False)
    paid = submit("Releases money", value_score=1)
    make_tranche(paid.rollout.initiative, by=maya, approved_by=peter)
    meeting = make_meeting(by=hannah, minutes=50)
    assert names(meeting) == [
        "Releases money",
        "New and scored high",
        "Old and scored low",
        "Needs conditions",
    ]
    assert [item.minutes for item in meeting.items.all()] == [10, 10, 10, 20]
    shorter = make_meeting(by=hannah, day=NOW.date() + timedelta(days=1), minutes=30)
    assert "Needs conditions" not in names(shorter)
    planned = services.plan(shorter, at=NOW)
    assert [left.reason for left in planned.left_out] == ["It needs 20 minutes, and none was left."]


def test_a_day_has_one_meeting_and_none_is_called_for_a_day_that_is_over(hannah: User) -> None:
    make_meeting(by=hannah)
    with pytest.raises(Refused, match="has its meeting already"):
        make_meeting(by=hannah)
    with pytest.raises(Refused, match="today or a later day"):
        make_meeting(by=hannah, day=NOW.date() - timedelta(days=1))
    with pytest.raises(Refused, match="more than none"):
        make_meeting(by=hannah, day=NOW.date() + timedelta(days=1), minutes=0)


def test_built_anew_it_takes_up_what_is_ready_now_and_keeps_what_is_settled(
    submit: Any, hannah: User, peter: User, carol: User
) -> None:
    first, second = submit("First", value_score=5), submit("Second", value_score=4)
    meeting = make_meeting(by=hannah, minutes=30)
    one, two = meeting.items.all()
    services.decide_item(**choose(one), by=carol, at=NOW)
    services.defer_item(item=two, reason="Its owner is ill.", by=hannah, at=NOW)
    submit("Third", value_score=3)
    submit("Fourth", value_score=2)
    submit("Fifth", value_score=1)
    services.build_anew(meeting=meeting, by=hannah, at=NOW)
    assert names(meeting) == ["First", "Second", "Third", "Fourth"]  # the decided took ten minutes
    assert [item.outcome for item in meeting.items.all()] == [
        "decided",
        "deferred",
        "open",
        "open",
    ]
    assert {first.pk, second.pk} <= set(meeting.items.values_list("review", flat=True))


def test_items_change_places_one_by_one_and_stay_at_either_end(submit: Any, hannah: User) -> None:
    for value, name in ((5, "First"), (4, "Second"), (3, "Third")):
        submit(name, value_score=value)
    meeting = make_meeting(by=hannah)
    first, _second, third = meeting.items.all()
    services.move_item(item=third, up=True, by=hannah, at=NOW)
    assert names(meeting) == ["First", "Third", "Second"]
    services.move_item(item=first, up=False, by=hannah, at=NOW)
    assert names(meeting) == ["Third", "First", "Second"]
    services.move_item(item=third, up=True, by=hannah, at=NOW)
    assert names(meeting) == ["Third", "First", "Second"]


def test_an_item_is_deferred_with_a_reason_and_may_be_decided_after_all(
    submit: Any, hannah: User, carol: User
) -> None:
    submit("Claims triage")
    item = make_meeting(by=hannah).items.get()
    with pytest.raises(Refused, match="Why it waits"):
        services.defer_item(item=item, reason=" ", by=hannah, at=NOW)
    services.defer_item(item=item, reason="The vendor is late.", by=hannah, at=NOW)
    item.refresh_from_db()
    assert (item.outcome, item.reason) == ("deferred", "The vendor is late.")
    made = services.decide_item(**choose(item), by=carol, at=NOW)
    item.refresh_from_db()
    assert (item.outcome, item.reason, item.decision) == ("decided", "", made)
    with pytest.raises(Refused, match="Carol Nakamura has decided it meanwhile: Go"):
        services.defer_item(item=item, reason="Too late.", by=hannah, at=NOW)


def test_whoever_may_not_decide_the_gate_does_not_decide_the_item(
    submit: Any, hannah: User, maya: User
) -> None:
    submit("Claims triage")
    item = make_meeting(by=hannah).items.get()
    with pytest.raises(NotAllowed):
        services.decide_item(**choose(item), by=maya, at=NOW)
    item.refresh_from_db()
    assert item.outcome == "open"
    assert not Decision.objects.exists()


def test_what_was_decided_or_withdrawn_elsewhere_is_not_decided_again(
    submit: Any, hannah: User, carol: User, peter: User, maya: User
) -> None:
    decided, withdrawn = submit("Decided", value_score=5), submit("Withdrawn", value_score=4)
    meeting = make_meeting(by=hannah)
    one, two = meeting.items.all()
    choice_one, choice_two = choose(one), choose(two)
    make_decision(decided.rollout, by=peter)
    withdraw_review(review=withdrawn, by=maya, at=NOW)
    with pytest.raises(Refused, match="Peter Voss has decided it meanwhile: Go"):
        services.decide_item(**choice_one, by=carol, at=NOW)
    with pytest.raises(Refused, match="was withdrawn"):
        services.decide_item(**choice_two, by=carol, at=NOW)
    services.close_meeting(meeting=meeting, present="", by=hannah, at=NOW)
    outcomes = [(item.outcome, item.reason) for item in meeting.items.all()]
    assert outcomes == [("decided", ""), ("deferred", "Its review was withdrawn.")]


def test_once_closed_it_stands_and_what_was_not_reached_says_so(
    submit: Any, hannah: User, carol: User
) -> None:
    submit("Claims triage")
    meeting = make_meeting(by=hannah)
    item = meeting.items.get()
    services.close_meeting(meeting=meeting, present="Carol, Hannah", by=hannah, at=NOW)
    meeting.refresh_from_db()
    item.refresh_from_db()
    assert (meeting.closed_by, meeting.closed_at, meeting.present) == (hannah, NOW, "Carol, Hannah")
    assert (item.outcome, item.reason) == ("deferred", "Not reached.")
    acts: list[Any] = [
        lambda: services.decide_item(**choose(item), by=carol, at=NOW),
        lambda: services.defer_item(item=item, reason="Later.", by=hannah, at=NOW),
        lambda: services.move_item(item=item, up=True, by=hannah, at=NOW),
        lambda: services.build_anew(meeting=meeting, by=hannah, at=NOW),
        lambda: services.close_meeting(meeting=meeting, present="", by=hannah, at=NOW),
    ]
    for act in acts:
        with pytest.raises(Refused, match="This meeting is closed"):
            act()
    assert Rollout.objects.get(pk=item.review.rollout_id).stage == "intake"


def test_the_database_keeps_a_closed_meeting_and_its_items_as_they_are(
    submit: Any, hannah: User
) -> None:
    submit("Claims triage")
    meeting = make_meeting(by=hannah)
    services.close_meeting(meeting=meeting, present="", by=hannah, at=NOW)
    acts: list[Any] = [
        lambda: Meeting.objects.update(present="Nobody"),
        lambda: Meeting.objects.filter(pk=meeting.pk)._raw_delete("default"),
        lambda: meeting.items.update(reason="Somebody forgot."),
        lambda: meeting.items.all().delete(),
    ]
    for act in acts:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert meeting.items.get().reason == "Not reached."


def test_every_change_to_a_meeting_is_in_the_audit_trail(submit: Any, hannah: User) -> None:
    submit("First", value_score=5)
    submit("Second", value_score=4)
    meeting = make_meeting(by=hannah)
    first, second = meeting.items.all()
    services.move_item(item=second, up=True, by=hannah, at=NOW)
    services.defer_item(item=first, reason="Later.", by=hannah, at=NOW)
    services.build_anew(meeting=meeting, by=hannah, at=NOW)
    times = {"starts_at": None, "minutes": 60, "present": ""}
    services.change_meeting(meeting=meeting, **times, by=hannah, at=NOW)
    services.close_meeting(meeting=meeting, present="", by=hannah, at=NOW)
    verbs = Event.objects.filter(verb__startswith="meeting.").order_by("seq")
    assert list(verbs.values_list("verb", flat=True)) == [
        "meeting.called",
        "meeting.moved",
        "meeting.deferred",
        "meeting.built",
        "meeting.changed",
        "meeting.closed",
    ]
