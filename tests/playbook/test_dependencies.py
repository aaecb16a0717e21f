"""A failure found elsewhere asks at every gate from 1 on, until somebody says what it means."""

from dataclasses import replace

import pytest

from audit.canonical import plain
from playbook.document import Document
from playbook.evaluate import evaluate
from playbook.facts import Facts, FaultFact
from playbook.loading import standard
from playbook.places import data_of
from playbook.tightening import problems
from tests.playbook.test_evaluate import CAROL, GATES, NOW, TODAY, facts_ready_for

FAULT = FaultFact(7, "vendor", "Acme Speech", "It answers late at noon.", "AI-0012", TODAY)
ASKING = [gate for gate in GATES if gate]


def states(gate: int, *faults: FaultFact, document: Document | None = None) -> dict[str, str]:
    facts = replace(facts_ready_for(gate), faults=faults)
    found = evaluate(document or standard(), facts).of("dependency")
    return {finding.key: finding.state for finding in found}


@pytest.mark.parametrize("gate", ASKING)
def test_it_keeps_every_gate_from_1_on_shut_until_it_is_answered(gate: int) -> None:
    assert evaluate(standard(), facts_ready_for(gate)).clear
    assert states(gate, FAULT) == {"7": "unknown"}
    assert states(gate, replace(FAULT, verdict="handled", words="f00d")) == {"7": "warning"}
    assert states(gate, replace(FAULT, verdict="no_concern", words="f00d")) == {}


def test_gate_0_asks_nothing_of_it() -> None:
    assert states(0, FAULT) == {}


def test_it_says_what_failed_where_and_what_to_do_and_a_condition_may_cover_it() -> None:
    evaluation = evaluate(standard(), replace(facts_ready_for(2), faults=(FAULT,)))
    (found,) = evaluation.blockers
    assert found.id == "dependency:7"
    assert found.coverable
    assert found.text == (
        "The vendor Acme Speech failed in AI-0012 on 16 Nov 2026: It answers late at noon. "
        "Nobody has said yet what it means here."
    )
    assert found.fix.startswith("Say whether it concerns this initiative")


def test_a_warning_keeps_nothing_shut() -> None:
    handled = replace(FAULT, verdict="handled", words="f00d")
    evaluation = evaluate(standard(), replace(facts_ready_for(3), faults=(handled,)))
    assert evaluation.clear
    assert [warning.kind for warning in evaluation.warnings] == ["dependency"]


def test_the_standard_asks_from_gate_1_on_and_a_playbook_that_does_not_asks_nothing() -> None:
    asking = [gate.number for gate in standard().gates if gate.needs_fault_answers]
    assert asking == ASKING
    data = data_of(standard())
    for gate in data["gates"]:
        gate["needs_fault_answers"] = False
    loose = Document.model_validate(data)
    assert states(2, FAULT, document=loose) == {}
    told = [problem.path for problem in problems(standard(), loose)]
    assert ("gates", "1", "needs_fault_answers") in told


def test_it_can_be_asked_at_gate_0_too() -> None:
    data = data_of(standard())
    data["gates"][0]["needs_fault_answers"] = True
    tighter = Document.model_validate(data)
    assert problems(standard(), tighter) == []
    assert states(0, FAULT, document=tighter) == {"7": "unknown"}


def test_facts_kept_before_read_as_if_nothing_had_failed() -> None:
    facts = replace(facts_ready_for(2), faults=(FAULT,))
    kept = plain(facts.canonical())
    read = Facts.from_canonical(kept, at=NOW, deciders=(CAROL,))
    assert read.faults == (FAULT,)
    del kept["faults"]
    assert Facts.from_canonical(kept, at=NOW, deciders=(CAROL,)).faults == ()
