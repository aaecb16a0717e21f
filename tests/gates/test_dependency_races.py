"""A failure is recorded while another initiative is promoted, or begins to rely on the same thing:
one order, one outcome."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import pytest

from audit.models import Event
from audit.services import verify
from gates.case import case_of
from gates.models import Rollout, Standing
from gates.services.decisions import Choice, decide
from initiatives import dependencies
from initiatives.dependencies import rely_on
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Dependency
from tests.factories import NOW, make_dependency, make_fault, make_initiative
from tests.gates.test_slip_races import together
from tests.soak.copies import Cast, copies, make_cast, make_template
from tests.soak.histories import acting, lingering, without_the_lock
from tests.together import DEADLINE_SECONDS, Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)

TRIALS = 8
GATE = 2


def go(rollout: Rollout, cast: Cast) -> None:
    seen = case_of(rollout, at=NOW).seen
    decide(rollout=rollout, choice=Choice("go", "It holds."), seen=seen, by=cast.sponsor, at=NOW)


def broken(rollout: Rollout) -> list[str]:
    """What the audit trail says against a go that was made after the failure was known."""
    verbs = list(
        Event.objects.of(rollout.initiative.chain).order_by("seq").values_list("verb", flat=True)
    )
    assert "dependency.failed_elsewhere" in verbs
    after = verbs[verbs.index("dependency.failed_elsewhere") :]
    answered = "dependency.answered" in after
    return ["a go after the failure"] if "decision.go" in after and not answered else []


def race(*, count: int) -> tuple[list[str], set[str]]:
    """A failure recorded against a go; what broke, and the stages in which it ended."""
    cast = make_cast()
    template = make_template(cast, GATE)
    elsewhere = make_initiative(owner=cast.office)
    problems: list[str] = []
    ends = set()
    with acting(2) as pool, lingering():
        for rollout in copies(template, count):
            vendor = make_dependency(elsewhere, rollout.initiative, by=cast.owner)
            together(
                pool,
                partial(make_fault, vendor, elsewhere, by=cast.office),
                partial(go, rollout, cast),
            )
            problems += broken(rollout)
            ends.add(Rollout.objects.get(pk=rollout.pk).stage)
    return problems, ends


def test_no_go_stands_after_a_failure_that_nobody_answered() -> None:
    problems, ends = race(count=TRIALS)
    assert problems == []
    assert ends <= {"readiness", "limited"}
    assert verify()[1] == []


def test_without_the_lock_one_does() -> None:
    with without_the_lock():
        problems, _ends = race(count=TRIALS)
    assert problems


@contextmanager
def meeting(meeting: Meeting) -> Iterator[None]:
    """Whoever has just read who relies on a thing, or said that it does, waits for the other; and
    again when it has judged, before it commits."""

    def met(call):  # type: ignore[no-untyped-def]
        def waited(*args, **named):  # type: ignore[no-untyped-def]
            found = call(*args, **named)
            meeting.wait()
            return found

        return waited

    with (
        patch.object(dependencies, "lock", met(dependencies.lock)),
        patch.object(dependencies, "_lock_all", met(dependencies._lock_all)),
        patch.object(dependencies, "conclude", met(dependencies.conclude)),
    ):
        yield


def asked(*, hold: bool) -> bool:
    """Whether an initiative that begins to rely on a thing while a failure of it is recorded has
    the question on its list afterwards."""
    cast = make_cast()
    (rollout,) = copies(make_template(cast, GATE), 1)
    elsewhere = make_initiative(owner=cast.office)
    vendor = make_dependency(elsewhere, by=cast.owner)
    unheld = patch.object(dependencies, "_hold", lambda pk: Dependency.objects.get(pk=pk))
    patience = 0.5 if hold else DEADLINE_SECONDS / 2
    with meeting(Meeting(2, patience)):
        if not hold:
            unheld.start()
        try:
            results = at_once(
                [
                    partial(make_fault, vendor, elsewhere, by=cast.office),
                    partial(
                        rely_on,
                        initiative=rollout.initiative,
                        dependency=vendor,
                        used_for="Answers",
                        by=cast.owner,
                        at=NOW,
                    ),
                ]
            )
        finally:
            if not hold:
                unheld.stop()
    errors = [r for r in results if isinstance(r, Exception)]
    assert not [e for e in errors if not isinstance(e, Refused | NotAllowed)], errors
    return "dependency" in Standing.objects.get(rollout=rollout).blocker_kinds


def test_who_begins_to_rely_on_it_in_the_same_moment_is_asked() -> None:
    assert asked(hold=True)


def test_without_the_lock_of_the_thing_they_pass_each_other_by() -> None:
    assert not asked(hold=False)
