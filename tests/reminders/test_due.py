"""What is due to whom, and in which words: the ladder of the playbook, climbed by the calendar."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Grant, User
from accounts.roles import Role
from accounts.services.people import deactivate
from gates.models import Condition, Review, Rollout
from gates.services.conditions import close_condition
from gates.services.decisions import NewCondition
from gates.services.reviews import open_review, sign_off, withdraw_review
from gates.services.rollouts import pause, resume
from initiatives.hooks import removing
from initiatives.services import assign_people, set_contributors
from playbook.loading import standard
from reminders.models import Sending
from reminders.services import claim_due
from tests.factories import (
    NOW,
    make_decision,
    make_evidence,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db


def day(offset: int, *, since: datetime = NOW) -> datetime:
    return since + timedelta(days=offset)


def told() -> list[tuple[str, str]]:
    """Which steps were claimed for whom, in the order of the claims."""
    return list(Sending.objects.order_by("pk").values_list("step", "recipient__name"))


# Before, on and after every day on which the ladder of reviews or of conditions says something.
AROUND_DUE = (-21, -15, -14, -13, -8, -7, -6, -4, -3, -1, 0, 1, 2, 6, 7, 8, 13, 14, 15, 30)


def sweep_on(*days: int, since: datetime) -> None:
    """A sweep on each of these days, and everything claimed is sent on that day."""
    for offset in days:
        at = day(offset, since=since)
        claim_due(at=at)
        Sending.objects.free(at).update(taken_at=at, sent_at=at)


@pytest.fixture
def review(hannah: User, maya: User, carol: User) -> Review:
    """Open at gate 0, due three weeks after NOW."""
    return open_review(rollout=make_rollout(owner=maya, sponsor=carol), by=maya, at=NOW)


def at_due(review: Review) -> datetime:
    return day((review.due - NOW.date()).days)


def test_an_open_review_climbs_from_its_owner_to_the_sponsor(review: Review) -> None:
    sweep_on(*AROUND_DUE, since=at_due(review))
    assert told() == [
        ("review_in_two_weeks", "Maya Okafor"),
        ("review_in_three_days", "Maya Okafor"),
        ("review_due", "Maya Okafor"),
        ("review_overdue", "Maya Okafor"),
        ("review_overdue_week", "Hannah Cole"),
        ("review_overdue_two_weeks", "Carol Nakamura"),
    ]


def test_the_words_name_gate_initiative_and_day_and_lead_to_the_task(review: Review) -> None:
    claim_due(at=day(1, since=at_due(review)))
    sending = Sending.objects.get()
    name, reference = review.rollout.initiative.name, review.rollout.initiative.reference
    assert sending.title == f"Overdue: submit the Gate 0 review of {name}"
    assert sending.text.startswith(
        f"You own {name}. Its Gate 0 review was due on 7 December 2026 and is not submitted."
    )
    assert sending.path == f"/initiatives/{reference}/review/"


def test_a_sweep_that_comes_late_says_only_the_latest(review: Review) -> None:
    claim_due(at=day(9, since=at_due(review)))
    assert told() == [("review_overdue", "Maya Okafor"), ("review_overdue_week", "Hannah Cole")]


def test_nothing_is_said_before_its_day_or_twice(review: Review) -> None:
    claim_due(at=day(-15, since=at_due(review)))
    assert told() == []
    for _ in range(3):
        claim_due(at=day(-14, since=at_due(review)))
    assert told() == [("review_in_two_weeks", "Maya Okafor")]


def test_nobody_is_pressed_before_the_day_until_which_a_gate_is_held(
    maya: User, carol: User, devin: User, reviewers: list[User]
) -> None:
    rollout = make_rollout(owner=maya, sponsor=carol)
    make_ready(rollout, by=maya, verifier=devin)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    until = day(90).date()
    make_decision(rollout, "hold", hold_until=until, by=carol)
    again = open_review(rollout=rollout, by=maya, at=day(1))
    assert again.due == until
    sweep_on(*range(2, 75, 6), since=NOW)
    assert told() == []
    sweep_on(77, since=NOW)
    assert told() == [("review_in_two_weeks", "Maya Okafor")]


def test_a_submitted_review_that_nobody_decides_is_not_blamed_on_its_owner(
    maya: User, carol: User, devin: User, hannah: User
) -> None:
    rollout = make_rollout(owner=maya, sponsor=carol)
    make_ready(rollout, by=maya, verifier=devin)
    review = make_submitted(rollout, by=maya)
    claim_due(at=day(7, since=at_due(review)))
    sending = Sending.objects.get(step="review_overdue_week")
    assert sending.recipient == hannah
    assert "is not decided. Its page shows whom it waits for." in sending.text


def test_every_reminder_says_whom_it_means_and_by_when_in_everybodys_words() -> None:
    for step in standard().reminders:
        said = f"{step.subject} {step.text}"
        assert "{name}" in step.subject, step.key
        assert "{due}" in said, step.key
        meant = {
            "owner": ("You own ", "You owe "),
            "initiative_owner": ("You own ",),
            "sponsor": ("You sponsor ",),
            "program_office": ("For the program office: ",),
            "reviewers": ("",),
        }[step.audience]
        assert step.text.startswith(meant), step.key
        assert step.audience != "reviewers" or "your word on {task}" in step.text
        inner = ("grace", "revoke", "conditional go", " band", "slip", "rung", "ladder", "claim")
        assert not [word for word in inner if word in said.lower()], step.key


def test_a_withdrawn_review_is_left_alone(review: Review) -> None:
    withdraw_review(review=review, by=review.opened_by, at=NOW)
    sweep_on(*AROUND_DUE, since=at_due(review))
    assert told() == []


def test_a_new_owner_hears_of_what_is_overdue(review: Review, hannah: User) -> None:
    claim_due(at=day(2, since=at_due(review)))
    olga = make_user("Olga Petrova")
    assign_people(initiatives=[review.rollout.initiative], owner=olga, by=hannah, at=NOW)
    claim_due(at=day(3, since=at_due(review)))
    assert told() == [("review_overdue", "Maya Okafor"), ("review_overdue", "Olga Petrova")]


def test_nobody_writes_to_somebody_who_left(review: Review, maya: User, ada: User) -> None:
    deactivate(user=maya, by=ada, at=NOW)
    claim_due(at=day(2, since=at_due(review)))
    assert told() == []


def test_every_one_of_the_program_office_is_told(review: Review, peter: User) -> None:
    claim_due(at=day(7, since=at_due(review)))
    assert Counter(name for _step, name in told()) == Counter(
        ["Maya Okafor", "Hannah Cole", "Peter Voss"]
    )


@pytest.fixture
def submitted(review: Review, maya: User, devin: User, lena: User) -> Review:
    make_ready(review.rollout, by=devin, verifier=lena, at=NOW)
    return make_submitted(review.rollout, by=maya, at=NOW)


def test_a_submission_asks_reviewers_and_deciders_and_no_longer_its_owner(
    submitted: Review, aiko: User, robert: User
) -> None:
    claim_due(at=NOW)
    assert sorted(told()) == [
        ("decision_asked", "Carol Nakamura"),
        ("decision_asked_of_office", "Hannah Cole"),
        ("sign_off_asked", "Aiko Tanaka"),
    ]
    asked = Sending.objects.get(step="sign_off_asked")
    assert "your word on business and funding and ownership" in asked.text
    assert Sending.objects.get(step="decision_asked").path.endswith("/decide/")
    sweep_on(-21, -3, 0, 1, 18, since=at_due(submitted))
    assert "Maya Okafor" not in {name for _step, name in told()}


def test_who_signed_off_is_not_asked_again(submitted: Review, aiko: User) -> None:
    claim_due(at=NOW)
    sign_off(review=submitted, remit="business", verdict="signed", note="", by=aiko, at=NOW)
    claim_due(at=day(7))
    assert (
        "your word on funding and ownership." in Sending.objects.get(step="sign_off_waiting").text
    )
    sign_off(review=submitted, remit="funding", verdict="signed", note="", by=aiko, at=NOW)
    Sending.objects.filter(step="sign_off_waiting").delete()
    claim_due(at=day(7))
    assert not Sending.objects.filter(step="sign_off_waiting").exists()


@pytest.fixture
def condition(
    hannah: User, maya: User, carol: User, devin: User, reviewers: list[User]
) -> Condition:
    """From a conditional go at gate 0, Devin's to meet, due twenty days after NOW."""
    rollout = make_rollout(owner=maya, sponsor=carol)
    set_contributors(initiative=rollout.initiative, people=[devin], by=maya, at=NOW)
    make_ready(rollout, by=devin, verifier=reviewers[0], at=NOW)
    review = make_submitted(rollout, by=maya)
    make_sign_offs(review, reviewers, skip=["business"])
    due = day(20).date()
    make_decision(
        rollout,
        "conditional_go",
        by=hannah,
        conditions=[NewCondition("sign_off:business", "Have the case signed", devin, due)],
    )
    return Condition.objects.get()


