"""The sample's history could have happened: in order, at work, and nothing from a day to come."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from audit.models import Event
from gates.case import case_of, cases_of
from gates.models import Decision, Review, Rollout, SignOff
from gates.nextstep import next_step
from gates.views.initiative_page import reader_of as reader_of_page
from initiatives.models import Evidence
from operations.models import UserGroup, Wave
from portfolio.sample.clock import Clock
from portfolio.sample.loading import load
from portfolio.sample.specs import SPECS
from tests.factories import NOW

pytestmark = pytest.mark.django_db

# A Saturday night, when nobody works.
NIGHT = datetime(2026, 11, 28, 23, 48, tzinfo=UTC)
TOLD = {
    "Casework notes assistant",  # a pilot with an open review
    "Mortgage deed extraction",  # readiness, held
    "Tax enquiry chatbot",  # an objection, and a shared failure
    "Appointment reminders",  # a go revoked
    "Container damage detection",  # steady state
    "Pension letter reading",  # a gate lost
    "Tunnel noise classifier",  # stopped
}


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The stories, told once for all that is asked of them, and never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        load(now=NIGHT, specs=[spec for spec in SPECS if spec.name in TOLD])
        yield
        transaction.set_rollback(True)


def test_the_history_runs_forward_on_working_days_up_to_now(told: None) -> None:
    last: dict[str, datetime] = {}
    for event in Event.objects.order_by("chain", "seq"):
        what = f"{event.chain} {event.at} {event.verb}"
        assert event.at >= last.get(event.chain, event.at), what
        last[event.chain] = event.at
        assert event.at <= NIGHT, what
        if event.actor_id is not None:
            assert event.at.weekday() < 5, what
            assert 9 <= event.at.hour < 20, what
    assert last


def test_nothing_rests_on_what_came_after_it(told: None) -> None:
    for evidence in Evidence.objects.exclude(verified_at=None):
        assert evidence.verified_at is not None
        assert evidence.added_at < evidence.verified_at
    for sign_off in SignOff.objects.select_related("review"):
        assert sign_off.review.submitted_at is not None
        assert sign_off.review.opened_at < sign_off.review.submitted_at < sign_off.given_at
    for decision in Decision.objects.exclude(review=None).select_related("review"):
        assert decision.review is not None
        given = [sign_off.given_at for sign_off in decision.review.sign_offs.all()]
        assert all(moment < decision.decided_at for moment in given)
        assert len(given) < 3 or len({moment.date() for moment in given}) > 1
    assert Review.objects.exclude(submitted_at=None).exists()


def test_premises_and_criteria_of_one_initiative_agree(told: None) -> None:
    told_of = Rollout.objects.filter(initiative__name__in=TOLD)
    cases = cases_of(list(told_of.values_list("pk", flat=True)), at=NIGHT)
    for case in cases.values():
        found = {finding.key: finding for finding in case.evaluation.findings}
        for criterion, kind in (
            ("assumptions_settled", "assumption"),
            ("architecture_validated", "architecture"),
        ):
            if criterion in found and found[criterion].state == "met":
                assert not [f for f in case.evaluation.of(kind) if f.blocks], case.facts.name


def test_what_reached_steady_state_reached_everybody_first(told: None) -> None:
    rollout = Rollout.objects.get(initiative__name="Container damage detection")
    scaled = Decision.objects.get(rollout=rollout, gate=3).decided_at
    steady = Decision.objects.get(rollout=rollout, gate=4).decided_at
    waves = Wave.objects.filter(initiative=rollout.initiative)
    assert waves.count() == 3
    for wave in waves:
        assert wave.released_at is not None
        assert scaled < wave.released_at < steady
    groups = UserGroup.objects.filter(initiative=rollout.initiative)
    assert [group.using is not None and group.using > 0 for group in groups] == [True] * 3
    assert rollout.initiative.performance_reviews.exists()


@pytest.mark.parametrize("hour", [0, 9, 12])
def test_a_story_never_goes_back_or_beyond_now(hour: int) -> None:
    time = Clock(NOW.replace(hour=hour), "Berth assignment")
    moments = [time.at(days=-days) for days in (9, 3, 5, 0)]
    moments += [time.tick() for _ in range(200)]
    assert moments == sorted(moments)
    assert moments[-1] <= time.now
    assert time.working_day(-6) == NOW.date() + timedelta(days=6)


def test_whose_turn_it_is_is_said_alike_in_lists_and_on_the_page(told: None) -> None:
    rollouts = Rollout.objects.filter(initiative__owner__isnull=False)
    turns = set()
    for rollout in rollouts.select_related("initiative__owner", "initiative__sponsor"):
        case, owner = case_of(rollout, at=NIGHT), rollout.initiative.owner
        assert owner is not None
        step = next_step(rollout, case, reader_of_page(owner, rollout.initiative, {owner.pk}))
        assert step.yours == case.owners_turn, (rollout, step)
        turns.add(step.yours)
    assert turns == {True, False}
