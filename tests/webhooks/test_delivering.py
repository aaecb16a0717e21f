"""Events on their way to other systems: each once as a rule, none lost, all signed."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from accounts.errors import Refused
from accounts.models import User
from audit.models import Event
from audit.outgoing import Unreachable
from audit.services import SYSTEM, Entry, SystemActor, record
from gates.voices import CLOSED_VERB
from tests.factories import NOW, make_initiative
from tests.together import at_once
from tests.webhooks.receiver import Receiver
from webhooks import services
from webhooks.models import Delivery, DeliveryState, Endpoint
from webhooks.services import add_endpoint, claim_new, deliver_some, end_endpoint, send_test, take

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


def happen(verb: str = "review.opened", at: datetime = SOON) -> Event:
    with transaction.atomic():
        return record(entry=Entry(SYSTEM, verb, "It happened"), by=SystemActor(), at=at)


def make_endpoint(receiver: Receiver, by: User, *verbs: str, path: str = "") -> Endpoint:
    return add_endpoint(url=receiver.url + path, verbs=verbs, by=by, at=NOW)


def test_an_event_is_delivered_signed(receiver: Receiver, ada: User, maya: User) -> None:
    endpoint = make_endpoint(receiver, ada)
    initiative = make_initiative(owner=maya, at=SOON, name="Claims triage")
    claim_new(at=SOON)
    while deliver_some(at=SOON):
        pass
    told = [json.loads(got.body) for got in receiver.received]
    event = Event.objects.get(verb="initiative.created")
    said = next(each for each in told if each["verb"] == "initiative.created")
    assert said["id"] == event.pk
    assert said["chain"] == f"initiative:{initiative.pk}"
    assert said["actor"]["label"] == "Maya Okafor"
    assert said["data"]["name"] == "Claims triage"
    assert event.digest not in str(told)

    got = receiver.received[0]
    moment, digest = got.headers["Clearway-Signature"].split(",")
    assert moment == f"t={int(SOON.timestamp())}"
    signed = hmac.new(
        endpoint.secret.encode(), moment[2:].encode() + b"." + got.body, hashlib.sha256
    )
    assert digest == f"v1={signed.hexdigest()}"
    assert got.headers["Clearway-Event"] == told[0]["verb"]
    delivery = Delivery.objects.get(event=event)
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)


def test_an_endpoint_hears_of_what_it_asked_for_and_of_nothing_before(
    receiver: Receiver, ada: User
) -> None:
    happen("review.opened", at=NOW - timedelta(minutes=1))
    make_endpoint(receiver, ada, "review.opened", "decision")
    for verb in ("review.opened", "review.submitted", "decision.go"):
        happen(verb)
    claim_new(at=SOON)
    claimed = Delivery.objects.values_list("event__verb", flat=True)
    assert sorted(claimed) == ["decision.go", "review.opened"]


def test_an_event_that_is_committed_late_is_not_passed_by(receiver: Receiver, ada: User) -> None:
    make_endpoint(receiver, ada, "review")
    later = SOON + timedelta(minutes=30)
    happen(at=later)
    claim_new(at=later)
    late = happen(at=SOON)  # begun before the other, and committed after it was claimed
    claim_new(at=later + timedelta(minutes=1))
    assert Delivery.objects.filter(event=late).count() == 1
    assert Delivery.objects.count() == 2


def test_a_voice_that_is_closed_until_all_are_in_is_not_given_away(
    receiver: Receiver, ada: User
) -> None:
    make_endpoint(receiver, ada, "review")
    said = {"review": 1, "remit": "security", "voices": 1, "verdict": "objected", "note": "No."}
    entry = Entry(SYSTEM, CLOSED_VERB, "Gate 2, security: a voice is in, 1 so far", said)
    with transaction.atomic():
        record(entry=entry, by=SystemActor(), at=SOON)
    claim_new(at=SOON)
    deliver_some(at=SOON)
    told = json.loads(receiver.received[0].body)
    assert told["data"] == {"review": 1, "remit": "security", "voices": 1}
    assert "digest" not in told


def test_the_secret_is_stored_nowhere(receiver: Receiver, ada: User) -> None:
    endpoint = make_endpoint(receiver, ada)
    stored = str(Endpoint.objects.values().get())
    assert endpoint.secret not in stored
    assert endpoint.secret == Endpoint.objects.get().secret
    assert endpoint.secret != make_endpoint(receiver, ada, path="/2").secret


def test_a_failure_is_tried_again_ever_later_and_given_up_after_a_day(
    receiver: Receiver, ada: User
) -> None:
    endpoint = make_endpoint(receiver, ada, "review")
    happen()
    claim_new(at=SOON)
    receiver.status, receiver.answer = 503, b"busy"
    at, waits = SOON, []
    while (waiting := Delivery.objects.get()).state == DeliveryState.WAITING:
        assert deliver_some(at=at) == 0
        row = Delivery.objects.get(pk=waiting.pk)
        waits.append((row.next_at - at).total_seconds() / 60)
        assert (row.status, row.said) == (503, "busy")
        assert deliver_some(at=at + timedelta(seconds=59)) == 0, "nobody asks before"
        assert Delivery.objects.get().attempts == len(waits)
        at = row.next_at
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 240]
    assert row.claimed_at + timedelta(days=1) <= at

    endpoint.refresh_from_db()
    assert not endpoint.active
    event = Event.objects.get(verb="webhook.gave_up")
    assert event.summary.startswith("127.0.0.1 did not take events for a day")
    happen(at=at)
    claim_new(at=at)
    assert Delivery.objects.count() == 1, "nothing more is claimed for it"


def test_who_added_it_is_told_that_it_is_given_up(
    receiver: Receiver, ada: User, django_capture_on_commit_callbacks: object
) -> None:
    make_endpoint(receiver, ada, "review")
    receiver.status = 500
    happen()
    claim_new(at=SOON)
    deliver_some(at=SOON)
    happen("review.submitted", at=SOON + timedelta(hours=23))
    claim_new(at=SOON + timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        deliver_some(at=SOON + timedelta(days=1))
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [
        ([ada.email], "Clearway sends no more events to an address")
    ]


def test_a_success_ends_the_failing(receiver: Receiver, ada: User) -> None:
    endpoint = make_endpoint(receiver, ada, "review")
    happen()
    claim_new(at=SOON)
    receiver.status = 500
    deliver_some(at=SOON)
    endpoint.refresh_from_db()
    assert endpoint.failing_since == SOON
    receiver.status = 200
    assert deliver_some(at=SOON + timedelta(minutes=1)) == 1
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_an_endpoint_that_fails_does_not_keep_the_others_waiting(
    receiver: Receiver, ada: User
) -> None:
    make_endpoint(receiver, ada, "review")
    gone = Endpoint.objects.create(
        url="http://127.0.0.1:9/",
        salt="x",
        made_by=ada,
        made_at=NOW,
        swept_to=NOW,
        verbs=["review"],
    )
    for _ in range(3):
        happen()
    claim_new(at=SOON)
    assert deliver_some(at=SOON) == 3
    tries = gone.deliveries.order_by("pk").values_list("attempts", flat=True)
    assert list(tries) == [1, 0, 0], "the rest was not tried"
    assert not Delivery.objects.free(SOON).exists(), "it waits as long as what failed"
    assert Delivery.objects.free(SOON + timedelta(minutes=1)).count() == 3


def test_what_is_switched_off_hears_nothing_more(receiver: Receiver, ada: User) -> None:
    endpoint = make_endpoint(receiver, ada, "review")
    happen()
    claim_new(at=SOON)
    end_endpoint(endpoint=endpoint, by=ada, at=SOON)
    assert deliver_some(at=SOON) == 0
    assert receiver.arrived == 0
    assert Delivery.objects.get().state == DeliveryState.GIVEN_UP


def test_what_is_switched_off_while_it_is_asked_waits_no_more(
    receiver: Receiver, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint(receiver, ada, "review")
    happen()
    claim_new(at=SOON)

    def send(*_asked: Any, **_how: Any) -> Any:
        end_endpoint(endpoint=endpoint, by=ada, at=SOON)
        raise Unreachable("Nobody answers.")

    monkeypatch.setattr(services, "send", send)
    assert deliver_some(at=SOON) == 0
    assert Delivery.objects.get().state == DeliveryState.GIVEN_UP


def test_the_trail_keeps_the_address_to_itself(receiver: Receiver, ada: User) -> None:
    endpoint = make_endpoint(receiver, ada, "review", path="/hooks/a-secret")
    send_test(endpoint=endpoint, by=ada, at=SOON)
    end_endpoint(endpoint=endpoint, by=ada, at=SOON)
    told = list(Event.objects.filter(verb__startswith="webhook."))
    assert {each.verb for each in told} == {"webhook.added", "webhook.tested", "webhook.ended"}
    assert not any("a-secret" in f"{each.summary} {each.data}" for each in told)
    assert all("127.0.0.1" in each.summary for each in told)


def test_a_test_goes_to_the_one_address(receiver: Receiver, ada: User) -> None:
    endpoint = make_endpoint(receiver, ada, "review")
    send_test(endpoint=endpoint, by=ada, at=SOON)
    assert deliver_some(at=SOON) == 1
    assert receiver.received[0].headers["Clearway-Event"] == "webhook.tested"


def test_old_deliveries_are_forgotten(receiver: Receiver, ada: User) -> None:
    make_endpoint(receiver, ada, "review")
    happen()
    claim_new(at=SOON)
    deliver_some(at=SOON)
    claim_new(at=SOON + timedelta(days=31))
    assert not Delivery.objects.exists()


def test_an_address_inside_and_one_known_already_are_refused(receiver: Receiver, ada: User) -> None:
    make_endpoint(receiver, ada)
    with pytest.raises(Refused, match="hears of events already"):
        make_endpoint(receiver, ada)
    with pytest.raises(Refused, match="CLEARWAY_ALLOWED_HOSTS_OUT"):
        add_endpoint(url="http://10.0.0.1/", verbs=[], by=ada, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_and_two_workers_deliver_each_event_once(receiver: Receiver, ada: User) -> None:
    make_endpoint(receiver, ada, "review")
    for _ in range(10):
        happen()
    at_once([lambda: claim_new(at=SOON)] * 2)
    assert Delivery.objects.count() == 10
    held = at_once([lambda: [d.pk for d in take(limit=6, at=SOON)]] * 2)
    assert len({*held[0], *held[1]}) == len(held[0]) + len(held[1]) == 10