def test_a_condition_climbs_from_whoever_owes_it_to_the_sponsor(condition: Condition) -> None:
    sweep_on(*AROUND_DUE[1:], since=day(20))
    assert told() == [
        ("condition_in_a_week", "Devin Park"),
        ("condition_overdue", "Devin Park"),
        ("condition_overdue_to_owner", "Maya Okafor"),
        ("condition_overdue_week", "Hannah Cole"),
        ("condition_overdue_ten_days", "Carol Nakamura"),
    ]
    for sending in Sending.objects.all():
        assert "Have the case signed" in sending.text
        assert sending.path.endswith(f"/conditions/{condition.pk}/")


def test_an_owner_who_owes_a_condition_is_not_told_a_second_time_as_the_owner(
    condition: Condition, maya: User
) -> None:
    Condition.objects.filter(pk=condition.pk).update(owner=maya)
    sweep_on(1, 3, 4, since=day(20))
    assert told() == [("condition_overdue", "Maya Okafor")]


def test_everybody_who_is_told_of_a_condition_can_open_it(
    condition: Condition, client: Client, maya: User, devin: User, hannah: User, carol: User
) -> None:
    Sending.objects.all().delete()
    sweep_on(*AROUND_DUE[1:], since=day(20))
    people = {person.name: person for person in (maya, devin, hannah, carol)}
    for sending in Sending.objects.select_related("recipient"):
        client.force_login(people[sending.recipient.name])
        assert client.get(sending.path).status_code == 200, sending


