"""What keeps each gate shut, judged on plain facts: every kind of blocker, each from one set of
facts that blocks nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from playbook.document import Criterion, Document
from playbook.evaluate import evaluate, rung_of
from playbook.facts import (
    AnswerFact,
    AssumptionFact,
    CheckFact,
    ConditionFact,
    DesignFact,
    ExposureFact,
    Facts,
    KillFact,
    MeasuredFact,
    Person,
    ReviewFact,
    RiskFact,
    SignOffFact,
)
from playbook.loading import standard
from playbook.measuring import asked
from playbook.places import data_of

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
PROOF = "Report (evidence 1)"
LATER = TODAY + timedelta(days=90)
MAYA, CAROL, LENA = Person(1, "Maya Okafor"), Person(2, "Carol Nakamura"), Person(3, "Lena Haas")
STAGES = ("intake", "pilot", "readiness", "limited", "scaled")
GATES = range(5)


def facts_ready_for(gate: int, /, **changes: object) -> Facts:
    """Facts on which the gate is clear."""
    document = standard()
    met = AnswerFact("met", "", PROOF, LATER, TODAY)
    rung = {"assigned": CheckFact("assigned", MAYA), "planned": CheckFact("planned", MAYA, LATER)}
    risk = RiskFact(2, 2, "in_place", 1, 1, LATER)
    facts = Facts(
        at=NOW,
        name="Claims assistant",
        stage=STAGES[gate],
        gate=gate,
        owed_gates=(),
        claimed=False,
        impact_class="ordinary",
        owner=MAYA,
        funding_missing=(),
        handoff_lacks=(),
        paused_since=None,
        stage_since=TODAY - timedelta(days=7),
        progress_on=TODAY,
        holds=0,
        review=ReviewFact(1, "submitted", LATER, TODAY),
        deciders=(CAROL,),
        barred=(MAYA,),
        design={question.key: DesignFact(True) for question in document.questions},
        answers={c.key: met for c in document.criteria_for(gate, "ordinary") if not c.computed},
        measured={c.key: good(c) for c in document.criteria_for(gate, "ordinary") if c.computed},
        checks={
            check.key: rung.get(
                str(rung_of(document.gate(gate), check)),
                CheckFact("met", MAYA, LATER, verified=True, valid_until=LATER),
            )
            for check in document.checks
        },
        sign_offs={
            remit: SignOffFact("signed", LENA, "")
            for remit in document.remits_for(gate, "ordinary")
        },
        risks={mode.key: risk for mode in document.failure_modes},
        architecture="increments",
        population=6400,
        assumptions=(AssumptionFact(1, "Records arrive nightly", "validated", True),),
        exposure=ExposureFact(960, TODAY) if gate == 3 else None,
        kill_criteria=(KillFact(1, "Nobody uses it", "Below 10 % of cases"),),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def good(criterion: Criterion, **changes: object) -> tuple[MeasuredFact, ...]:
    """A metric for each measure of a computed criterion, its figures as good as asked."""
    return tuple(
        replace(
            MeasuredFact(
                measure=measure.key,
                metric=number,
                name=measure.metric.capitalize(),
                unit="%",
                direction="up",
                baseline=50,
                target=60,
                asked=asked(measure),
                measured_on=TODAY,
                stale=False,
                value=62,
                count=max(measure.periods, measure.least),
                periods=measure.periods,
            ),
            **changes,  # type: ignore[arg-type]
        )
        for number, measure in enumerate(criterion.measures, start=1)
    )


def blockers(facts: Facts) -> dict[str, str]:
    return {finding.id: finding.state for finding in evaluate(standard(), facts).blockers}


@pytest.mark.parametrize("gate", GATES)
def test_nothing_blocks_a_gate_when_everything_is_met(gate: int) -> None:
    assert blockers(facts_ready_for(gate)) == {}


@pytest.mark.parametrize("gate", GATES)
def test_every_criterion_that_is_not_met_unknown_or_stale_blocks_in_its_own_way(gate: int) -> None:
    ready = facts_ready_for(gate)
    yesterday = TODAY - timedelta(days=1)
    for criterion in standard().gate(gate).criteria:
        if criterion.computed:
            continue
        others = {key: fact for key, fact in ready.answers.items() if key != criterion.key}
        states = {
            "unknown": others,
            "not_met": {
                **others,
                criterion.key: AnswerFact("not_met", "", PROOF, None, TODAY),
            },
            "stale": {
                **others,
                criterion.key: AnswerFact("met", "", PROOF, yesterday, TODAY),
            },
        }
        for state, answers in states.items():
            found = blockers(replace(ready, answers=answers))
            assert found == {f"criterion:{criterion.key}": state}


@pytest.mark.parametrize("gate", [1, 3, 4])
def test_every_computed_criterion_blocks_in_its_own_way(gate: int) -> None:
    ready = facts_ready_for(gate)
    for criterion in (c for c in standard().gate(gate).criteria if c.computed):
        changes: dict[str, dict[str, object]] = {
            "unknown": {"measured_on": None, "value": None, "count": 0, "periods": 0},
            "not_met": {"value": 49},
            "stale": {"stale": True},
        }
        for state, change in changes.items():
            measured = {**ready.measured, criterion.key: good(criterion, **change)}
            assert blockers(replace(ready, measured=measured)) == {
                f"criterion:{criterion.key}": state
            }
        none = {**ready.measured, criterion.key: ()}
        assert blockers(replace(ready, measured=none)) == {f"criterion:{criterion.key}": "unknown"}


def test_a_computed_criterion_says_its_figure_what_it_needs_and_when_it_was_measured() -> None:
    ready = facts_ready_for(3)
    key = "adoption_on_target"
    found = next(f for f in evaluate(standard(), ready).findings if f.key == key)
    assert found.text == (
        "Adoption: 62 % at worst, needs at least 60 % in each of the last 4 weeks; "
        "measured on 16 Nov 2026."
    )


def test_nobody_answers_a_computed_criterion_by_hand() -> None:
    ready = facts_ready_for(3)
    ticked = {**ready.answers, "adoption_on_target": AnswerFact("met", "", PROOF, LATER, TODAY)}
    facts = replace(ready, answers=ticked, measured={**ready.measured, "adoption_on_target": ()})
    assert blockers(facts) == {"criterion:adoption_on_target": "unknown"}


def test_met_without_evidence_is_unknown_and_never_a_pass() -> None:
    ready = facts_ready_for(1)
    key = next(c.key for c in standard().gate(1).criteria if not c.computed)
    answers = {**ready.answers, key: AnswerFact("met", "", "", None, TODAY)}
    assert blockers(replace(ready, answers=answers)) == {f"criterion:{key}": "unknown"}


@pytest.mark.parametrize(
    ("gate", "has", "blocks"),
    [
        (0, "unassigned", False),
        (1, "unassigned", True),
        (1, "assigned", False),
        (2, "assigned", True),
        (2, "planned", False),
        (3, "planned", True),
        (3, "unverified", True),
        (3, "lapsed", True),
        (3, "met", False),
        (4, "planned", True),
        (4, "lapsed", True),
    ],
)
def test_each_gate_asks_its_rung_of_the_ladder(gate: int, has: str, blocks: bool) -> None:
    yesterday = TODAY - timedelta(days=1)
    facts = {
        "unassigned": CheckFact("unassigned"),
        "assigned": CheckFact("assigned", MAYA),
        "planned": CheckFact("planned", MAYA, LATER),
        "unverified": CheckFact("met", MAYA, LATER, verified=False, valid_until=LATER),
        "lapsed": CheckFact("met", MAYA, LATER, verified=True, valid_until=yesterday),
        "met": CheckFact("met", MAYA, LATER, verified=True, valid_until=TODAY),
    }
    ready = facts_ready_for(gate)
    key = next(check.key for check in standard().checks if not check.monitoring)
    found = blockers(replace(ready, checks={**ready.checks, key: facts[has]}))
    assert (f"rung:{key}" in found) is blocks


def test_readiness_needs_the_monitoring_checks_met_already() -> None:
    ready = facts_ready_for(2)
    key = next(check.key for check in standard().checks if check.monitoring)
    planned = {**ready.checks, key: CheckFact("planned", MAYA, LATER)}
    assert blockers(replace(ready, checks=planned)) == {f"rung:{key}": "not_met"}


def test_every_question_of_the_design_assessment_is_settled_before_gate_0_and_asked_once() -> None:
    open_ones = blockers(facts_ready_for(0, design={}))
    assert set(open_ones) == {f"design:{question.key}" for question in standard().questions}
    assert blockers(facts_ready_for(1, design={})) == {}


@pytest.mark.seed("S-066")
def test_a_learning_exercise_passes_gate_0_and_never_gate_1() -> None:
    unfunded = ("production owner", "funder")
    assert blockers(facts_ready_for(0, funding_missing=unfunded)) == {}
    (finding,) = evaluate(standard(), facts_ready_for(1, funding_missing=unfunded)).blockers
    assert finding.text.startswith("No production owner and funder named")
    assert not finding.coverable


def test_an_untreated_critical_failure_mode_blocks_and_a_treated_one_does_not() -> None:
    ready = facts_ready_for(1)
    for response, state in (("none", "not_met"), ("planned", None)):
        risks = {**ready.risks, "budget": RiskFact(5, 5, response, 5, 5, LATER)}
        found = blockers(replace(ready, risks=risks))
        assert found.get("failure_mode:budget") == state


def test_a_mode_that_nobody_assessed_blocks_and_no_condition_covers_it() -> None:
    ready = facts_ready_for(1)
    risks = {key: fact for key, fact in ready.risks.items() if key != "value"}
    (finding,) = evaluate(standard(), replace(ready, risks=risks)).blockers
    assert (finding.id, finding.state, finding.coverable) == (
        "failure_mode:value",
        "unknown",
        False,
    )


@pytest.mark.parametrize("gate", GATES)
def test_each_remit_of_the_gate_signs_off(gate: int) -> None:
    remits = standard().remits_for(gate, "ordinary")
    assert blockers(facts_ready_for(gate, sign_offs={})) == {
        f"sign_off:{r}": "waiting" for r in remits
    }


def test_only_an_objection_within_security_or_governance_cannot_be_covered() -> None:
    ready = facts_ready_for(2)
    for remit in standard().remits_for(2, "ordinary"):
        objected = {**ready.sign_offs, remit: SignOffFact("objected", LENA, "Not yet.")}
        (finding,) = evaluate(standard(), replace(ready, sign_offs=objected)).blockers
        assert finding.coverable is (remit not in ("security", "governance"))


def test_pause_debt_overdue_condition_missing_review_and_decider_block() -> None:
    overdue = ConditionFact(7, 1, "Plan the training", MAYA, TODAY - timedelta(days=1))
    found = blockers(
        facts_ready_for(
            2,
            paused_since=TODAY,
            owed_gates=(0,),
            conditions=(overdue,),
            review=None,
            deciders=(),
        )
    )
    assert found == {
        "owed:0": "not_met",
        "pause:pause": "not_met",
        "condition:7": "not_met",
        "review:2": "waiting",
        "decider:decider": "not_met",
    }
    assert not any(
        finding.coverable
        for finding in evaluate(
            standard(), facts_ready_for(2, paused_since=TODAY, conditions=(overdue,), deciders=())
        ).blockers
    )


def test_a_condition_due_today_is_not_overdue() -> None:
    due = ConditionFact(7, 1, "Plan the training", MAYA, TODAY)
    assert blockers(facts_ready_for(2, conditions=(due,))) == {}


def test_a_higher_impact_class_asks_more() -> None:
    ready = facts_ready_for(3)
    added = set(standard().remits_for(3, "rights")) - set(standard().remits_for(3, "ordinary"))
    assert added
    assert {f"sign_off:{remit}" for remit in added} <= set(
        blockers(replace(ready, impact_class="rights"))
    )


def test_steady_state_has_no_gate_ahead() -> None:
    evaluation = evaluate(standard(), facts_ready_for(4, stage="steady", gate=None))
    assert evaluation.findings == () and not evaluation.clear


def test_the_digest_of_a_case_does_not_change_at_midnight() -> None:
    facts = facts_ready_for(2)
    assert replace(facts, at=NOW + timedelta(days=1)).canonical() == facts.canonical()


def test_figures_that_got_worse_call_for_no_less_than_was_judged() -> None:
    data = data_of(standard())
    (mode,) = (mode for mode in data["failure_modes"] if mode["key"] == "value")
    says = {"doubts": "Half doubt it.", "harm": "It ends the service."}
    degrees = {"doubts": (4, 3), "harm": (3, 5)}
    mode["indicators"] = [
        {
            "key": key,
            "question": f"How many {key}?",
            "kind": "number",
            "thresholds": [
                {
                    "when": "above",
                    "figure": 0,
                    "likelihood": degrees[key][0],
                    "impact": degrees[key][1],
                    "says": says[key],
                }
            ],
        }
        for key in says
    ]
    document = Document.model_validate(data)
    ready = facts_ready_for(1)
    judged = RiskFact(4, 3, "planned", 2, 2, LATER, suggested_likelihood=4, suggested_impact=3)
    facts = replace(
        ready,
        risks={**ready.risks, "value": judged},
        figures={"value": {"doubts": 1, "harm": 1}},
    )
    found = {finding.id: finding for finding in evaluate(document, facts).findings}
    value = found["failure_mode:value"]
    assert value.text == "Its figures now call for critical: It ends the service."
    assert not value.coverable
    alone = replace(facts, figures={"value": {"harm": 1}})
    found = {finding.id: finding for finding in evaluate(document, alone).findings}
    assert found["failure_mode:value"].text.startswith("Its figures now call for critical:")
