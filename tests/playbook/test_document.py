"""A playbook's parts must fit each other, and it survives every form that it is kept in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from audit.canonical import canonical_json, digest_of
from playbook.document import Document
from playbook.indicators import suggest
from playbook.loading import PartTwiceError, merged, standard


@pytest.fixture
def content() -> dict[str, Any]:
    return standard().model_dump(mode="json")


def test_survives_toml_to_json_and_back(content):
    stored = json.loads(canonical_json(content))
    again = Document.model_validate(stored)
    assert again == standard()
    assert digest_of(again.model_dump(mode="json")) == digest_of(content)


def test_any_change_of_content_changes_the_digest(content):
    before = digest_of(content)
    content["gates"][3]["criteria"][0]["shelf_life_days"] += 1
    assert digest_of(Document.model_validate(content).model_dump(mode="json")) != before


def test_is_read_once_and_cannot_be_altered():
    assert standard() is standard()
    with pytest.raises(ValidationError, match="frozen"):
        standard().stall.no_progress_days = 90


def _repeat_a_criterion(content):
    criteria = content["gates"][0]["criteria"]
    content["gates"][1]["criteria"].append({**criteria[0], "name": "Another of the same key"})


def _name_an_unknown_mode(content):
    content["mvp_items"][0]["checks"][0]["failure_mode"] = "weather"


def _name_an_unknown_remit(content):
    content["gates"][2]["remits"].append("astrology")


def _use_a_question_key_for_a_check(content):
    content["mvp_items"][0]["checks"][0]["key"] = "data_needed"


def _misspell_a_field(content):
    content["stall"]["no_progres_days"] = 30


def _turn_the_band_round(content):
    content["stages"][3]["exposure"] = {"low_percent": 20, "high_percent": 10}


def _turn_the_weeks_round(content):
    content["stages"][1]["weeks"] = {"low": 8, "high": 4}


def _drop_a_failure_mode(content):
    content["failure_modes"].pop()


def _swap_two_stages(content):
    content["stages"][1], content["stages"][2] = content["stages"][2], content["stages"][1]


def _skip_a_stage(content):
    content["gates"][1]["to_stage"] = "limited"


def _add_to_a_gate_that_is_not_there(content):
    content["impact_classes"][2]["additions"][0]["gate"] = 7


def _compare_with_a_missing_indicator(content):
    content["failure_modes"][4]["indicators"][2]["thresholds"][0]["than"] = "latency_wished"


def _ask_a_number_of_a_yes_or_no(content):
    threshold = content["failure_modes"][0]["indicators"][0]["thresholds"][0]
    threshold.update(when="below", figure=60)


def _compare_with_two_things(content):
    content["failure_modes"][0]["indicators"][1]["thresholds"][0]["than"] = "records_wrong"


def _name_an_unknown_reference(content):
    threshold = content["failure_modes"][3]["indicators"][0]["thresholds"][0]
    threshold["reference"] = "hearsay"


def _let_ratings_fall(content):
    content["rating"]["high_from"] = 4


def _forget_a_degree(content):
    content["rating"]["impact"].pop()


def _fill_in_what_no_reminder_knows(content):
    content["reminders"][0]["text"] = "Dear {colleague}, it is due."


def _forget_the_name_in_a_question(content):
    content["gates"][0]["question"] = "May it start?"


def _write_a_key_with_spaces(content):
    content["terms"][0]["key"] = "A pilot"


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_repeat_a_criterion, "the key 'success_criteria_set' is used 2 times"),
        (_name_an_unknown_mode, "checks.data_pipeline: there is no failure mode 'weather'"),
        (_name_an_unknown_remit, "gates.2: there is no remit 'astrology'"),
        (_use_a_question_key_for_a_check, "the key 'data_needed' is used 2 times"),
        (_misspell_a_field, "no_progres_days"),
        (_turn_the_band_round, r"low_percent \(20.0\) must not be above high_percent \(10.0\)"),
        (_turn_the_weeks_round, r"low \(8\) must not be above high \(4\)"),
        (_drop_a_failure_mode, "failure_modes: must be data_quality"),
        (_swap_two_stages, "stages: must be intake, pilot"),
        (_skip_a_stage, "gates: must lead from each stage to the next"),
        (_add_to_a_gate_that_is_not_there, "impact_classes.rights: there is no gate 7"),
        (_compare_with_a_missing_indicator, "latency_measured_ms: there is no figure 'latency_wi"),
        (_ask_a_number_of_a_yes_or_no, "assessed_at_production_scale: below 60 cannot be asked"),
        (_compare_with_two_things, "either a figure or another indicator"),
        (_name_an_unknown_reference, "assessed_before_lock: there is no reference 'hearsay'"),
        (_let_ratings_fall, "medium_from, high_from and critical_from must rise"),
        (_forget_a_degree, "impact: must name the degrees 1 to 5"),
        (_fill_in_what_no_reminder_knows, "no such placeholder: colleague"),
        (_forget_the_name_in_a_question, "question: must hold {name}"),
        (_write_a_key_with_spaces, "terms.0.key"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    content: dict[str, Any], spoil: Callable[[dict[str, Any]], None], complaint: str
):
    spoil(content)
    with pytest.raises(ValidationError, match=complaint):
        Document.model_validate(content)


def test_everything_is_found_by_its_key():
    document = standard()
    assert document.stage("limited").number == 3
    assert document.gate_out_of("pilot") == document.gate(1)
    assert document.gate_out_of("steady") is None
    assert document.gate_of_criterion("adoption_on_target") == document.gate(3)
    assert document.item_of_check("audit_log").key == "auditability"
    assert document.area_of_question("users_literacy").key == "users"
    assert document.mode("value").short_name == "Value"
    for missing in (document.check, document.criterion, document.mode, document.question):
        with pytest.raises(KeyError):
            missing("no_such_key")


def test_proof_ages_by_its_own_figure_or_the_default():
    document = standard()
    assert document.days_valid(document.check("success_metrics_tracked")) == 90
    assert document.days_valid(document.criterion("adoption_on_target")) == 30
    assert document.days_valid(document.criterion("non_champions_included")) is None
    unsaid = {"shelf_life_days": None}
    check = document.check("audit_log").model_copy(update=unsaid)
    standing = document.criterion("adoption_on_target").model_copy(update=unsaid)
    assert document.days_valid(check) == document.shelf_life.check_days
    assert document.days_valid(standing) == document.shelf_life.standing_criterion_days


def test_an_impact_class_adds_criteria_and_remits(content):
    added = {**content["gates"][2]["criteria"][0], "key": "appeal_open", "name": "Appeal"}
    content["impact_classes"][2]["additions"] = [
        {"gate": 2, "criteria": [added], "remits": ["engineering", "security"]}
    ]
    document = Document.model_validate(content)
    base = document.gate(2)
    assert document.criteria_for(2, "ordinary") == base.criteria
    assert document.criteria_for(2, "no such class") == base.criteria
    assert [c.key for c in document.criteria_for(2, "rights")][-1] == "appeal_open"
    assert document.remits_for(2, "rights") == (*base.remits, "engineering")
    assert document.criterion("appeal_open").name == "Appeal"
    assert document.gate_of_criterion("appeal_open") == base


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("Controlled pilot", "pilot"),
        ("production readiness assessment", "readiness"),
        ("Limited production", "limited"),
        ("scaled  production", "scaled"),
        ("FULL DEPLOYMENT", "steady"),
        ("intake", "intake"),
    ],
)
@pytest.mark.seed("S-014")
def test_stages_are_known_by_their_other_names(words, stage):
    found = standard().stage_called(words)
    assert found is not None
    assert found.key == stage


def test_a_stage_that_nobody_names_is_not_guessed():
    assert standard().stage_called("somewhere") is None


@pytest.mark.parametrize(
    ("likelihood", "impact", "rating"),
    [
        (1, 1, "low"),
        (2, 2, "low"),
        (1, 5, "medium"),
        (3, 3, "medium"),
        (2, 5, "high"),
        (3, 5, "high"),
        (4, 4, "critical"),
        (5, 5, "critical"),
    ],
)
def test_rating_is_likelihood_times_impact(likelihood, impact, rating):
    assert standard().rating.rate(likelihood, impact) == rating
    assert standard().rating.rate(impact, likelihood) == rating


@pytest.mark.parametrize("degrees", [(0, 3), (3, 6)])
def test_degrees_off_the_scale_are_refused(degrees):
    with pytest.raises(ValueError, match="from 1 to 5"):
        standard().rating.rate(*degrees)


def test_the_gravest_threshold_of_an_indicator_speaks():
    suggestion = suggest(standard().mode("data_quality"), {"records_at_threshold": 55})
    assert [fired.threshold.figure for fired in suggestion.fired] == [60]
    assert (suggestion.likelihood, suggestion.impact) == (5, 5)


def test_good_figures_and_missing_figures_suggest_nothing():
    mode = standard().mode("readiness")
    assert suggest(mode, {}).fired == ()
    half = suggest(mode, {"latency_measured_ms": 800})
    assert (half.likelihood, half.impact) == (None, None)
    good = suggest(mode, {"latency_measured_ms": 180, "latency_required_ms": 200})
    assert good.likelihood is None


def test_what_fired_comes_gravest_first():
    mode = standard().mode("integration")
    suggestion = suggest(mode, {"systems_by_hand": 3, "integration_months": 6})
    assert [fired.indicator.key for fired in suggestion.fired] == [
        "integration_months",
        "systems_by_hand",
    ]


def test_the_highest_degrees_of_several_figures_are_suggested():
    values = {"business_metrics": 2, "set_before_pilot": False, "measured_in_pilot": True}
    suggestion = suggest(standard().mode("value"), values)
    assert (suggestion.likelihood, suggestion.impact) == (4, 4)


def test_lists_go_on_across_files_and_single_values_do_not(tmp_path: Path):
    first, second = tmp_path / "1.toml", tmp_path / "2.toml"
    first.write_text('title = "One"\n[[terms]]\nkey = "a"\n')
    second.write_text('[[terms]]\nkey = "b"\n')
    assert merged([first, second]) == {"title": "One", "terms": [{"key": "a"}, {"key": "b"}]}
    second.write_text('title = "Two"\n')
    with pytest.raises(PartTwiceError, match=r"2\.toml: title is already in another file"):
        merged([first, second])