def test_a_met_condition_reminds_nobody(condition: Condition, devin: User, lena: User) -> None:
    shown = make_evidence(condition.rollout.initiative, by=devin, verified_by=lena)
    close_condition(condition=condition, note="Signed.", evidence=shown, by=devin, at=NOW)
    sweep_on(*AROUND_DUE[1:], since=day(20))
    assert told() == []


def adopted(**people: Any) -> Rollout:
    return make_rollout(stage="limited", by=make_user("Importer"), **people)


def test_proof_is_asked_from_the_day_an_owner_is_set(hannah: User, maya: User) -> None:
    rollout = adopted()
    start = day(40)
    assign_people(initiatives=[rollout.initiative], owner=maya, by=hannah, at=start)
    sweep_on(0, 1, 59, 60, 61, 82, 83, 84, 90, 91, 92, since=start)
    assert told() == [
        ("proof_in_a_month", "Maya Okafor"),
        ("proof_in_a_week", "Maya Okafor"),
        ("proof_overdue", "Hannah Cole"),
    ]
    first = Sending.objects.get(step="proof_in_a_month")
    assert first.due == day(90, since=start).date()
    assert "Start with Gate 0." in first.text


def test_nobody_hears_of_an_adopted_initiative_without_an_owner(hannah: User, carol: User) -> None:
    rollout = adopted(sponsor=carol)
    open_review(rollout=rollout, by=hannah, at=NOW)
    sweep_on(0, 7, 21, 22, 28, 35, 60, 91, 120, since=NOW)
    assert told() == []


def test_a_long_name_fits_into_a_subject(maya: User) -> None:
    rollout = make_rollout(owner=maya, name="Long " * 99)
    review = open_review(rollout=rollout, by=maya, at=NOW)
    claim_due(at=day(1, since=at_due(review)))
    sending = Sending.objects.get()
    assert len(sending.title) < 130
    assert sending.title.endswith("…")


