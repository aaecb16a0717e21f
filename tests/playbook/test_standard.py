"""The shipped standard holds every figure and every question of the article that it follows."""

import re
from collections import Counter
from datetime import date
from operator import attrgetter

import pytest

from accounts.roles import Remit
from playbook.indicators import suggest
from playbook.loading import STANDARD, standard

STANDARD_FILES = sorted(STANDARD.glob("*.toml"))


@pytest.mark.seed("S-097", "S-102", "S-105", "S-112")
def test_stages_and_their_planned_weeks():
    weeks = {s.key: (s.weeks.low, s.weeks.high) if s.weeks else None for s in standard().stages}
    assert weeks == {
        "intake": None,
        "pilot": (4, 8),
        "readiness": (2, 4),
        "limited": (6, 12),
        "scaled": (8, 16),
        "steady": None,
    }


def test_access_is_bounded_until_everybody_may_have_it():
    bands = {
        s.key: (s.exposure.low_percent, s.exposure.high_percent)
        for s in standard().stages
        if s.exposure
    }
    assert bands == {
        "intake": (0, 0),
        "pilot": (0, 10),
        "readiness": (0, 10),
        "limited": (10, 20),
    }


def test_sign_offs_by_gate():
    assert [gate.remits for gate in standard().gates] == [
        ("business", "funding"),
        ("business", "engineering"),
        ("security", "governance", "operations", "funding", "change"),
        ("operations", "security", "change"),
        ("business", "operations", "funding"),
    ]


def test_remits_are_those_that_reviewers_can_hold():
    assert {remit.key: remit.name for remit in standard().remits} == dict(Remit.choices)


def test_rungs_by_gate():
    rungs = [(gate.rung, gate.monitoring_checks_met) for gate in standard().gates]
    assert rungs == [
        ("none", False),
        ("assigned", False),
        ("planned", True),
        ("met", False),
        ("still_met", False),
    ]


def test_the_design_assessment_and_learning_exercises_belong_to_gate_0():
    assert [gate.needs_design_assessment for gate in standard().gates] == [True] + [False] * 4
    assert [gate.allows_learning_exercise for gate in standard().gates] == [True] + [False] * 4


def test_criteria_by_gate():
    assert [[criterion.key for criterion in gate.criteria] for gate in standard().gates] == [
        [
            "success_criteria_set",
            "baseline_taken",
            "measurement_built_in",
            "production_requirements_set",
            "governance_before_architecture",
            "integration_scored",
            "assumptions_listed",
            "kill_criteria_agreed",
            "funding_path_stated",
        ],
        [
            "business_metrics_positive",
            "measured_throughout",
            "production_grade_pilot",
            "architecture_validated",
            "real_data_governed",
            "data_quality_at_scale",
            "below_threshold_routed",
            "non_champions_included",
            "assumptions_settled",
        ],
        [
            "security_assessed",
            "governance_reviewed",
            "operations_model_designed",
            "funding_ownership_confirmed",
            "change_plan_ready",
            "solution_paths_defined",
        ],
        [
            "performance_stable",
            "production_infrastructure_monitored",
            "adoption_on_target",
            "operations_capable",
            "feedback_collected",
            "feedback_acted_on",
            "exposure_within_band",
        ],
        [
            "everyone_reached",
            "adoption_across_population",
            "within_performance",
            "within_cost",
            "non_adoption_investigated",
            "non_adoption_addressed",
        ],
    ]


def test_standing_criteria_go_on_after_their_gate_and_the_pilot_group_does_not():
    document = standard()
    standing = {c.key for gate in document.gates for c in gate.criteria if c.standing}
    assert {"adoption_on_target", "within_cost", "funding_ownership_confirmed"} <= standing
    assert not standing & {"non_champions_included", "exposure_within_band", "baseline_taken"}
    assert all(document.days_valid(document.criterion(key)) for key in standing)


