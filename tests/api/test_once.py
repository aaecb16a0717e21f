"""A request with an idempotency key is carried out once, however often and how many at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from accounts.models import IdempotentAnswer, User
from accounts.services.answers import Keyed
from accounts.tasks import forget_answers
from gates.models import Rollout
from initiatives.models import Evidence
from tests.api.calling import Caller, by_token, secret_of
from tests.factories import make_rollout
from tests.together import Meeting, at_once

LINK = {"title": "Load test", "url": "https://example.org/test"}


def path_of(rollout: Rollout) -> str:
    return f"initiatives/{rollout.initiative.reference}/evidence"


@pytest.fixture
def rollout(maya: User) -> Rollout:
    return make_rollout(owner=maya, at=timezone.now())


@pytest.mark.django_db
def test_a_repeated_request_gets_its_answer_again(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    first = call("POST", path_of(rollout), LINK, key="a1")
    assert (call.status, call.headers.get("Idempotent-Replayed")) == (201, None)
    again = call("POST", path_of(rollout), LINK, key="a1")
    assert (call.status, call.headers["Idempotent-Replayed"]) == (201, "true")
    assert again == first
    assert Evidence.objects.count() == 1
    call("POST", path_of(rollout), LINK, key="a2")
    assert Evidence.objects.count() == 2


@pytest.mark.django_db
def test_another_request_under_a_used_key_is_refused(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    call("POST", path_of(rollout), LINK, key="a1")
    said = call("POST", path_of(rollout), {**LINK, "title": "Another"}, key="a1")
    assert (call.status, said["type"]) == (422, "urn:clearway:key-reused")
    call("POST", f"initiatives/{rollout.initiative.reference}/reviews", {}, key="a1")
    assert call.status == 422
    assert Evidence.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_different_askers_are_apart(rollout: Rollout, maya: User, hannah: User) -> None:
    for call in (by_token(maya), by_token(maya, name="Other"), by_token(hannah), Caller(maya)):
        call("POST", path_of(rollout), LINK, key="a1")
        assert "Idempotent-Replayed" not in call.headers
    assert Evidence.objects.count() == 4


@pytest.mark.django_db
def test_a_refusal_changes_nothing_and_keeps_no_key(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    past = {**LINK, "valid_until": "2020-01-01"}
    call("POST", path_of(rollout), past, key="a1")
    assert call.status == 409
    assert not IdempotentAnswer.objects.exists()
    call("POST", path_of(rollout), LINK, key="a1")
    assert call.status == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 201, "a b", "ä"])
def test_a_key_is_a_short_word(key: str, rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    said = call("POST", path_of(rollout), LINK, key=key)
    assert call.status == 422
    assert said["reasons"][0].startswith("Idempotency-Key")


@pytest.mark.django_db
def test_answers_are_forgotten_after_a_day(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    for key in ("old", "new"):
        call("POST", path_of(rollout), LINK, key=key)
    a_day_ago = timezone.now() - timedelta(days=1, minutes=1)
    IdempotentAnswer.objects.filter(key="old").update(created_at=a_day_ago)
    forget_answers()
    assert [answer.key for answer in IdempotentAnswer.objects.all()] == ["new"]


@contextmanager
def meeting_before_they_look(parties: int) -> Iterator[None]:
    """All requests stand, for a moment, between waiting their turn and looking for an answer."""
    meeting, answered = Meeting(parties), Keyed.answered

    def meet(self: Keyed) -> Any:
        found = answered(self)
        meeting.wait()
        return found

    with patch.object(Keyed, "answered", meet):
        yield


def send_at_once(rollout: Rollout, secret: str, times: int) -> list[Any]:
    def send() -> tuple[int, Any]:
        call = Caller(secret=secret)
        call.client.raise_request_exception = False
        return call("POST", path_of(rollout), LINK, key="same"), call.status

    calls: list[Callable[[], Any]] = [send] * times
    with meeting_before_they_look(times):
        return at_once(calls)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_carried_out_once(maya: User) -> None:
    rollout = make_rollout(owner=maya, at=timezone.now())
    answers = send_at_once(rollout, secret_of(maya), 3)
    assert [status for _body, status in answers] == [201] * 3
    assert len({body["id"] for body, _status in answers}) == 1
    assert Evidence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_waiting_two_at_once_would_both_be_carried_out(maya: User) -> None:
    """The control: what the lock prevents happens without it, and only the constraint is left."""
    rollout = make_rollout(owner=maya, at=timezone.now())
    with patch.object(Keyed, "wait"):
        answers = send_at_once(rollout, secret_of(maya), 2)
    assert sorted(status for _body, status in answers) == [201, 500]
