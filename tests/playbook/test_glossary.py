"""The glossary explains whatever the playbook names."""

from collections import Counter

import pytest

from look.glyphs import LABELS
from playbook.glossary import LABEL_TERMS, called, glossary, matching, named_items
from playbook.loading import standard


def test_everything_that_the_playbook_names_is_in_it() -> None:
    document = standard()
    expected = {
        "term": document.terms,
        "stage": document.stages,
        "gate": document.gates,
        "mode": document.failure_modes,
        "condition": document.conditions,
        "question": document.questions,
        "criterion": document.placed_criteria,
        "check": document.checks,
        "remit": document.remits,
        "practice": document.steady_practices,
        "principle": document.organisation,
        "words": document.polite_words,
        "reference": document.references,
    }
    found = {chapter.kind: len(chapter.entries) for chapter in glossary(document)}
    assert found == {kind: len(named) for kind, named in expected.items()}


def test_every_anchor_leads_to_one_place() -> None:
    anchors = Counter(entry.id for entry in named_items(standard()).values())
    assert [anchor for anchor, times in anchors.items() if times > 1] == []


@pytest.mark.parametrize("kind", ["criterion", "check", "question"])
def test_what_is_asked_says_why_what_is_good_and_what_it_prevents(kind: str) -> None:
    entries = [e for e in named_items(standard()).values() if e.kind == kind]
    assert [e.key for e in entries if not (e.says and e.why and e.good and e.mode_name)] == []


def test_every_label_that_facts_earn_is_explained() -> None:
    explained = {e.label for e in named_items(standard()).values() if e.label}
    assert explained == set(LABEL_TERMS)
    # Paused is a reason for being stalled, drawn like a label.
    assert set(LABELS) - explained == {"paused"}


@pytest.mark.parametrize(
    ("words", "anchor"),
    [
        ("Extended pilot", "term-extended_pilot"),
        ("  champion   TRAP ", "term-champion_trap"),
        ("controlled pilot", "stage-pilot"),
        ("full deployment", "stage-steady"),
        ("Data quality at scale", "mode-data_quality"),
        ("audit log", "check-audit_log"),
        ("Gate 3", "gate-3"),
    ],
)
def test_a_name_finds_its_entry(words: str, anchor: str) -> None:
    entry = called(standard(), words)
    assert entry is not None
    assert entry.id == anchor


def test_a_name_that_nothing_has_finds_nothing() -> None:
    assert called(standard(), "hovercraft") is None
    assert matching(standard(), "hovercraft") == []


def test_words_inside_find_what_they_are_in_and_names_come_first() -> None:
    found = [entry.id for entry in matching(standard(), "runbook")]
    assert found[0] == "check-runbook"
    assert "mode-readiness" in [entry.id for entry in matching(standard(), "800 ms")]
