"""Exceptions and kill criteria, judged on plain facts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from audit.canonical import plain
from playbook.document import Document
from playbook.evaluate import evaluate
from playbook.facts import AnswerFact, ExceptionFact, Facts, KillFact
from playbook.kills import stop_recommended
from playbook.labels import holds_until
from playbook.loading import standard
from playbook.places import data_of
from playbook.standing_facts import no_longer_held
from playbook.tightening import problems
from tests.playbook.test_evaluate import CAROL, MAYA, TODAY, blockers, facts_ready_for

DAY = timedelta(days=1)
KEY = next(c.key for c in standard().gate(1).criteria if c.standing)
HIT = KillFact(7, "Nobody uses it", "Below 10 %", TODAY - DAY, MAYA, "4 % in week four.")


def excepted(facts: Facts, until: date) -> Facts:
    answers = {**facts.answers, KEY: AnswerFact("not_met", "", "", None, TODAY)}
    exception = ExceptionFact(3, "The feed comes in spring.", MAYA, CAROL, until)
    return replace(facts, answers=answers, exceptions={KEY: exception})


def test_an_exception_warns_until_its_last_day_and_says_who_until_when_and_why() -> None:
    facts = excepted(facts_ready_for(1), TODAY)
    (warning,) = [f for f in evaluate(standard(), facts).warnings if f.kind == "criterion"]
    assert blockers(facts) == {}
    for word in ("Carol Nakamura", "16 Nov 2026", "The feed comes in spring.", "Judged not met"):
        assert word in warning.text
    assert holds_until(standard(), facts) == TODAY


def test_on_the_day_after_the_criterion_stands_as_without() -> None:
    facts = excepted(facts_ready_for(1), TODAY - DAY)
    assert blockers(facts) == {f"criterion:{KEY}": "not_met"}


def test_a_criterion_that_is_met_needs_no_exception_and_shows_none() -> None:
    ready = facts_ready_for(1)
    exception = ExceptionFact(3, "Spring.", MAYA, CAROL, TODAY + DAY)
    found = evaluate(standard(), replace(ready, exceptions={KEY: exception}))
    assert {f.state for f in found.of("criterion")} == {"met"}


def test_an_exception_from_a_check_excuses_nothing() -> None:
    check = standard().checks[0].key
    exception = ExceptionFact(3, "Spring.", MAYA, CAROL, TODAY + DAY)
    facts = replace(facts_ready_for(3), checks={}, exceptions={check: exception})
    assert f"rung:{check}" in blockers(facts)


def test_a_passed_gate_holds_on_an_exception_and_gives_way_when_it_is_over() -> None:
    passed = {1: frozenset[str]()}
    for until, holds in ((TODAY, True), (TODAY - DAY, False)):
        facts = replace(excepted(facts_ready_for(1), until), stage="readiness", gate=2)
        assert (not no_longer_held(standard(), facts, passed)) is holds


def test_gate_0_alone_asks_for_a_kill_criterion_and_no_condition_covers_it() -> None:
    for gate in range(5):
        found = evaluate(standard(), replace(facts_ready_for(gate), kill_criteria=()))
        assert [f.id for f in found.uncovered] == (["kill:stated"] if gate == 0 else [])
        assert found.to_submit == found.uncovered


def test_a_hit_keeps_every_gate_shut_until_it_is_settled() -> None:
    for gate in range(5):
        ready = facts_ready_for(gate)
        found = evaluate(standard(), replace(ready, kill_criteria=(HIT,)))
        assert [f.id for f in found.uncovered] == ["kill_hit:7"]
        assert found.to_submit == ()  # the owner cannot end it, so it is handed in all the same
        assert "the answer to 1 hit kill criterion" in found.follows
        settled = replace(HIT, settled=True, settled_note="One bad week.")
        assert blockers(replace(ready, kill_criteria=(settled,))) == {}


def test_the_drafted_reason_names_what_was_hit_and_what_was_agreed() -> None:
    facts = facts_ready_for(1)
    assert stop_recommended(facts) == ""
    drafted = stop_recommended(replace(facts, kill_criteria=(HIT,)))
    for word in ("Nobody uses it", "Below 10 %", "4 % in week four.", "15 Nov 2026"):
        assert word in drafted


def test_facts_kept_before_these_kinds_can_be_read() -> None:
    kept = plain(facts_ready_for(1).canonical())
    del kept["exceptions"], kept["kill_criteria"]
    at = facts_ready_for(1).at
    assert Facts.from_canonical(kept, at=at, deciders=(CAROL,)).kill_criteria == ()
    both = replace(excepted(facts_ready_for(1), TODAY), kill_criteria=(HIT,))
    again = Facts.from_canonical(plain(both.canonical()), at=at, deciders=(CAROL,))
    assert (again.exceptions, again.kill_criteria) == (both.exceptions, both.kill_criteria)


@pytest.mark.parametrize(
    ("rules", "figure"),
    [
        ("exceptions", "max_days"),
        ("exceptions", "max_open"),
        ("condition_cap", "open_per_initiative"),
        ("condition_cap", "open_per_sponsor"),
    ],
)
def test_the_bounds_can_be_tightened_and_never_loosened(rules: str, figure: str) -> None:
    def with_figure(by: int) -> Document:
        data = data_of(standard())
        data[rules][figure] += by
        return Document.model_validate(data)

    assert problems(standard(), with_figure(-1)) == []
    assert problems(standard(), with_figure(1))
    gone = Document.model_validate({**data_of(standard()), rules: None})
    assert problems(standard(), gone)
