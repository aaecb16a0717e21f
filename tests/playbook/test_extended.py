"""Since when something has been an extended pilot, against asking every day anew."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.extended import extended_since
from playbook.facts import CheckFact, Facts
from playbook.labels import EXTENDED_PILOT, production_label
from playbook.loading import standard
from tests.playbook.test_evaluate import facts_ready_for

DOCUMENT = standard()
TODAY = date(2026, 11, 16)
KEYS = [check.key for check in DOCUMENT.checks]
PLANNED = 12 * 7  # days of limited production's longest planned weeks


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def met(until: date | None = None) -> CheckFact:
    return CheckFact("met", verified=True, valid_until=until)


def running(stage: str, days: int, **changes: object) -> Facts:
    """In production for so many days, proven in every part unless something is changed."""
    facts = replace(facts_ready_for(3), stage=stage, stage_since=ago(days))
    return replace(facts, **{"checks": dict.fromkeys(KEYS, met()), **changes})  # type: ignore[arg-type]


def lacking(until: date | None) -> dict[str, CheckFact]:
    """One check whose evidence ran out then; without a day, one that was never met."""
    first = met(until) if until else CheckFact("assigned")
    return {**dict.fromkeys(KEYS, met()), KEYS[0]: first}


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        (running("scaled", 50), None),
        (running("pilot", 50, checks={}), None),
        (running("stopped", 50, checks={}), None),
        (running("limited", PLANNED, checks={}), None),
        (running("limited", PLANNED + 1, checks={}), TODAY),
        (running("limited", PLANNED + 9, checks={}), ago(8)),
        (running("scaled", 50, owed_gates=(0, 1)), ago(50)),
        (running("steady", 50, checks=lacking(None)), ago(50)),
        (running("steady", 50, checks=lacking(ago(7))), ago(6)),
        (running("limited", PLANNED + 9, checks=lacking(ago(30))), ago(8)),
        (running("limited", PLANNED + 9, checks=lacking(ago(3))), ago(2)),
        (running("steady", 50, checks=lacking(ago(90))), ago(50)),
    ],
)
def test_it_counts_from_plan_end_entry_claim_or_the_day_proof_ran_out(
    facts: Facts, since: date | None
) -> None:
    assert extended_since(DOCUMENT, facts) == since


def test_it_counts_from_the_day_on_which_a_passage_was_voided() -> None:
    facts = running("steady", 50, owed_gates=(2,))
    assert extended_since(DOCUMENT, facts, voided={2: ago(9), 3: ago(30)}) == ago(9)
    assert extended_since(DOCUMENT, facts, voided={2: ago(60)}) == ago(50)


def test_a_return_within_production_does_not_begin_it_anew() -> None:
    facts = running("scaled", 5, checks=lacking(ago(20)))
    assert extended_since(DOCUMENT, facts) == ago(5)
    assert extended_since(DOCUMENT, facts, entered=ago(40)) == ago(19)


days = st.integers(0, 200)
histories = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(["limited", "scaled", "steady"]),
        "days": days,
        "voided": st.dictionaries(st.integers(0, 2), days, max_size=2),
        "never_passed": st.booleans(),
        "ran_out": st.lists(days, max_size=3),
        "never_met": st.booleans(),
    }
)


def on(day: date, facts: Facts, voided: Mapping[int, date]) -> bool:
    """Whether it was an extended pilot on that day: a gate is owed from its voiding on."""
    owed = tuple(gate for gate in facts.owed_gates if voided.get(gate, day) <= day)
    then = replace(facts, at=datetime.combine(day, time(9), UTC), owed_gates=owed)
    return production_label(DOCUMENT, then) == EXTENDED_PILOT


@given(histories)
def test_it_is_the_first_day_of_the_stretch_that_lasts_until_today(
    history: dict[str, object],
) -> None:
    voided = {gate: ago(since) for gate, since in history["voided"].items()}  # type: ignore[attr-defined]
    checks: dict[str, CheckFact] = dict.fromkeys(KEYS, met())
    for number, since in enumerate(history["ran_out"]):  # type: ignore[arg-type, var-annotated]
        checks[KEYS[number]] = met(ago(since))
    if history["never_met"]:
        checks[KEYS[-1]] = CheckFact("planned")
    facts = running(
        str(history["stage"]),
        history["days"],  # type: ignore[arg-type]
        owed_gates=(*voided, *([4] if history["never_passed"] else [])),
        checks=checks,
    )
    day, first = TODAY, None
    while day >= facts.stage_since and on(day, facts, voided):
        day, first = day - timedelta(days=1), day
    assert extended_since(DOCUMENT, facts, voided=voided) == first
