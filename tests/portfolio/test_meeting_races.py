"""Two people decide the same item at the same moment: one does, the other is told."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from gates.models import Decision
from portfolio.meeting import services
from portfolio.models import AgendaItem, Meeting
from tests.factories import make_meeting
from tests.portfolio.meeting_page import Page
from tests.soak.copies import Cast, copies, make_cast, make_template
from tests.soak.histories import lingering, without_the_lock
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

TRIALS = 4


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Iterator[Meeting]:
    """With items at which nothing is open, at Gate 0."""
    list(copies(make_template(cast, 0), TRIALS))
    yield make_meeting(by=cast.office, minutes=10 * TRIALS)


def both(meeting: Meeting, item: AgendaItem, cast: Cast) -> list[Any]:
    """What the sponsor and the program office are answered, each on the page they opened."""
    pages = [Page(meeting, person, item) for person in (cast.sponsor, cast.office)]
    at_once_said = at_once([partial(page.sign, "go") for page in pages])
    return [said or page for said, page in zip(at_once_said, pages, strict=True)]


def test_one_decides_and_the_other_is_told_who_did(meeting: Meeting, cast: Cast) -> None:
    with lingering():
        for item in meeting.items.all():
            pages = both(meeting, item, cast)
            assert sorted(page.status for page in pages) == [302, 409]
            made = Decision.objects.get(review=item.review_id)
            told = next(page for page in pages if page.status == 409)
            assert f"{made.decided_by} has decided it meanwhile: Go." in told.text
            item.refresh_from_db()
            assert item.decision == made


def test_without_the_locks_the_second_is_told_nothing(meeting: Meeting, cast: Cast) -> None:
    def unlocked(meeting_id: int) -> Meeting:
        return Meeting.objects.get(pk=meeting_id)

    item = meeting.items.first()
    assert item is not None
    with lingering(), without_the_lock(), patch.object(services, "lock", unlocked):
        answers = both(meeting, item, cast)
    assert any(isinstance(answer, Exception) for answer in answers)