@pytest.mark.seed("S-131")
def test_ten_mvp_items_with_twenty_checks():
    document = standard()
    assert {item.key: len(item.checks) for item in document.mvp_items} == {
        "data": 2,
        "performance": 2,
        "security": 2,
        "monitoring": 2,
        "auditability": 1,
        "fallback": 2,
        "governance": 3,
        "documentation": 2,
        "funding": 2,
        "success": 2,
    }
    assert len(document.checks) == 20
    monitoring = [check.key for check in document.checks if check.monitoring]
    assert monitoring == ["output_quality_monitoring", "degradation_alerts"]
    assert all(document.days_valid(check) for check in document.checks)


@pytest.mark.seed("S-155")
def test_seven_failure_modes_in_the_articles_order():
    assert [mode.name for mode in standard().failure_modes] == [
        "Data quality at scale",
        "Integration complexity",
        "Organizational resistance",
        "Governance gap",
        "Production readiness",
        "Budget and resource discontinuity",
        "Value measurement",
    ]


@pytest.mark.parametrize(
    ("mode", "figures"),
    [
        ("data_quality", {"60 %", "20 %", "5 %"}),
        ("integration", {"three source systems", "six-month"}),
        ("resistance", {"Twenty", "500", "30 %"}),
        ("governance", {"no right to", "name their sources", "which human signed"}),
        ("readiness", {"800 ms", "200"}),
        ("budget", {"Innovation money", "operating budget", "no budget line"}),
        ("value", {"85 %"}),
    ],
)
def test_each_pattern_tells_its_figures(mode, figures):
    pattern = standard().mode(mode).pattern
    assert [figure for figure in figures if figure not in pattern] == []


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("data_quality", {"records_at_threshold": 60}),
        ("data_quality", {"records_missing_fields": 20}),
        ("data_quality", {"records_wrong": 5}),
        ("integration", {"integration_months": 6, "systems_by_hand": 3}),
        ("resistance", {"pilot_people": 20, "production_people": 500, "adoption_measured": 29}),
        ("governance", {"source_rights_kept": False}),
        ("governance", {"sources_attributed": False}),
        ("governance", {"human_sign_off_recorded": False}),
        ("readiness", {"latency_required_ms": 200, "latency_measured_ms": 800}),
        ("budget", {"owner_named": False, "funder_named": False}),
        ("value", {"helpful_ratings": 85, "business_metrics": 0}),
    ],
)
@pytest.mark.seed("S-038", "S-043", "S-047", "S-055", "S-060", "S-064", "S-068")
def test_each_narrated_failure_is_rated_critical_from_its_figures(mode, values):
    document = standard()
    suggestion = suggest(document.mode(mode), values)
    assert suggestion.likelihood is not None
    assert suggestion.impact is not None
    assert document.rating.rate(suggestion.likelihood, suggestion.impact) == "critical"


@pytest.mark.seed("S-068")
def test_helpful_ratings_alone_suggest_nothing():
    assert suggest(standard().mode("value"), {"helpful_ratings": 85}).fired == ()


@pytest.mark.seed("S-051")
def test_a_pilot_of_champions_is_almost_certain_to_mislead():
    assert suggest(standard().mode("resistance"), {"non_champions_share": 5}).likelihood == 5


def test_thresholds_of_an_indicator_go_from_the_gravest_down():
    for mode in standard().failure_modes:
        for indicator in mode.indicators:
            likelihoods = [threshold.likelihood for threshold in indicator.thresholds]
            if indicator.kind in {"percent", "number"}:
                assert likelihoods == sorted(likelihoods, reverse=True), indicator.key


def test_five_design_areas_with_every_question():
    assert {area.key: [q.key for q in area.questions] for area in standard().design_areas} == {
        "data": [
            "data_needed",
            "data_sources",
            "data_quality_now",
            "data_transformation",
            "data_governance",
        ],
        "integration": [
            "systems_read",
            "systems_written",
            "integration_access",
            "integration_latency",
        ],
        "users": ["users_all", "users_literacy", "users_workflow", "users_change_programme"],
        "governance": [
            "governance_monitoring",
            "governance_auditing",
            "governance_access",
            "governance_rules",
            "governance_responsible",
        ],
        "economics": ["economics_costs", "economics_funder", "economics_success"],
    }


