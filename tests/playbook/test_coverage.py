"""What the evidence that a playbook collects shows of the frameworks that others publish."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from playbook.coverage import cover, shown
from playbook.facts import AnswerFact, CheckFact, DesignFact, RiskFact
from playbook.loading import standard
from tests.playbook.test_evaluate import LATER, MAYA, PROOF, TODAY, facts_ready_for

NOTHING = facts_ready_for(0, design={}, answers={}, checks={}, risks={})
YESTERDAY = TODAY - timedelta(days=1)
MET = CheckFact("met", MAYA, LATER, verified=True, valid_until=LATER)
JUDGED = AnswerFact("met", "", PROOF, LATER, TODAY)
ASSESSED = RiskFact(2, 2, "in_place", 1, 1, LATER)


def test_nothing_is_shown_by_nothing() -> None:
    assert shown(standard(), NOTHING) == frozenset()


def test_each_kind_shows_what_it_holds() -> None:
    facts = replace(
        NOTHING,
        checks={"audit_log": MET},
        design={"governance_rules": DesignFact(settled=True)},
        answers={"security_assessed": JUDGED},
        risks={"governance": ASSESSED},
    )
    assert shown(standard(), facts) == {
        "check:audit_log",
        "question:governance_rules",
        "criterion:security_assessed",
        "mode:governance",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"checks": {"audit_log": replace(MET, status="planned")}},
        {"checks": {"audit_log": replace(MET, verified=False)}},
        {"checks": {"audit_log": replace(MET, valid_until=YESTERDAY)}},
        {"design": {"governance_rules": DesignFact(settled=False)}},
        {"answers": {"security_assessed": replace(JUDGED, verdict="not_met")}},
        {"answers": {"security_assessed": replace(JUDGED, proof="")}},
        {"answers": {"security_assessed": replace(JUDGED, valid_until=YESTERDAY)}},
        {"risks": {"governance": replace(ASSESSED, reassess_by=YESTERDAY)}},
    ],
)
def test_what_does_not_hold_today_shows_nothing(change: dict[str, object]) -> None:
    assert shown(standard(), replace(NOTHING, **change)) == frozenset()  # type: ignore[arg-type]


def test_a_clause_is_shown_whole_in_part_or_not_yet() -> None:
    framework = standard().framework("eu_ai_act")
    states = {
        each.clause.code: each.state
        for each in cover(framework, {"check:audit_log", "check:runbook"})
    }
    assert states["Article 19"] == "whole"
    assert states["Article 12"] == "part"
    assert states["Article 10(3)"] == "none"


CODES = {
    "nist_ai_rmf": r"(GOVERN [1-6]|MAP [1-5]|MEASURE [1-4]|MANAGE [1-4])\.\d{1,2}",
    "iso_42001": r"([4-9]|10)\.\d(\.\d)?|A\.([2-9]|10)\.\d(\.\d)?",
    "eu_ai_act": r"Article \d{1,3}(\(\d{1,2}\))?",
}


@pytest.mark.parametrize("key", CODES)
def test_clauses_go_by_the_numbers_of_their_framework(key: str) -> None:
    framework = standard().framework(key)
    assert framework.source
    assert [c.code for c in framework.clauses if not re.fullmatch(CODES[key], c.code)] == []


def test_all_four_functions_of_the_risk_framework_are_covered() -> None:
    functions = {clause.code.split()[0] for clause in standard().framework("nist_ai_rmf").clauses}
    assert functions == {"GOVERN", "MAP", "MEASURE", "MANAGE"}


def test_every_check_shows_something_elsewhere_too() -> None:
    named = {i for f in standard().frameworks for clause in f.clauses for i in clause.shown_by}
    assert [c.key for c in standard().checks if f"check:{c.key}" not in named] == []
    assert [m.key for m in standard().failure_modes if f"mode:{m.key}" not in named] == []
