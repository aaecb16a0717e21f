"""What only one of two may win, with the control that shows the race without the lock."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.errors import Refused
from accounts.models import User
from accounts.roles import Role
from accounts.services import people, setup
from accounts.services.shared import digest_of_secret
from tests.factories import NOW, make_user
from tests.together import Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def two_first_administrators(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two visitors with the right code, who meet between looking and taking."""
    code = setup.issue_setup_code(at=NOW)
    meeting = Meeting(2)

    def digest(secret: str) -> str:
        meeting.wait()
        return digest_of_secret(secret)

    monkeypatch.setattr(setup, "digest_of_secret", digest)

    def visitor(name: str) -> Callable[[], User]:
        return lambda: setup.create_first_administrator(
            code=code, email=f"{name}@example.org", name=name, password="words", at=NOW
        )

    return at_once([visitor("ada"), visitor("eve")])


def test_of_two_visitors_one_becomes_the_first_administrator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcomes = two_first_administrators(monkeypatch)
    assert [type(outcome) for outcome in sorted(outcomes, key=str)].count(User) == 1
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert User.objects.in_role(Role.ADMINISTRATOR).count() == 1


def test_without_the_lock_both_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "one_at_a_time", lambda: None)
    two_first_administrators(monkeypatch)
    assert User.objects.in_role(Role.ADMINISTRATOR).count() == 2


def two_administrators_close_each_other(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    ada, bea = make_user("Ada", Role.ADMINISTRATOR), make_user("Bea", Role.ADMINISTRATOR)
    meeting = Meeting(2)
    keep = people._keep_an_administrator

    def look_then_meet(leaving: User) -> None:
        keep(leaving)
        meeting.wait()

    monkeypatch.setattr(people, "_keep_an_administrator", look_then_meet)
    return at_once(
        [
            lambda: people.deactivate(user=bea, by=ada, at=NOW),
            lambda: people.deactivate(user=ada, by=bea, at=NOW),
        ]
    )


def test_of_two_administrators_who_close_each_other_one_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcomes = two_administrators_close_each_other(monkeypatch)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert User.objects.active().in_role(Role.ADMINISTRATOR).count() == 1


def test_without_the_lock_none_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "one_at_a_time", lambda: None)
    two_administrators_close_each_other(monkeypatch)
    assert not User.objects.active().in_role(Role.ADMINISTRATOR).exists()