@pytest.mark.seed("S-031")
def test_six_conditions_that_a_pilot_makes_easy():
    keys = [condition.key for condition in standard().conditions]
    assert keys == ["data", "users", "integration", "oversight", "scope", "success"]
    threatened = {mode for condition in standard().conditions for mode in condition.threatens}
    assert threatened == {mode.key for mode in standard().failure_modes}


@pytest.mark.seed("S-118")
def test_steady_state_goes_on():
    assert [practice.key for practice in standard().steady_practices] == [
        "performance_reviews",
        "model_updates",
        "optimisation",
        "feedback_loops",
        "capacity_freed",
    ]


def test_clocks():
    document = standard()
    assert (document.stall.no_progress_days, document.stall.over_longest_plan) == (30, True)
    assert document.proof_days == 90
    assert document.max_holds == 2
    assert (document.review_days, document.condition_grace_days) == (21, 14)


@pytest.mark.seed("S-033", "S-057")
def test_references_name_their_source_and_date():
    lost, retrofit = (
        standard().reference("not_sustained"),
        standard().reference("governance_retrofit"),
    )
    assert (lost.low, lost.high, lost.unit) == (78, 78, "%")
    assert lost.source.startswith("Gartner")
    assert (retrofit.low, retrofit.high, retrofit.unit) == (3, 5, "times")
    assert {lost.published, retrofit.published} == {date(2025, 4, 22)}


def test_reminders_climb_from_the_owner_to_the_sponsor():
    steps = [step for step in standard().reminders if step.about == "review"]
    assert [(step.days, step.audience) for step in steps] == [
        (-14, "owner"),
        (-3, "owner"),
        (0, "owner"),
        (1, "owner"),
        (7, "program_office"),
        (14, "sponsor"),
    ]


def test_a_condition_is_reminded_of_before_its_grace_ends():
    document = standard()
    last = max(step.days for step in document.reminders if step.about == "condition")
    assert 0 < last < document.condition_grace_days


def test_every_failure_mode_is_prevented_by_something_asked():
    document = standard()
    prevented = Counter(c.failure_mode for gate in document.gates for c in gate.criteria)
    prevented.update(check.failure_mode for check in document.checks)
    prevented.update(question.failure_mode for question in document.questions)
    assert set(prevented) == {mode.key for mode in document.failure_modes}
    assert min(prevented.values()) >= 3


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    return []


def test_texts_keep_the_house_style():
    texts = _texts(standard().model_dump())
    shouting = [text for text in texts if "!" in text or "please" in text.lower()]
    assert shouting == []
    sentences = [
        text
        for asked in (*standard().checks, *(c for g in standard().gates for c in g.criteria))
        for text in (asked.needs, asked.why, asked.good_evidence)
    ]
    assert [text for text in sentences if not text.endswith(".")] == []


@pytest.mark.parametrize("file", STANDARD_FILES, ids=lambda file: file.name)
def test_files_of_the_standard_stay_short(file):
    assert len(file.read_text("utf-8").splitlines()) < 400


def _documented_figures() -> list[tuple[str, str]]:
    page = (STANDARD.parents[2] / "docs" / "playbook.md").read_text("utf-8")
    return re.findall(r"^\| `([\w.]+)` \| (\d+) \|", page, flags=re.MULTILINE)


def _held(field: str) -> set[object]:
    """The figure of the field; of a field of each remit, all the figures that there are."""
    if field.startswith("remits."):
        return {getattr(remit, field.removeprefix("remits.")) for remit in standard().remits}
    return {attrgetter(field)(standard())}


@pytest.mark.parametrize(("field", "figure"), _documented_figures())
def test_documented_figures_are_those_of_the_standard(field, figure):
    assert _held(field) == {int(figure)}


def test_the_table_of_gates_in_the_documents_counts_right():
    page = (STANDARD.parents[2] / "docs" / "playbook.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| [a-z ]+ \| (\d+)[^|]*\| ([a-z, ]+) \|", page, re.MULTILINE)
    assert [(int(gate), int(count), tuple(remits.split(", "))) for gate, count, remits in rows] == [
        (gate.number, len(gate.criteria), gate.remits) for gate in standard().gates
    ]
