"""Edits of a playbook as plain data: what they may do, and how they are said."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime

import pytest

from playbook import toml
from playbook.comparing import compare, compare_data
from playbook.document import Document
from playbook.drafting import Unfit, added, checked, key_for, removed
from playbook.facts import Facts, FactsIncomplete, Person
from playbook.loading import standard
from playbook.outline import outline
from playbook.places import Data, at, data_of, leaves, model_at, of_part, title_of

Edit = Callable[[Data], None]


def edited(edit: Edit) -> Data:
    data = data_of(standard())
    edit(data)
    return data


def own(**fields: str) -> Data:
    return {
        "key": "own_one",
        "name": "Works council heard",
        "needs": "It has been heard.",
        "why": "It objects anyway.",
        "good_evidence": "The minutes.",
        "failure_mode": "resistance",
        **fields,
    }


def test_every_value_has_one_path_and_a_name():
    data = data_of(standard())
    found = list(leaves(data))
    assert len({path for path, _value in found}) == len(found) > 1500
    for path, value in found:
        assert at(data, path) == value
        part, field = of_part(data, path)
        assert model_at(part)
        assert title_of(data, part)
        assert field


def test_the_outline_leaves_nothing_out():
    data = data_of(standard())
    sections = outline(data)
    told = {entry.path for section in sections for entry in section.entries}
    for path, _value in leaves(data):
        assert of_part(data, path)[0] in told, path
    words = " ".join(
        [e.title + e.lead + "".join(v for _, v in e.facts) for s in sections for e in s.entries]
    )
    for path, value in leaves(data):
        if isinstance(value, str) and path[-1] not in {"key", "from_stage", "to_stage"}:
            assert value in words, path


# What an organisation may do.


def _threshold(data: Data) -> Data:
    return data["failure_modes"][0]["indicators"][1]["thresholds"][0]


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data["gates"][1]["criteria"].append(own()),
        lambda data: data["mvp_items"][0]["checks"].append(own()),
        lambda data: data["rating"].update(critical_from=15),
        lambda data: data["stall"].update(no_progress_days=14),
        lambda data: data["stages"][1]["weeks"].update(high=6),
        lambda data: data["stages"][3]["exposure"].update(high_percent=15.0),
        lambda data: data["champion_trap"].update(below_percent=25.0),
        lambda data: data["gates"][0]["criteria"][0].update(shelf_life_days=30),
        lambda data: data["gates"][1].update(rung="planned"),
        lambda data: data["gates"][0]["remits"].append("security"),
        lambda data: data["gates"][0]["criteria"][0].update(needs="In our own words."),
        lambda data: data["reminders"][0].update(days=-21, text="Ours, for {name}."),
        lambda data: data.update(review_days=14, proof_days=60, condition_grace_days=0),
    ],
)
def test_the_standard_may_be_added_to_tightened_and_reworded(edit: Edit):
    data = edited(edit)
    document = checked(data)
    (change,) = compare(standard(), document)[:1]
    assert change.sentence
    assert toml.loads(toml.dumps(document)) == document


def _drop_monitoring(data: Data) -> None:
    for item in data["mvp_items"]:
        for check in item["checks"]:
            check["monitoring"] = False


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda data: data["gates"][1]["criteria"].pop(0), "Put it back"),
        (lambda data: data["mvp_items"][0]["checks"].pop(0), "Put it back"),
        (lambda data: data["terms"].pop(0), "cannot be taken out"),
        (lambda data: data["rating"].update(critical_from=17), "stays at most 16"),
        (lambda data: data["stall"].update(no_progress_days=31), "stays at most 30"),
        (lambda data: data["stall"].update(over_longest_plan=False), "stays on"),
        (lambda data: data["stages"][1]["weeks"].update(high=9), "stays at most 8"),
        (lambda data: data["stages"][1]["weeks"].update(low=7), "stays at most"),
        (lambda data: data["stages"][3]["exposure"].update(high_percent=25), "stays at most 20"),
        (lambda data: data["stages"][3]["exposure"].update(low_percent=5), "stays at least 10"),
        (lambda data: data["stages"][1].update(weeks=None), "cannot be taken out"),
        (lambda data: data["gates"][2].update(rung="assigned"), "stays planned or more"),
        (lambda data: data["gates"][2]["remits"].remove("security"), "belongs to the standard"),
        (lambda data: data["gates"][1].update(forbids_rebuild=False), "stays on"),
        (lambda data: data["gates"][2].update(allows_learning_exercise=True), "stays off"),
        (_drop_monitoring, "stays a monitoring check"),
        (lambda data: data["shelf_life"].update(check_days=400), "stays at most 365"),
        (lambda data: data["reminders"][0].update(days=-2), "stays at most -14"),
        (lambda data: data["champion_trap"].update(indicator="adoption_target"), "stays"),
        (lambda data: _threshold(data).update(likelihood=1), "suggests less than the standard"),
        (lambda data: _threshold(data).update(figure=1), "suggests less than the standard"),
        (lambda data: data["remits"].append({**data["remits"][0], "key": "ours"}), "nobody can"),
    ],
)
def test_the_standard_is_never_loosened(edit: Edit, says: str):
    with pytest.raises(Unfit) as refused:
        checked(edited(edit))
    assert says in str(refused.value)


def test_a_weaker_threshold_put_before_a_graver_one_is_found_out():
    data = data_of(standard())
    thresholds = data["failure_modes"][0]["indicators"][1]["thresholds"]
    weaker = {**thresholds[0], "likelihood": 1, "impact": None}
    thresholds.insert(0, weaker)
    with pytest.raises(Unfit, match="suggests less"):
        checked(data)


def test_own_additions_come_and_go():
    with_own = added(data_of(standard()), ("gates", "1", "criteria"), own())
    assert checked(with_own).criterion("own_one").name == "Works council heard"
    assert checked(removed(with_own, ("gates", "1", "criteria", "own_one"))) == standard()


def test_a_key_is_made_from_a_name_and_is_nobody_elses():
    data = data_of(standard())
    assert key_for(data, "Works council: heard?") == "works_council_heard"
    taken = added(data, ("gates", "1", "criteria"), own(key="works_council_heard"))
    assert key_for(taken, "Works council heard") == "works_council_heard_2"
    assert key_for(data, "3 reports") == "own_3_reports"


# How it is said.


def test_each_kind_of_change_is_one_sentence():
    before = data_of(standard())
    after = deepcopy(before)
    after["gates"][1]["criteria"].append(own())
    after["rating"]["critical_from"] = 15
    del after["terms"][0]
    said = {change.kind: change.sentence for change in compare_data(before, after)}
    assert said["added"].startswith(
        "Gate 1: Works council heard: added. Needs: “It has been heard.”"
    )
    assert said["changed"] == (
        "Rating of failure modes: mark for critical (likelihood times impact) from 16 to 15."
    )
    assert said["removed"] == f"{standard().terms[0].name}: taken out."


def test_what_is_put_before_something_else_changes_only_itself():
    after = edited(lambda data: data["gates"][1]["criteria"].insert(0, own()))
    assert [change.kind for change in compare_data(data_of(standard()), after)] == ["added"]


# Facts that were kept.


def test_facts_come_back_from_what_a_decision_kept():
    kept = {"name": "A", "stage": "intake", "gate": 0, "owed_gates": [], "claimed": False}
    kept |= {"impact_class": "", "owner": {"id": 1, "label": "Maya"}, "funding_missing": []}
    kept |= {"handoff_lacks": [], "paused_since": None, "stage_since": "2026-01-05", "holds": 0}
    kept |= {"review": None, "checks": {"a": {"status": "met", "due": "2026-02-01", "new": 1}}}
    who = (Person(2, "Carol"),)
    facts = Facts.from_canonical(kept, at=datetime(2026, 2, 1, tzinfo=UTC), deciders=who)
    assert facts.stage_since == date(2026, 1, 5)
    assert facts.owner == Person(1, "Maya")
    assert facts.checks["a"].due == date(2026, 2, 1)
    assert (facts.slips, facts.groups, facts.deciders) == ((), (), who)


def test_what_is_no_record_of_facts_is_said_to_be_none():
    with pytest.raises(FactsIncomplete):
        Facts.from_canonical({"seeded": True}, at=datetime(2026, 2, 1, tzinfo=UTC), deciders=())


def test_a_document_keeps_its_meaning_as_toml():
    assert toml.loads(toml.dumps(standard())) == standard()
    assert Document.model_validate(data_of(standard())) == standard()
