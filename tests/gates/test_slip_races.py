"""Gates are taken back while others sweep or decide at the same moment: one order, one outcome."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from audit.models import Event
from audit.services import verify
from gates.case import case_of
from gates.models import Decision, Outcome, Passage, Review, Rollout, Slip
from gates.services.decisions import Choice, decide
from gates.services.slips import settle
from initiatives.errors import NotAllowed, Refused
from tests.factories import NOW, make_giving_way
from tests.soak.copies import Cast, Template, copies, make_cast, make_template
from tests.soak.histories import acting, without_the_lock

pytestmark = pytest.mark.django_db(transaction=True)

TRIALS = 12
TRIALS_WITHOUT_THE_LOCK = 60
GATE = 3


def past_its_grace(cast: Cast, template: Template, count: int) -> Iterator[Rollout]:
    """Ready for a go at Gate 4, while Gate 3 has given way for longer than its grace."""
    for rollout in copies(template, count):
        make_giving_way(rollout, gate=GATE, by=cast.owner)
        Slip.objects.filter(passage__rollout=rollout).update(since=NOW.date() - timedelta(days=9))
        yield rollout


def together(pool: ThreadPoolExecutor, *acts: Callable[[], object]) -> None:
    """Release the acts at one moment and wait for all; a refusal is an outcome like any other."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        connection.ensure_connection()
        barrier.wait(timeout=30)
        with suppress(Refused, NotAllowed):
            act()

    list(pool.map(run, acts))


def go(rollout: Rollout, cast: Cast) -> None:
    seen = case_of(rollout, at=NOW).seen
    decide(rollout=rollout, choice=Choice("go", "It holds."), seen=seen, by=cast.sponsor, at=NOW)


def broken(rollout: Rollout) -> list[str]:
    """What the audit trail says against the order in which the decisions were made."""
    stage, lost, found = "scaled", False, []
    decisions = Event.objects.of(rollout.initiative.chain).filter(verb__startswith="decision.")
    for verb, data in decisions.order_by("seq").values_list("verb", "data"):
        if data["from"] != stage:
            found.append(f"{verb} from {data['from']} while it was in {stage}")
        if verb == "decision.go" and lost:
            found.append("a go ahead of a gate that was taken back")
        stage, lost = data["to"], lost or verb == "decision.lapse"
    return found


def race(*, count: int, until_problem: bool = False) -> tuple[list[str], set[tuple[str, bool]]]:
    """A sweep against a go, over and over; what broke, and the ways in which it ended."""
    cast, ends, problems = make_cast(), set(), []
    template = make_template(cast, 4)
    with acting(2) as pool:
        for rollout in past_its_grace(cast, template, count):
            try:
                together(
                    pool,
                    partial(settle, rollout=rollout, at=NOW),
                    partial(go, rollout, cast),
                )
            except Exception as error:
                problems.append(f"{type(error).__name__}: {error}")
            problems += broken(rollout)
            now = Rollout.objects.get(pk=rollout.pk)
            counts = now.passages.filter(gate=GATE, void_since__isnull=True).exists()
            ends.add((now.stage, counts))
            if problems and until_problem:
                break
    return problems, ends


def test_a_sweep_and_a_go_at_one_moment_come_one_after_the_other() -> None:
    problems, ends = race(count=TRIALS)
    assert problems == []
    assert all(not counts for _stage, counts in ends)  # taken back in either order
    assert {stage for stage, _counts in ends} <= {"scaled", "steady"}
    assert verify()[1] == []


def test_without_the_lock_they_pass_each_other_by() -> None:
    with without_the_lock():
        problems, _ends = race(count=TRIALS_WITHOUT_THE_LOCK, until_problem=True)
    assert problems


def test_two_sweeps_at_one_moment_take_a_gate_back_once() -> None:
    cast = make_cast()
    template = make_template(cast, 4)
    with acting(2) as pool:
        for rollout in past_its_grace(cast, template, TRIALS):
            sweep = partial(settle, rollout=rollout, at=NOW)
            together(pool, sweep, sweep)
            (lapse,) = Decision.objects.filter(rollout=rollout, outcome=Outcome.LAPSE)
            assert Passage.objects.get(rollout=rollout, gate=GATE).voided_by == lapse
            assert Review.objects.under_way().get(rollout=rollout).gate == GATE
            verbs = Event.objects.of(rollout.initiative.chain).values_list("verb", flat=True)
            assert list(verbs).count("decision.lapse") == 1
