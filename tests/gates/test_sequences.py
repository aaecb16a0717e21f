"""No sequence of actions by the cast breaks a promise about passage.

``SOAK_HISTORIES`` sets how many actions are played and ``SOAK_SEED`` which ones; ``make
soak-passage`` plays five thousand on each core.
"""

import os
import time

import pytest

from audit.services import verify
from tests.soak.company import make_company
from tests.soak.sequences import CONTROLS, breaks, play

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE, WHOLE = 150, 5_000
ACTIONS = int(os.environ.get("SOAK_HISTORIES", SAMPLE))
RARE = 4  # actions that take so much to happen before that a run may do without them
SAMPLE_SEED = 20261129
SEED = int(os.environ.get("SOAK_SEED", SAMPLE_SEED))
AT_STAKE = {
    "a hand would decide",
    "a go on what is open",
    "a go beyond the cap",
    "a check ran out in production",
    "refused: verify",
    "refused: approve",
    "refused: approve_money",
    "refused: voice",
}


def test_no_sequence_of_actions_breaks_a_promise_about_passage() -> None:
    company, began = make_company(), time.monotonic()
    report = play(company, actions=ACTIONS, seed=SEED)
    print(f"\nSeed {SEED}, {time.monotonic() - began:.0f} s: {report}")
    assert report.problems == []
    assert verify()[1] == []
    assert report.done.total() > ACTIONS * 0.3
    assert report.refused.total() > ACTIONS * 0.1
    if ACTIONS >= WHOLE:
        assert len(report.never_done) <= RARE, report.never_done
        assert {what for what in AT_STAKE if not report.at_stake[what]} == set()


def test_without_its_guard_each_promise_is_broken_within_the_sample() -> None:
    company = make_company()
    for control in CONTROLS:
        report = breaks(company, control, actions=SAMPLE, seed=SAMPLE_SEED)
        print(f"\n{control.promise}: broken after {report.actions} actions")
        assert report.broken(control.promise), control.promise