def test_a_name_with_braces_is_only_a_name(maya: User) -> None:
    rollout = make_rollout(owner=maya, name="Sorter {due} {0.x}")
    review = open_review(rollout=rollout, by=maya, at=NOW)
    claim_due(at=day(1, since=at_due(review)))
    assert "Sorter {due} {0.x}" in Sending.objects.get().title


def test_a_sweep_costs_the_same_for_one_and_for_many(maya: User) -> None:
    def sweep() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            claim_due(at=day(30))
        return len(queries)

    open_review(rollout=make_rollout(owner=maya), by=maya, at=NOW)
    one = sweep()
    for _ in range(5):
        open_review(rollout=make_rollout(owner=maya), by=maya, at=NOW)
    assert sweep() == one <= 9
    assert Sending.objects.count() == 6


def test_an_initiative_that_is_removed_leaves_no_reminder(maya: User, condition: Condition) -> None:
    initiative, other = condition.rollout.initiative, make_rollout(owner=maya)
    open_review(rollout=other, by=maya, at=NOW)
    sweep_on(*AROUND_DUE[1:], since=day(20))
    Sending.objects.update(taken_at=day(60), sent_at=day(60))
    kept = Sending.objects.filter(rule="review")
    assert kept.exists() and Sending.objects.exclude(rule="review").exists()
    removing([initiative.pk])
    assert set(Sending.objects.all()) == set(kept) != set()


def test_nobody_is_asked_to_decide_or_sign_what_is_their_own(
    hannah: User, peter: User, maya: User, reviewers: list[User]
) -> None:
    Grant.objects.create(user=hannah, role=Role.REVIEWER, remit="funding")
    rollout = make_rollout(owner=hannah)
    make_ready(rollout, by=maya, verifier=peter)
    make_submitted(rollout, by=hannah)
    sweep_on(1, 3, 7, 14, 21, 22, 28, since=NOW)
    asked = Sending.objects.filter(rule__in=["decision", "sign_off"])
    assert asked.filter(recipient=peter).exists()
    assert not asked.filter(recipient=hannah).exists()


def test_a_condition_reminds_the_owner_when_whoever_owes_it_cannot_read_it(
    condition: Condition, maya: User, devin: User
) -> None:
    initiative = condition.rollout.initiative
    set_contributors(initiative=initiative, people=[], by=maya, at=NOW)
    sweep_on(*AROUND_DUE[1:], since=day(20))
    assert ("condition_overdue", "Maya Okafor") in told()
    assert not Sending.objects.filter(recipient=devin).exists()


def test_while_the_work_is_paused_its_reviews_rest_and_then_go_on(
    review: Review, maya: User
) -> None:
    due = at_due(review)
    claim_due(at=day(-3, since=due))
    assert told() == [("review_in_three_days", "Maya Okafor")]
    pause(rollout=review.rollout, reason="The feed is rebuilt.", cause="integration", by=maya,
          at=day(-2, since=due))  # fmt: skip
    sweep_on(-2, 0, 1, 8, 15, since=due)
    assert told() == []  # and what was claimed but not sent is forgotten
    resume(rollout=review.rollout, by=maya, at=day(16, since=due))
    claim_due(at=day(16, since=due))
    assert told() == [
        ("review_overdue", "Maya Okafor"),
        ("review_overdue_week", "Hannah Cole"),
        ("review_overdue_two_weeks", "Carol Nakamura"),
    ]


def test_sign_offs_and_decisions_rest_as_well_while_paused(
    review: Review, maya: User, devin: User, carol: User, reviewers: list[User]
) -> None:
    make_ready(review.rollout, by=devin, verifier=carol, at=NOW)
    make_submitted(review.rollout, by=maya, at=NOW)
    pause(rollout=review.rollout, reason="The feed is rebuilt.", cause="integration", by=maya,
          at=NOW)  # fmt: skip
    sweep_on(*AROUND_DUE, since=at_due(review))
    assert told() == []
