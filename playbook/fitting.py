"""What the parts of a playbook must hold together. Each function says what does not fit."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from playbook.parts import Key

if TYPE_CHECKING:
    from playbook.document import Document

STAGE_KEYS = ("intake", "pilot", "readiness", "limited", "scaled", "steady")
MODE_KEYS = (
    "data_quality",
    "integration",
    "resistance",
    "governance",
    "readiness",
    "budget",
    "value",
)


def problems(document: "Document") -> list[str]:
    """Everything that does not fit; empty for a playbook that can be used."""
    return [
        *wrong_shape(document),
        *repeated_keys(document),
        *dangling_keys(document),
    ]


def wrong_shape(document: "Document") -> Iterator[str]:
    """The stages and failure modes are named in the code, so a playbook cannot change them."""
    stages = tuple(stage.key for stage in document.stages)
    if stages != STAGE_KEYS or [s.number for s in document.stages] != [*range(len(STAGE_KEYS))]:
        yield f"stages: must be {', '.join(STAGE_KEYS)}, numbered from 0, in this order"
        return
    ways_out = [(g.number, g.from_stage, g.to_stage) for g in document.gates]
    expected = [(number, *pair) for number, pair in enumerate(pairwise(STAGE_KEYS))]
    if ways_out != expected:
        yield "gates: must lead from each stage to the next, numbered from 0, in this order"
    if tuple(mode.key for mode in document.failure_modes) != MODE_KEYS:
        yield f"failure_modes: must be {', '.join(MODE_KEYS)}, in this order"


def repeated_keys(document: "Document") -> Iterator[str]:
    asked = [
        *(criterion.key for criterion, _gate in document.placed_criteria),
        *(check.key for check in document.checks),
        *(question.key for question in document.questions),
    ]
    kinds: dict[str, Iterable[str]] = {
        "criteria, checks and questions": asked,
        "remits": (remit.key for remit in document.remits),
        "mvp_items": (item.key for item in document.mvp_items),
        "design_areas": (area.key for area in document.design_areas),
        "indicators": (i.key for mode in document.failure_modes for i in mode.indicators),
        "conditions": (condition.key for condition in document.conditions),
        "steady_practices": (practice.key for practice in document.steady_practices),
        "impact_classes": (known.key for known in document.impact_classes),
        "organisation": (principle.key for principle in document.organisation),
        "polite_words": (words.key for words in document.polite_words),
        "references": (reference.key for reference in document.references),
        "terms": (term.key for term in document.terms),
        "reminders": (step.key for step in document.reminders),
        "frameworks": (framework.key for framework in document.frameworks),
        **{
            f"frameworks.{framework.key}": (clause.code for clause in framework.clauses)
            for framework in document.frameworks
        },
    }
    for kind, keys in kinds.items():
        for key, times in Counter(keys).items():
            if times > 1:
                yield f"{kind}: the key {key!r} is used {times} times; make it unique"


def dangling_keys(document: "Document") -> Iterator[str]:
    modes = {mode.key for mode in document.failure_modes}
    remits = {remit.key for remit in document.remits}
    gates = {gate.number for gate in document.gates}
    for place, key in _modes_named(document):
        if key not in modes:
            yield f"{place}: there is no failure mode {key!r}"
    for place, remit in _remits_named(document):
        if remit not in remits:
            yield f"{place}: there is no remit {remit!r}"
    for known in document.impact_classes:
        for addition in known.additions:
            if addition.gate not in gates:
                yield f"impact_classes.{known.key}: there is no gate {addition.gate}"
    yield from _items_missing(document)
    yield from _references_missing(document)
    trap = document.champion_trap
    if (
        trap is not None
        and trap.mode in modes
        and trap.indicator
        not in {indicator.key for indicator in document.mode(trap.mode).indicators}
    ):
        yield f"champion_trap: the failure mode {trap.mode!r} has no indicator {trap.indicator!r}"


def _references_missing(document: "Document") -> Iterator[str]:
    """Published figures that a threshold names and the playbook does not have."""
    published = {reference.key for reference in document.references}
    for mode in document.failure_modes:
        for indicator in mode.indicators:
            for threshold in indicator.thresholds:
                if threshold.reference is not None and threshold.reference not in published:
                    yield (
                        f"{mode.key}.{indicator.key}: there is no reference {threshold.reference!r}"
                    )


def _items_missing(document: "Document") -> Iterator[str]:
    """Items that a framework's clause names and the playbook does not have."""
    kinds: dict[str, Iterable[str]] = {
        "check": (check.key for check in document.checks),
        "question": (question.key for question in document.questions),
        "criterion": (criterion.key for criterion, _gate in document.placed_criteria),
        "mode": (mode.key for mode in document.failure_modes),
    }
    items = {f"{kind}:{key}" for kind, keys in kinds.items() for key in keys}
    for framework in document.frameworks:
        for clause in framework.clauses:
            for item in clause.shown_by:
                if item not in items:
                    yield (
                        f"frameworks.{framework.key}.{clause.code}: there is no {item!r}. Put it "
                        "back, or correct its key"
                    )


def _modes_named(document: "Document") -> Iterator[tuple[str, Key]]:
    for criterion, _gate in document.placed_criteria:
        yield f"criteria.{criterion.key}", criterion.failure_mode
    for check in document.checks:
        yield f"checks.{check.key}", check.failure_mode
    for question in document.questions:
        yield f"questions.{question.key}", question.failure_mode
    for principle in document.organisation:
        yield f"organisation.{principle.key}", principle.failure_mode
    for words in document.polite_words:
        yield f"polite_words.{words.key}", words.likely_mode
    if document.champion_trap is not None:
        yield "champion_trap", document.champion_trap.mode
    for condition in document.conditions:
        for mode in condition.threatens:
            yield f"conditions.{condition.key}", mode


def _remits_named(document: "Document") -> Iterator[tuple[str, Key]]:
    for gate in document.gates:
        for remit in gate.remits:
            yield f"gates.{gate.number}", remit
    for known in document.impact_classes:
        for addition in known.additions:
            for remit in addition.remits:
                yield f"impact_classes.{known.key}", remit
