"""What an initiative is called, and until when its judgement holds, on plain facts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from playbook.facts import CheckFact
from playbook.labels import holds_until, labels
from playbook.loading import standard
from tests.playbook.test_evaluate import LATER, MAYA, TODAY, facts_ready_for


def all_met() -> dict[str, CheckFact]:
    met = CheckFact("met", MAYA, LATER, verified=True, valid_until=LATER)
    return {check.key: met for check in standard().checks}


@pytest.mark.parametrize(
    ("stage", "weeks_in", "complete", "owed", "label"),
    [
        ("readiness", 1, True, (), None),
        ("limited", 1, False, (), "qualifying"),
        ("limited", 12, False, (), "qualifying"),
        ("limited", 13, False, (), "extended_pilot"),
        ("limited", 13, True, (), "proven"),
        ("scaled", 1, False, (), "extended_pilot"),
        ("steady", 1, False, (), "extended_pilot"),
        ("steady", 1, True, (0, 1), "extended_pilot"),
        ("steady", 1, True, (), "proven"),
    ],
)
def test_proven_qualifying_and_extended_pilot_exclude_each_other(
    stage: str, weeks_in: int, complete: bool, owed: tuple[int, ...], label: str | None
) -> None:
    facts = facts_ready_for(
        3,
        stage=stage,
        checks=all_met() if complete else {},
        owed_gates=owed,
        stage_since=TODAY - timedelta(weeks=weeks_in),
    )
    found = set(labels(standard(), facts)) & {"proven", "qualifying", "extended_pilot"}
    assert found == ({label} if label else set())


@pytest.mark.parametrize(
    ("changes", "stalled"),
    [
        ({}, False),
        ({"stage_since": TODAY - timedelta(weeks=8)}, False),
        ({"stage_since": TODAY - timedelta(weeks=8, days=1)}, True),
        ({"progress_on": TODAY - timedelta(days=30)}, False),
        ({"progress_on": TODAY - timedelta(days=31)}, True),
        ({"paused_since": TODAY}, True),
    ],
)
def test_a_rollout_stalls_past_its_plan_without_progress_or_paused(
    changes: dict[str, object], stalled: bool
) -> None:
    assert ("stalled" in labels(standard(), facts_ready_for(1, **changes))) is stalled


@pytest.mark.parametrize("stage", ["steady", "stopped", "retired"])
def test_neither_steady_state_nor_what_is_over_stalls(stage: str) -> None:
    facts = facts_ready_for(4, stage=stage, gate=None, progress_on=TODAY - timedelta(days=400))
    assert "stalled" not in labels(standard(), facts)


def test_a_judgement_holds_until_the_first_day_on_which_the_calendar_can_change_it() -> None:
    facts = facts_ready_for(3, progress_on=TODAY, stage_since=TODAY)
    assert holds_until(standard(), facts) == TODAY + timedelta(days=30)
    lapsing = {**facts.checks}
    lapsing[next(iter(lapsing))] = CheckFact("met", MAYA, LATER, True, TODAY + timedelta(days=3))
    assert holds_until(standard(), replace(facts, checks=lapsing)) == TODAY + timedelta(days=3)
