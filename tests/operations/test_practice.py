"""How a running system is kept good: the cadence, the logs, the backlog, the capacity freed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.models import Event
from gates.cadence import turns
from gates.models import Rollout
from initiatives.errors import Refused
from initiatives.models import Initiative
from operations.models import CapacityOffer, Improvement
from operations.services import capacity, practice
from playbook.loading import standard
from portfolio.lines import Day
from portfolio.running import practice as overdue
from portfolio.running import say_practice
from tests.factories import NOW, make_initiative, make_rollout
from tests.running import make_running

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
PRACTICES = standard().steady_practices


@pytest.fixture
def act(maya: User) -> dict[str, Any]:
    return {"by": maya, "at": NOW}


@pytest.fixture
def initiative(maya: User) -> Initiative:
    return make_initiative(owner=maya)


@pytest.mark.seed("S-119", "S-120")
def test_each_practice_is_due_so_many_days_after_it_was_last_done() -> None:
    since = TODAY - timedelta(days=200)
    last: dict[str, date | None] = {practice.key: None for practice in PRACTICES}
    last["performance_reviews"] = TODAY - timedelta(days=90)
    last["model_updates"] = TODAY - timedelta(days=181)
    found = {turn.practice.key: turn for turn in turns(PRACTICES, last, since=since, today=TODAY)}
    review, update = found["performance_reviews"], found["model_updates"]
    assert (review.due, review.overdue) == (TODAY, False)
    assert (update.due, update.overdue) == (TODAY - timedelta(days=1), True)
    assert found["feedback_loops"].due == since + timedelta(days=30), "never done: from the start"


def test_what_was_done_before_steady_state_does_not_make_it_late() -> None:
    last: dict[str, date | None] = {"feedback_loops": TODAY - timedelta(days=100)}
    (turn,) = [t for t in turns(PRACTICES, last, since=TODAY, today=TODAY) if t.last]
    assert turn.due == TODAY + timedelta(days=30)


@pytest.fixture
def lines(maya: User) -> Callable[[int], list[str]]:
    """The attention lines of practices after some days: what is said."""

    def read(days: int) -> list[str]:
        today = TODAY + timedelta(days=days)
        every = {p.key: p.every_days for p in PRACTICES if p.every_days}
        on = Day(
            today, {}, dict.fromkeys(Rollout.objects.values_list("playbook", flat=True), every)
        )
        return [say_practice(found, today)[0] for found in overdue(on)]

    return read


def test_a_practice_left_off_needs_attention_until_it_is_done(
    maya: User, lines: Callable[[int], list[str]]
) -> None:
    steady = make_rollout(make_initiative(owner=maya), stage="steady", by=maya)
    assert lines(400) == [], "a claim owes its gates first"
    steady.standing.labels = []
    steady.standing.save()
    assert lines(30) == []
    assert lines(31) == ["Overdue: feedback loops since 16 Dec."]
    make_running(steady, by=maya, at=NOW + timedelta(days=20))
    steady.standing.labels = []
    steady.standing.save()
    assert lines(31) == []


def test_reviews_and_updates_say_what_there_is_to_say(
    initiative: Initiative, act: dict[str, Any]
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Refused) as refused:
        practice.record_review(
            initiative=initiative, held_on=tomorrow, found=" ", decided="", **act
        )
    assert len(refused.value.reasons) == 2
    with pytest.raises(Refused) as refused:
        practice.record_update(
            initiative=initiative,
            version="",
            updated_on=tomorrow,
            reason="",
            tested="",
            way_back="",
            **act,
        )
    assert len(refused.value.reasons) == 5


def backlog(initiative: Initiative) -> list[tuple[int, str]]:
    rows = Improvement.objects.filter(initiative=initiative, closed_at=None)
    return [(row.rank, row.text) for row in rows]


@pytest.mark.seed("S-121")
def test_the_backlog_keeps_its_ranks_together(initiative: Initiative, act: dict[str, Any]) -> None:
    one, two = (
        practice.list_improvement(initiative=initiative, text=text, **act) for text in ("A", "B")
    )
    practice.list_improvement(initiative=initiative, text="C", rank=1, **act)
    assert backlog(initiative) == [(1, "C"), (2, "A"), (3, "B")]
    practice.rank_improvement(improvement=two, rank=1, **act)
    assert backlog(initiative) == [(1, "B"), (2, "C"), (3, "A")]
    practice.rank_improvement(improvement=two, rank=99, **act)
    assert backlog(initiative) == [(1, "C"), (2, "A"), (3, "B")]
    practice.start_improvement(improvement=one, **act)
    with pytest.raises(Refused, match="being worked on already"):
        practice.start_improvement(improvement=one, **act)
    practice.close_improvement(improvement=one, outcome="A third cheaper.", **act)
    with pytest.raises(Refused, match="closed already"):
        practice.rank_improvement(improvement=one, rank=1, **act)


def offer(initiative: Initiative, act: dict[str, Any]) -> CapacityOffer:
    return capacity.offer_capacity(
        initiative=initiative,
        people=2,
        share_percent=50,
        skills="Pipelines",
        free_from=TODAY,
        **act,
    )


@pytest.mark.seed("S-123")
def test_an_offer_is_taken_once_and_both_histories_tell_of_it(
    initiative: Initiative, maya: User, hannah: User, act: dict[str, Any]
) -> None:
    waiting = make_initiative(owner=maya)
    made = offer(initiative, act)
    assert list(CapacityOffer.objects.still_open()) == [made]
    with pytest.raises(Refused, match="another initiative"):
        capacity.take_offer(offer=made, initiative=initiative, by=hannah, at=NOW)
    capacity.take_offer(offer=made, initiative=waiting, by=hannah, at=NOW)
    assert CapacityOffer.objects.get().taken_by == waiting
    for chain in (initiative.chain, waiting.chain):
        assert Event.objects.of(chain).newest_first()[0].verb == "capacity.taken"
    with pytest.raises(Refused, match="has taken this offer"):
        capacity.take_offer(offer=made, initiative=waiting, by=hannah, at=NOW)
    with pytest.raises(Refused, match="has taken this offer"):
        capacity.end_offer(offer=made, by=maya, at=NOW)


def test_an_offer_is_of_somebody_for_a_share(initiative: Initiative, act: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        capacity.offer_capacity(
            initiative=initiative,
            people=0,
            share_percent=101,
            skills="",
            free_from=TODAY,
            **act,
        )
    assert len(refused.value.reasons) == 2
