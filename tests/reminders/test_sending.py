"""Sending what is claimed: over one connection, each mail once, and none lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from gates.models import Review
from gates.services.reviews import open_review, withdraw_review
from reminders import services
from reminders.models import STALE_AFTER, TAKEN_AGAIN_AFTER, Sending
from reminders.services import claim_due, send_some
from reminders.tasks import sweep
from tests.factories import NOW, make_rollout, make_user
from tests.reminders.sink import Sink
from tests.together import Meeting, at_once

LATER = NOW + timedelta(days=22)
"""A day after the reviews that are opened at NOW were due."""


def make_overdue(count: int, owner: User | None = None) -> None:
    """Claimed reminders of overdue reviews, each of an owner of its own unless one is given."""
    for _ in range(count):
        person = owner or make_user()
        open_review(rollout=make_rollout(owner=person), by=person, at=NOW)
    claim_due(at=LATER)


@pytest.mark.django_db
def test_a_reminder_is_text_and_html_with_one_link_to_the_task(
    mail_server: Sink, maya: User, settings: Any
) -> None:
    make_overdue(1, maya)
    assert send_some(at=LATER) == 1
    [mail] = mail_server.mails
    sending = Sending.objects.get()
    link = settings.BASE_URL + sending.path
    assert mail["To"] == maya.email
    assert mail["Subject"] == sending.title
    assert mail["Message-ID"].startswith(f"<reminder-{sending.pk}@")
    parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
    assert parts["text/plain"].count("http") == parts["text/html"].count("http") == 1
    assert f"Open the review: {link}" in parts["text/plain"]
    assert f'<a href="{link}">Open the review</a>' in parts["text/html"]


@pytest.mark.django_db
def test_a_hundred_share_one_connection_and_two_statements(
    mail_server: Sink, django_assert_num_queries: Any
) -> None:
    make_overdue(12)
    with django_assert_num_queries(2):
        assert send_some(at=LATER) == 12
    assert mail_server.connections == 1
    assert not Sending.objects.unsent().exists()
    assert send_some(at=LATER) == 0


@pytest.mark.django_db
def test_a_claim_whose_message_was_lost_goes_out_with_the_next_sweep(
    mail_server: Sink, maya: User, time_machine: Any
) -> None:
    make_overdue(1, maya)
    time_machine.move_to(LATER)
    sweep()
    assert len(mail_server.mails) == 1


@pytest.mark.django_db
def test_what_a_vanished_worker_had_in_hand_is_taken_again_after_a_while(
    mail_server: Sink, maya: User
) -> None:
    make_overdue(1, maya)
    assert len(services.take(limit=100, at=LATER)) == 1
    assert send_some(at=LATER + TAKEN_AGAIN_AFTER) == 0
    assert send_some(at=LATER + TAKEN_AGAIN_AFTER + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_a_worker_that_dies_halfway_repeats_nothing_that_it_said_was_sent(
    mail_server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_overdue(4)
    monkeypatch.setattr(services, "SAID_EVERY_SECONDS", 0.0)
    compose, composed = services.mail_of, []

    def die_at_the_third(sending: Sending) -> Any:
        composed.append(sending.pk)
        if len(composed) == 3:
            raise KeyboardInterrupt
        return compose(sending)

    with monkeypatch.context() as patch:
        patch.setattr(services, "mail_of", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            send_some(at=LATER)
    assert len(mail_server.mails) == 2
    send_some(at=LATER + TAKEN_AGAIN_AFTER + timedelta(seconds=1))
    ids = [mail["Message-ID"] for mail in mail_server.mails]
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.django_db
def test_a_mail_server_that_is_down_costs_nobody_a_reminder(
    maya: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    make_overdue(1, maya)
    assert send_some(at=LATER) == 0
    assert "The mail server failed after 0 of 1" in caplog.text
    assert Sending.objects.free(LATER).count() == 1, "free at once, for the next sweep"


@pytest.mark.django_db
def test_an_address_refused_for_good_holds_up_no_other(mail_server: Sink) -> None:
    make_overdue(2)
    first = Sending.objects.order_by("pk")[0]
    mail_server.refused[first.recipient.email] = "550 no such mailbox"
    assert send_some(at=LATER) == 1
    first.refresh_from_db()
    assert first.refused == "550 no such mailbox"
    assert not Sending.objects.unsent().exists()


@pytest.mark.django_db
def test_an_address_refused_for_now_is_tried_again(mail_server: Sink, maya: User) -> None:
    make_overdue(1, maya)
    mail_server.refused[maya.email] = "450 try later"
    assert send_some(at=LATER) == 0
    mail_server.refused.clear()
    assert send_some(at=LATER + TAKEN_AGAIN_AFTER + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_a_mail_refused_for_its_content_holds_up_no_other(mail_server: Sink) -> None:
    make_overdue(3)
    first = Sending.objects.order_by("pk")[0]
    mail_server.refused_content[first.recipient.email] = "554 looks like spam"
    assert send_some(at=LATER) == 2
    first.refresh_from_db()
    assert first.refused == "554 looks like spam"
    assert not Sending.objects.unsent().exists()


@pytest.mark.django_db
def test_a_mail_put_off_for_its_content_is_tried_again_after_the_others(mail_server: Sink) -> None:
    make_overdue(3)
    first = Sending.objects.order_by("pk")[0]
    mail_server.refused_content[first.recipient.email] = "451 try later"
    assert send_some(at=LATER) == 2
    mail_server.refused_content.clear()
    assert send_some(at=LATER) == 0
    assert send_some(at=LATER + TAKEN_AGAIN_AFTER + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_a_mail_at_which_the_server_hangs_up_is_not_first_again(mail_server: Sink) -> None:
    make_overdue(3)
    first = Sending.objects.order_by("pk")[0]
    mail_server.refused_content[first.recipient.email] = "421 closing"
    assert send_some(at=LATER) == 0
    assert send_some(at=LATER) == 1, "the second met the closed line, so it waits too"
    mail_server.refused_content.clear()
    assert send_some(at=LATER + TAKEN_AGAIN_AFTER + timedelta(seconds=1)) == 2


@pytest.mark.django_db
def test_a_mail_that_cannot_be_written_holds_up_no_other(mail_server: Sink) -> None:
    make_overdue(2)
    first = Sending.objects.order_by("pk")[0]
    User.objects.filter(pk=first.recipient_id).update(email="a\nb@example.org")
    assert send_some(at=LATER) == 1
    first.refresh_from_db()
    assert first.refused.startswith("554 ")


@pytest.mark.django_db
def test_a_sender_that_is_refused_costs_nobody_a_reminder(mail_server: Sink) -> None:
    make_overdue(2)
    mail_server.refused_senders = "530 authentication required"
    assert send_some(at=LATER) == 0
    assert Sending.objects.unsent().count() == 2


@pytest.mark.django_db
def test_what_leavers_were_to_hear_holds_up_no_other(mail_server: Sink) -> None:
    make_overdue(3)
    gone = list(Sending.objects.order_by("pk").values_list("recipient", flat=True)[:2])
    User.objects.filter(pk__in=gone).update(is_active=False)
    assert send_some(limit=2, at=LATER) == 1


@pytest.mark.django_db
def test_what_is_no_longer_due_is_not_sent(
    mail_server: Sink, maya: User, time_machine: Any
) -> None:
    make_overdue(2, maya)
    withdraw_review(review=Review.objects.order_by("pk")[0], by=maya, at=LATER)
    time_machine.move_to(LATER)
    sweep()
    assert len(mail_server.mails) == Sending.objects.count() == 1


@pytest.mark.django_db
def test_words_that_nobody_could_send_for_a_day_are_made_anew(maya: User) -> None:
    make_overdue(1, maya)
    old = Sending.objects.get()
    claim_due(at=LATER + STALE_AFTER + timedelta(seconds=1))
    new = Sending.objects.get()
    assert (new.step, new.recipient) == (old.step, old.recipient)
    assert new.pk != old.pk


def two_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sweeps that have both seen what is due before either claims it."""
    person = make_user()
    open_review(rollout=make_rollout(owner=person), by=person, at=NOW)
    meeting, derive = Meeting(2), services.owed

    def owed_then_meet(**arguments: Any) -> Any:
        found = derive(**arguments)
        meeting.wait()
        return found

    monkeypatch.setattr(services, "owed", owed_then_meet)
    outcomes = at_once([lambda: claim_due(at=LATER), lambda: claim_due(at=LATER)])
    assert outcomes == [None, None]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_claim_once(monkeypatch: pytest.MonkeyPatch) -> None:
    two_sweeps(monkeypatch)
    assert Sending.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_unique_claim_they_would_claim_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    once = next(c for c in Sending._meta.constraints if c.name == "reminders_told_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Sending, once)
    try:
        two_sweeps(monkeypatch)
        assert Sending.objects.count() == 2
    finally:
        Sending.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Sending, once)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(mail_server: Sink) -> None:
    make_overdue(30)
    sent = at_once([lambda: send_some(limit=10, at=LATER) for _ in range(4)])
    assert sum(sent) == 30
    ids = [mail["Message-ID"] for mail in mail_server.mails]
    assert len(ids) == len(set(ids)) == 30
