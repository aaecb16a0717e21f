"""Two voices at one moment: each counts once, and the later one knows of the earlier."""

from functools import partial
from unittest.mock import patch

import pytest

from accounts.models import User
from accounts.roles import Remit
from audit.models import Event
from gates.models import Review, SignOff
from gates.services import reviews
from gates.services.sign_offs import voices_in
from tests.factories import make_user
from tests.gates.voicing import finding_of, make_waiting, publish_asking, say
from tests.soak.histories import without_the_lock
from tests.together import Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(db: None) -> list[User]:
    return [make_user(name, remits=[Remit.FUNDING]) for name in ("Otto Lindt", "Ines Neu")]


@pytest.fixture
def review(people: list[User]) -> Review:
    publish_asking({"funding": {"quorum": 2}})
    return make_waiting(owner=make_user(), verifier=make_user())


def speak_at_once(review: Review, people: list[User]) -> list[int]:
    """How many voices each of the two knew of, having both come to count them if they can."""
    meeting = Meeting(len(people))

    def counted(review: Review, remit: str) -> int:
        meeting.wait()
        return voices_in(review, remit)

    with patch.object(reviews, "voices_in", counted):
        said = at_once([partial(say, review, "funding", person) for person in people])
    assert all(isinstance(each, SignOff) for each in said), said
    told = Event.objects.filter(verb="review.voiced").order_by("seq")
    return [event.data["voices"] for event in told]


def test_both_count_once_and_the_later_knows_of_the_earlier(
    review: Review, people: list[User]
) -> None:
    assert speak_at_once(review, people) == [1, 2]
    assert SignOff.objects.count() == 2
    found = finding_of(review, "funding")
    assert (found.state, found.text[:13]) == ("met", "2 of 2 signed")


def test_without_the_lock_neither_knows_of_the_other(review: Review, people: list[User]) -> None:
    with without_the_lock():
        assert speak_at_once(review, people) == [1, 1]


def test_one_person_twice_at_one_moment_is_one_voice(review: Review, people: list[User]) -> None:
    twice = [people[0], people[0]]
    assert speak_at_once(review, twice) == [1, 1]
    assert SignOff.objects.count() == 1
    assert finding_of(review, "funding").text.startswith("1 of 2 voices in")
