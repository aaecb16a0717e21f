"""Statement by statement: what the playbook's source asks is asked by a gate, and keeps it shut.

The numbers are those of ``docs/playbook-coverage.md``.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from playbook.evaluate import evaluate
from playbook.facts import CheckFact, ContrastFact, DesignFact, Facts
from playbook.glossary import named_items
from playbook.indicators import suggest
from playbook.labels import EXTENDED_PILOT, QUALIFYING, STALLED, labels
from playbook.loading import standard
from tests.playbook.test_evaluate import LATER, MAYA, TODAY, blockers, facts_ready_for

LIMITED, SCALED = 3, 4


def numbered(pairs: Iterable[tuple[str, str]]) -> list[object]:
    """Parameters that carry the number of their statement as a marker."""
    return [pytest.param(key, marks=pytest.mark.seed(*ids.split()), id=key) for ids, key in pairs]


QUESTIONS = (
    ("S-075", "data_needed"),
    ("S-076", "data_sources"),
    ("S-077 S-009 S-040", "data_quality_now"),
    ("S-078", "data_transformation"),
    ("S-079", "data_governance"),
    ("S-080 S-044", "systems_read"),
    ("S-081 S-044", "systems_written"),
    ("S-082", "integration_access"),
    ("S-083", "integration_latency"),
    ("S-084", "users_all"),
    ("S-085", "users_literacy"),
    ("S-086 S-050", "users_workflow"),
    ("S-087 S-011", "users_change_programme"),
    ("S-088 S-010", "governance_monitoring"),
    ("S-089 S-010", "governance_auditing"),
    ("S-090 S-010", "governance_access"),
    ("S-091", "governance_rules"),
    ("S-092", "governance_responsible"),
    ("S-093", "economics_costs"),
    ("S-094 S-065", "economics_funder"),
    ("S-095", "economics_success"),
)


@pytest.mark.parametrize("key", numbered(QUESTIONS))
def test_gate_0_asks_it_and_stays_shut_until_it_is_settled(key: str) -> None:
    facts = facts_ready_for(0)
    open_answer = {**facts.design, key: DesignFact(settled=False)}
    assert blockers(replace(facts, design=open_answer)) == {f"design:{key}": "not_met"}
    no_answer = {asked: answer for asked, answer in facts.design.items() if asked != key}
    assert blockers(replace(facts, design=no_answer)) == {f"design:{key}": "unknown"}


@pytest.mark.seed("S-007", "S-074")
def test_no_question_of_the_design_assessment_can_be_left_for_later() -> None:
    facts = facts_ready_for(0, design={})
    asked = {f"design:{question.key}" for question in standard().questions}
    found = evaluate(standard(), facts)
    assert {finding.id for finding in found.uncovered} == asked


CHECKS = (
    ("S-132 S-037", "data_pipeline"),
    ("S-133", "data_quality_monitoring"),
    ("S-134", "latency_under_load"),
    ("S-135", "reliability_under_load"),
    ("S-136", "access_controls"),
    ("S-137", "data_handling"),
    ("S-138", "output_quality_monitoring"),
    ("S-139", "degradation_alerts"),
    ("S-140", "audit_log"),
    ("S-141", "unavailable_behaviour"),
    ("S-142 S-041", "low_confidence_behaviour"),
    ("S-143", "ownership_assigned"),
    ("S-144", "escalation_path"),
    ("S-145", "review_schedule"),
    ("S-146", "user_documentation"),
    ("S-147", "runbook"),
    ("S-148", "operational_funding"),
    ("S-149", "not_innovation_funded"),
    ("S-150 S-069", "success_metrics_defined"),
    ("S-151", "success_metrics_tracked"),
)


@pytest.mark.parametrize("key", numbered(CHECKS))
def test_without_this_check_gate_3_stays_shut_and_it_is_no_production(key: str) -> None:
    facts = facts_ready_for(3)
    planned = {**facts.checks, key: CheckFact("planned", MAYA, LATER)}
    found = evaluate(standard(), replace(facts, checks=planned))
    assert [finding.id for finding in found.uncovered] == [f"rung:{key}"]
    assert EXTENDED_PILOT in labels(standard(), replace(facts, stage="scaled", checks=planned))


@pytest.mark.seed("S-131", "S-152", "S-158")
def test_one_missing_check_of_twenty_makes_an_extended_pilot_of_full_production() -> None:
    whole = facts_ready_for(SCALED)
    assert EXTENDED_PILOT not in labels(standard(), whole)
    for check in standard().checks:
        short = {key: fact for key, fact in whole.checks.items() if key != check.key}
        assert EXTENDED_PILOT in labels(standard(), replace(whole, checks=short))


@pytest.mark.seed("S-153")
def test_the_words_for_an_extended_pilot_name_the_risks_that_it_hides() -> None:
    says = named_items(standard())["term:extended_pilot"].says
    assert [risk for risk in ("reliability", "security", "governance") if risk not in says] == []


CRITERIA = (
    ("S-002 S-039 S-040", "data_quality_at_scale"),
    ("S-003 S-045", "integration_scored"),
    ("S-004 S-053", "non_champions_included"),
    ("S-005 S-056", "governance_before_architecture"),
    ("S-005", "governance_reviewed"),
    ("S-006 S-008 S-061 S-156", "production_requirements_set"),
    ("S-006 S-062 S-101", "architecture_validated"),
    ("S-011 S-049", "change_plan_ready"),
    ("S-012 S-069 S-070", "success_criteria_set"),
    ("S-017 S-114 S-117", "within_performance"),
    ("S-117", "within_cost"),
    ("S-041", "below_threshold_routed"),
    ("S-048 S-110", "adoption_on_target"),
    ("S-052 S-115", "non_adoption_investigated"),
    ("S-115", "non_adoption_addressed"),
    ("S-059 S-098", "production_grade_pilot"),
    ("S-065", "funding_path_stated"),
    ("S-067 S-101", "business_metrics_positive"),
    ("S-071", "baseline_taken"),
    ("S-072", "measurement_built_in"),
    ("S-073 S-096", "assumptions_listed"),
    ("S-096", "assumptions_settled"),
    ("S-099", "real_data_governed"),
    ("S-100", "measured_throughout"),
    ("S-104", "solution_paths_defined"),
    ("S-107 S-016", "production_infrastructure_monitored"),
    ("S-108 S-016", "feedback_collected"),
    ("S-108", "feedback_acted_on"),
    ("S-109", "performance_stable"),
    ("S-111", "operations_capable"),
    ("S-113", "everyone_reached"),
    ("S-114 S-116", "adoption_across_population"),
)


@pytest.mark.parametrize("key", numbered(CRITERIA))
def test_its_gate_stays_shut_until_this_is_shown(key: str) -> None:
    facts = facts_ready_for(standard().gate_of_criterion(key).number)
    unjudged = {asked: answer for asked, answer in facts.answers.items() if asked != key}
    unmeasured = {asked: told for asked, told in facts.measured.items() if asked != key}
    open_again = replace(facts, answers=unjudged, measured=unmeasured)
    assert blockers(open_again) == {f"criterion:{key}": "unknown"}


@pytest.mark.seed("S-103", "S-015")
def test_readiness_is_reviewed_by_five_remits_and_none_can_be_left_out() -> None:
    facts = facts_ready_for(2)
    for remit in ("security", "governance", "operations", "funding", "change"):
        without = {key: word for key, word in facts.sign_offs.items() if key != remit}
        assert blockers(replace(facts, sign_offs=without)) == {f"sign_off:{remit}": "waiting"}


@pytest.mark.seed("S-013", "S-157")
def test_every_stage_has_criteria_for_leaving_it() -> None:
    for gate in standard().gates:
        facts = facts_ready_for(gate.number, answers={}, measured={})
        asked = {f"criterion:{criterion.key}" for criterion in gate.criteria}
        assert set(blockers(facts)) == asked != set()


CONDITIONS = (
    ("S-025", "data"),
    ("S-026 S-004", "users"),
    ("S-027 S-003", "integration"),
    ("S-028", "oversight"),
    ("S-029", "scope"),
    ("S-030 S-012", "success"),
)


@pytest.mark.parametrize("key", numbered(CONDITIONS))
def test_a_wide_distance_warns_from_gate_1_on_of_what_it_threatens(key: str) -> None:
    condition = standard().condition(key)
    facts = facts_ready_for(1, contrasts={key: ContrastFact("wide")})
    (warning,) = evaluate(standard(), facts).of("distance")
    assert warning.key == key
    assert not warning.blocks
    threatened = [standard().mode(mode).short_name.lower() for mode in condition.threatens]
    assert [name for name in threatened if name not in warning.text] == []
    assert evaluate(standard(), replace(facts, stage="intake", gate=0)).of("distance") == ()


INDICATORS = (
    ("S-009 S-039", ("data_quality", "assessed_at_production_scale", False)),
    ("S-041", ("data_quality", "below_threshold_goes_to_people", False)),
    ("S-042", ("integration", "systems_by_hand", 1)),
    ("S-043", ("integration", "connections_secured", False)),
    ("S-049", ("resistance", "change_plan", False)),
    ("S-050 S-052", ("resistance", "embedded_in_workflow", False)),
    ("S-051 S-053", ("resistance", "non_champions_share", 0)),
    ("S-054", ("governance", "monitoring_formal", False)),
    ("S-054", ("governance", "audit_trail", False)),
    ("S-054", ("governance", "access_beyond_sign_in", False)),
    ("S-056 S-057", ("governance", "assessed_before_lock", "after it was locked")),
    ("S-008 S-061", ("readiness", "requirements_first", False)),
    ("S-061", ("readiness", "security_requirements_met", False)),
    ("S-062", ("readiness", "grows_or_rebuild", "it is rebuilt")),
    ("S-063", ("budget", "budget_kind", "innovation budget")),
    ("S-063", ("budget", "people_funded", False)),
    ("S-065", ("budget", "mechanism_agreed", False)),
    ("S-070", ("value", "set_before_pilot", False)),
    ("S-072", ("value", "measured_in_pilot", False)),
)


@pytest.mark.parametrize(
    ("mode", "indicator", "figure"),
    [
        pytest.param(*case, marks=pytest.mark.seed(*ids.split()), id=case[1])
        for ids, case in INDICATORS
    ],
)
def test_a_bad_figure_speaks_before_anybody_has_assessed_it(
    mode: str, indicator: str, figure: object
) -> None:
    figures = {mode: {indicator: figure}}
    suggestion = suggest(standard().mode(mode), figures[mode])
    assert (suggestion.likelihood or 0) >= 3
    facts = facts_ready_for(0)
    unassessed = {key: risk for key, risk in facts.risks.items() if key != mode}
    findings = evaluate(standard(), replace(facts, risks=unassessed, figures=figures)).blockers
    (finding,) = findings
    assert finding.title == standard().mode(mode).name
    assert suggestion.fired[0].threshold.says in finding.text


@pytest.mark.seed("S-001", "S-036", "S-155")
def test_every_gate_wants_all_seven_modes_assessed() -> None:
    modes = {f"failure_mode:{mode.key}" for mode in standard().failure_modes}
    assert len(modes) == 7
    for gate in standard().gates:
        assert set(blockers(facts_ready_for(gate.number, risks={}))) == modes


PLANS = (
    ("S-097", "pilot"),
    ("S-102", "readiness"),
    ("S-105", "limited"),
    ("S-112", "scaled"),
)
WEEKS = {"pilot": (4, 8), "readiness": (2, 4), "limited": (6, 12), "scaled": (8, 16)}


@pytest.mark.parametrize("key", numbered(PLANS))
def test_a_stage_stalls_on_the_day_after_its_longest_planned_weeks(key: str) -> None:
    stage = standard().stage(key)
    assert stage.weeks is not None
    assert (stage.weeks.low, stage.weeks.high) == WEEKS[key]
    last_day = TODAY - timedelta(weeks=stage.weeks.high)
    facts = facts_ready_for(stage.number, stage_since=last_day)
    assert STALLED not in labels(standard(), facts)
    assert STALLED in labels(standard(), replace(facts, stage_since=last_day - timedelta(days=1)))


@pytest.mark.seed("S-105", "S-035")
def test_limited_production_qualifies_while_its_plan_runs() -> None:
    short = facts_ready_for(LIMITED, checks={})
    assert QUALIFYING in labels(standard(), short)
    late = replace(short, stage_since=TODAY - timedelta(weeks=12, days=1))
    assert QUALIFYING not in labels(standard(), late)
    assert EXTENDED_PILOT in labels(standard(), late)


@pytest.mark.seed("S-018", "S-118")
def test_steady_state_has_no_gate_ahead_and_never_stalls() -> None:
    facts: Facts = facts_ready_for(
        SCALED, stage="steady", gate=None, stage_since=TODAY - timedelta(days=3000)
    )
    assert evaluate(standard(), facts).findings == ()
    assert STALLED not in labels(standard(), facts)


@pytest.mark.seed("S-022", "S-024", "S-031", "S-032", "S-154")
def test_the_gap_is_explained_as_what_a_pilot_hides() -> None:
    gap = named_items(standard())["term:gap"].says
    assert [word for word in ("hides", "people", "data", "governance") if word not in gap] == []
    assert "not that it can be kept running" in named_items(standard())["term:pilot"].says


ORGANISATION = (
    ("S-124 S-125 S-127 S-128", "one_team"),
    ("S-124 S-126", "equipped_receiver"),
    ("S-124 S-129 S-130", "standing_fund"),
)


@pytest.mark.parametrize("key", numbered(ORGANISATION))
def test_a_way_of_organising_is_explained_with_what_it_answers(key: str) -> None:
    entry = named_items(standard())[f"principle:{key}"]
    assert entry.says
    assert entry.why
    assert entry.mode_name


@pytest.mark.seed("S-125", "S-126", "S-127", "S-128")
def test_a_team_that_takes_over_and_lacks_something_keeps_gate_2_shut() -> None:
    lacking = facts_ready_for(2, handoff_lacks=("team", "production engineering", "budget"))
    (finding,) = evaluate(standard(), lacking).blockers
    assert "production engineering and budget" in finding.text
    equipped = facts_ready_for(2, handoff_lacks=("team",))
    assert blockers(equipped) == {}
    assert [w.kind for w in evaluate(standard(), equipped).warnings] == ["handoff"]
