"""People act on one initiative at the same moment, and no guard is ever passed by.

``SOAK_HISTORIES`` sets how many histories are tried and ``SOAK_SEED`` which ones; ``make
soak-gates`` tries ten thousand.
"""

import os
import time

import pytest

from audit.services import verify
from tests.soak.histories import lingering, trial, without_the_lock

pytestmark = pytest.mark.django_db(transaction=True)

HISTORIES = int(os.environ.get("SOAK_HISTORIES", "100"))
SEED = int(os.environ.get("SOAK_SEED", "20261116"))


def test_no_stage_is_reached_whose_guards_did_not_hold_at_commit() -> None:
    began = time.monotonic()
    report = trial(count=HISTORIES, seed=SEED)
    print(
        f"\n{report.histories} histories in {time.monotonic() - began:.0f} s,"
        f" {report.overlap_share:.0%} of them with actions under way at the same moment:"
        f" {report.promoted} promoted, {report.refused} refused,"
        f" {len(report.problems)} broken rules"
    )
    assert report.problems == []
    assert report.overlap_share >= 0.3
    assert report.promoted > HISTORIES * 0.05
    assert report.refused > HISTORIES * 0.05
    assert verify()[1] == []


def test_a_decider_who_lingers_breaks_no_rule_either() -> None:
    with lingering():
        report = trial(count=10, seed=SEED, gates=[1])
    assert report.problems == []


def test_without_the_lock_the_same_histories_break_the_rules() -> None:
    with without_the_lock(), lingering():
        report = trial(count=HISTORIES, seed=SEED, gates=[1], until_problem=True)
    assert any("go at gate" in problem for problem in report.problems)
