"""What became of a promise: measured at its milestones, settled once, out of anybody's reach."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from accounts.models import User
from audit.models import Event
from audit.services import verify
from gates import tasks
from gates.models import Promise, Reconciliation, Rollout
from gates.services.promises import due, reconcile
from metrics.models import Metric
from metrics.observations import Reading, record_observations
from metrics.services import change_metric
from tests.factories import (
    NOW,
    make_decision,
    make_metric,
    make_ready,
    make_sign_offs,
    make_submitted,
)
from tests.together import at_once

pytestmark = pytest.mark.django_db
DECIDED = NOW.date()
DAY = DECIDED + timedelta(days=90)
SETTLES = DAY + timedelta(days=15)


def noon(day: date, zone: str = "UTC") -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone))


@pytest.fixture
def promised(
    rollout: Rollout, maya: User, lena: User, carol: User, reviewers: list[User]
) -> Callable[..., Promise]:
    """Gate 0 passed on one metric, from 30 to 5 minutes unless said otherwise."""

    def made(*, at: datetime = NOW, **fields: Any) -> Promise:
        make_metric(rollout.initiative, by=maya, at=at, **{"target": 5, **fields})
        if "baseline" in fields:  # which alone makes no business case
            make_metric(rollout.initiative, by=maya, at=at)
        make_ready(rollout, by=maya, verifier=lena, at=at)
        make_sign_offs(make_submitted(rollout, by=maya, at=at), reviewers, at=at)
        make_decision(rollout, by=carol, at=at)
        return Promise.objects.order_by("pk")[0]

    return made


@pytest.fixture
def promise(promised: Callable[..., Promise]) -> Promise:
    return promised()


def record(
    promise: Promise, value: float, about: date | datetime, by: User, *, known: datetime
) -> None:
    moment = about if isinstance(about, datetime) else noon(about)
    record_observations(
        initiative=promise.decision.rollout.initiative,
        readings=[Reading(promise.source_id or 0, moment, value)],
        source="form",
        by=by,
        at=known,
    )


def metric_of(promise: Promise) -> Metric:
    return Metric.objects.get(initiative=promise.decision.rollout.initiative, name=promise.metric)


def settled(promise: Promise, milestone: int = 90, *, on: date = SETTLES) -> Reconciliation:
    made = reconcile(promise=promise, milestone=milestone, at=noon(on))
    assert made is not None
    return made


def test_it_is_measured_on_its_day_and_settled_after_the_days_of_waiting(
    promise: Promise, maya: User
) -> None:
    record(promise, 20, DAY - timedelta(days=1), maya, known=noon(DAY))
    assert reconcile(promise=promise, milestone=90, at=noon(SETTLES - timedelta(days=1))) is None
    made = settled(promise)
    assert (made.day, made.measured, made.measured_on) == (DAY, 20, DAY - timedelta(days=1))
    assert made.share == (20 - 30) / (5 - 30) == 0.4
    assert made.reached is False
    assert made.settled_at == noon(SETTLES)


def test_the_second_milestone_has_its_own_day(promise: Promise, maya: User) -> None:
    settled(promise)
    later, over = DAY + timedelta(days=90), SETTLES + timedelta(days=90)
    record(promise, 4, later, maya, known=noon(later))
    made = settled(promise, 180, on=over)
    assert (made.day, made.share, made.reached) == (later, 1.04, True)


def test_what_is_due_is_each_promise_at_each_milestone_that_is_not_settled(
    promise: Promise,
) -> None:
    assert due(at=noon(SETTLES - timedelta(days=1))) == []
    assert due(at=noon(SETTLES)) == [(promise, 90)]
    settled(promise)
    assert due(at=noon(SETTLES)) == []
    assert due(at=noon(SETTLES + timedelta(days=90))) == [(promise, 180)]


@pytest.mark.parametrize(("days_after", "measured"), [(14, 8), (15, 20)])
def test_a_late_figure_counts_within_the_days_of_waiting_and_not_after(
    days_after: int, measured: float, promise: Promise, maya: User
) -> None:
    record(promise, 20, DAY - timedelta(days=2), maya, known=noon(DAY))
    record(promise, 8, DAY, maya, known=noon(DAY + timedelta(days=days_after)))
    assert settled(promise, on=SETTLES + timedelta(days=30)).measured == measured


@pytest.mark.parametrize(("days_after", "measured"), [(14, 8), (15, 20)])
def test_so_does_a_correction_however_late_it_is_settled(
    days_after: int, measured: float, promise: Promise, maya: User
) -> None:
    record(promise, 20, DAY, maya, known=noon(DAY))
    record(promise, 8, DAY, maya, known=noon(DAY + timedelta(days=days_after)))
    assert settled(promise, on=SETTLES + timedelta(days=30)).measured == measured


def test_a_correction_after_settlement_changes_nothing(promise: Promise, maya: User) -> None:
    record(promise, 20, DAY, maya, known=noon(DAY))
    settled(promise)
    before = Reconciliation.objects.values().get()
    record(promise, 5, DAY, maya, known=noon(SETTLES))
    assert reconcile(promise=promise, milestone=90, at=noon(SETTLES)) is None
    assert Reconciliation.objects.values().get() == before


@pytest.mark.parametrize(("cadence", "days"), [("day", 1), ("week", 7), ("month", 31)])
def test_a_figure_counts_for_as_long_as_the_rhythm_of_its_metric(
    cadence: str, days: int, promised: Callable[..., Promise], maya: User
) -> None:
    promise = promised(cadence=cadence)
    record(promise, 20, DAY - timedelta(days=days), maya, known=noon(DAY))
    assert settled(promise).measured == 20


@pytest.mark.parametrize(("cadence", "days"), [("day", 2), ("week", 8), ("month", 32)])
def test_without_a_fresh_figure_it_is_not_measured(
    cadence: str, days: int, promised: Callable[..., Promise], maya: User
) -> None:
    promise = promised(cadence=cadence)
    record(promise, 20, DAY - timedelta(days=days), maya, known=noon(DAY))
    record(promise, 20, DAY + timedelta(days=1), maya, known=noon(SETTLES))
    made = settled(promise)
    told = (made.measured, made.measured_on, made.share, made.reached)
    assert told == (None, None, None, None)


def test_which_way_is_better_is_what_the_promise_says(promise: Promise, maya: User) -> None:
    turned = {"direction": "up", "target": 60}
    change_metric(metric=metric_of(promise), fields=turned, by=maya, at=noon(DAY))
    record(promise, 4, DAY, maya, known=noon(DAY))
    assert settled(promise).reached is True


def test_a_figure_of_the_day_of_the_go_says_nothing_of_what_came_after(
    promised: Callable[..., Promise], maya: User
) -> None:
    promise = promised(cadence="quarter")
    record(promise, 5, DECIDED, maya, known=noon(DECIDED))
    assert settled(promise).measured is None


def test_without_a_baseline_it_has_a_figure_and_no_share(
    promised: Callable[..., Promise], maya: User
) -> None:
    promise = promised(baseline=None, baseline_on=None)
    record(promise, 20, DAY, maya, known=noon(DAY))
    made = settled(promise)
    assert (made.measured, made.share, made.reached) == (20, None, False)


def test_a_target_that_holds_what_there_was_has_no_share(
    promised: Callable[..., Promise], maya: User
) -> None:
    promise = promised(baseline=5)
    record(promise, 5, DAY, maya, known=noon(DAY))
    made = settled(promise)
    assert (made.share, made.reached) == (None, True)


def test_a_metric_that_is_renamed_is_still_the_one_that_was_promised(
    promise: Promise, maya: User
) -> None:
    change_metric(
        metric=metric_of(promise), fields={"name": "Handling time"}, by=maya, at=noon(DAY)
    )
    record(promise, 20, DAY, maya, known=noon(DAY))
    assert settled(promise).measured == 20


def test_a_metric_that_is_counted_in_another_unit_says_nothing_of_the_promise(
    promise: Promise, maya: User
) -> None:
    change_metric(metric=metric_of(promise), fields={"unit": "hours"}, by=maya, at=noon(DAY))
    record(promise, 20, DAY, maya, known=noon(DAY))
    assert settled(promise).measured is None


@pytest.mark.parametrize(
    ("zone", "decided_on"),
    [("UTC", 16), ("Pacific/Kiritimati", 17), ("Pacific/Honolulu", 16)],
)
def test_days_are_those_of_the_organisation(
    zone: str, decided_on: int, promised: Callable[..., Promise], maya: User
) -> None:
    late = NOW.replace(hour=23, minute=30)
    promise = promised(at=late)
    day = date(2026, 11, decided_on) + timedelta(days=90)
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    over = datetime.combine(day + timedelta(days=15), time(), ZoneInfo(zone))
    with override_settings(ORGANISATION_TIME_ZONE=zone):
        minute = timedelta(minutes=1)
        record(promise, 20, midnight - minute, maya, known=midnight)
        record(promise, 8, midnight, maya, known=midnight)
        assert due(at=over - minute) == []
        assert reconcile(promise=promise, milestone=90, at=over - minute) is None
        assert due(at=over) == [(promise, 90)]
        made = reconcile(promise=promise, milestone=90, at=over)
    assert made is not None
    assert (made.day, made.measured, made.measured_on) == (day, 20, day)


def test_a_gate_that_no_longer_counts_is_reconciled_no_more(promise: Promise, hannah: User) -> None:
    make_decision(
        promise.decision.rollout, "return", return_to="intake", by=hannah, at=noon(SETTLES)
    )
    assert due(at=noon(SETTLES)) == []
    assert reconcile(promise=promise, milestone=90, at=noon(SETTLES)) is None
    assert not Reconciliation.objects.exists()


def test_what_was_settled_before_the_gate_went_stays(promise: Promise, hannah: User) -> None:
    settled(promise)
    later = SETTLES + timedelta(days=90)
    make_decision(promise.decision.rollout, "return", return_to="intake", by=hannah, at=noon(later))
    assert due(at=noon(later)) == []
    assert [row.milestone for row in Reconciliation.objects.all()] == [90]


def test_what_was_stopped_keeps_its_promise(promise: Promise, hannah: User) -> None:
    make_decision(promise.decision.rollout, "stop", by=hannah, at=noon(DECIDED))
    assert settled(promise).measured is None


def test_the_trail_tells_what_was_measured(promise: Promise, maya: User) -> None:
    record(promise, 20, DAY, maya, known=noon(DAY))
    settled(promise)
    told = Event.objects.order_by("-pk")[0]
    assert told.verb == "promise.reconciled"
    assert told.chain == promise.decision.rollout.initiative.chain
    assert told.summary.startswith("Promised at Gate 0, after 90 days: Minutes a case")
    assert told.summary.endswith("20 minutes, 5 minutes promised")
    assert told.data["share"] == 0.4
    assert verify()[1] == []


def sql(statement: str) -> Callable[[], None]:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return act


def row(promise: Promise, **other: Any) -> dict[str, Any]:
    told = {
        "promise": promise,
        "milestone": 90,
        "day": DAY,
        "measured": 20,
        "measured_on": DAY,
        "share": 0.4,
        "reached": False,
        "settled_at": noon(SETTLES),
    }
    return {**told, **other}


@pytest.mark.parametrize(
    "other",
    [
        {"milestone": 60, "day": DECIDED + timedelta(days=60)},
        {"day": DAY + timedelta(days=2)},
        {"settled_at": noon(DAY)},
        {"settled_at": noon(SETTLES - timedelta(days=2))},
        {"measured_on": DAY + timedelta(days=1)},
        {"measured_on": None},
        {"measured": None, "share": None, "reached": None},
        {"share": 0.9},
        {"share": None},
        {"reached": True},
        {"reached": None},
    ],
    ids=str,
)
def test_the_database_takes_nothing_but_what_is_due_and_true(
    other: dict[str, Any], promise: Promise, maya: User
) -> None:
    record(promise, 20, DAY, maya, known=noon(DAY))
    with pytest.raises(DatabaseError), transaction.atomic():
        Reconciliation.objects.create(**row(promise, **other))
    Reconciliation.objects.create(**row(promise))


@pytest.mark.parametrize("told", ["nothing", "another figure", "another day", "too late"])
def test_the_database_settles_on_no_figure_that_nobody_recorded(
    told: str, promise: Promise, maya: User
) -> None:
    if told == "another figure":
        record(promise, 21, DAY, maya, known=noon(DAY))
    elif told == "another day":
        record(promise, 20, DAY - timedelta(days=3), maya, known=noon(DAY))
    elif told == "too late":
        record(promise, 20, DAY, maya, known=noon(SETTLES + timedelta(days=1)))
    with pytest.raises(DatabaseError), transaction.atomic():
        Reconciliation.objects.create(**row(promise))


def test_the_database_takes_nothing_of_a_gate_that_no_longer_counts(
    promise: Promise, maya: User, hannah: User
) -> None:
    record(promise, 20, DAY, maya, known=noon(DAY))
    make_decision(promise.decision.rollout, "return", return_to="intake", by=hannah)
    with pytest.raises(DatabaseError), transaction.atomic():
        Reconciliation.objects.create(**row(promise))


def test_the_database_changes_nothing_that_is_settled(promise: Promise) -> None:
    settled(promise)
    before = Reconciliation.objects.values().get()
    for statement in (
        "UPDATE gates_reconciliation SET measured = 5, share = 1, reached = true",
        "UPDATE gates_reconciliation SET settled_at = settled_at + interval '1 day'",
        "DELETE FROM gates_reconciliation",
        "TRUNCATE gates_reconciliation",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            sql(statement)()
    with pytest.raises(DatabaseError), transaction.atomic():
        Reconciliation.objects.create(**row(promise, measured=5, share=1, reached=True))
    assert Reconciliation.objects.values().get() == before


def test_the_sweep_settles_everything_due_once(
    promise: Promise, maya: User, time_machine: Any
) -> None:
    record(promise, 20, DAY, maya, known=noon(DAY))
    time_machine.move_to(noon(SETTLES))
    tasks.reconcile_promises()
    tasks.reconcile_promises()
    assert Reconciliation.objects.get().measured == 20
    assert Event.objects.filter(verb="promise.reconciled").count() == 1


def test_one_that_fails_holds_up_no_other(
    promise: Promise,
    monkeypatch: pytest.MonkeyPatch,
    time_machine: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def failing(*, promise: Promise, milestone: int, at: datetime) -> Reconciliation | None:
        if milestone == 90:
            raise ValueError("It cannot be read.")
        return reconcile(promise=promise, milestone=milestone, at=at)

    monkeypatch.setattr(tasks, "reconcile", failing)
    time_machine.move_to(noon(SETTLES + timedelta(days=90)))
    tasks.reconcile_promises()
    assert [row.milestone for row in Reconciliation.objects.all()] == [180]
    assert "could not be reconciled" in caplog.text
    monkeypatch.undo()
    tasks.reconcile_promises()
    assert Reconciliation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_sweeps_at_once_one_settles(promise: Promise) -> None:
    def settle() -> Reconciliation | None:
        return reconcile(promise=promise, milestone=90, at=noon(SETTLES))

    made = at_once([settle, settle])
    assert [type(each) for each in made if each is not None] == [Reconciliation]
    assert Reconciliation.objects.get() in made
