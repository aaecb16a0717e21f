"""Promises that the database keeps by itself, found by introspection rather than listed."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import CheckConstraint, Model, Q

from accounts.models import User
from audit.models import REFUSAL as NEVER_CHANGED
from audit.models import Event
from config.env import BASE_DIR
from gates.models import Decision
from tests.factories import NOW, make_decision, make_initiative, make_rollout

OUR_MODELS = [
    model
    for model in apps.get_models()
    if Path(apps.get_app_config(model._meta.app_label).path).parent == BASE_DIR
    and not model._meta.proxy
]


def _pairs() -> Iterator[tuple[type[Model], str]]:
    """Each model with the stem of two nullable fields that say when something was done, and who
    did it."""
    for model in OUR_MODELS:
        fields = {field.name: field for field in model._meta.concrete_fields}
        for name in fields:
            stem = name.removesuffix("_at")
            by = fields.get(f"{stem}_by")
            if stem != name and by is not None and fields[name].null and by.null:
                yield model, stem


PAIRS = list(_pairs())


def named(condition: Q) -> set[str]:
    """The fields that a condition speaks of, when it says nothing but which of them are empty."""
    names: set[str] = set()
    children: list[Any] = condition.children
    for child in children:
        names |= named(child) if isinstance(child, Q) else {child[0].removesuffix("__isnull")}
    return names


def holds(condition: Q, empty: Mapping[str, bool]) -> bool:
    children: list[Any] = condition.children
    answers = [
        holds(child, empty)
        if isinstance(child, Q)
        else empty[child[0].removesuffix("__isnull")] == child[1]
        for child in children
    ]
    return (any if condition.connector == Q.OR else all)(answers) != condition.negated


def refuses_one_half(condition: Q, stem: str) -> bool:
    """Whether no row passes in which just one of the two fields is empty, whatever the others."""
    at, by = f"{stem}_at", f"{stem}_by"
    fields = sorted(named(condition))
    if not {at, by} <= set(fields) or any("__" in name for name in fields):
        return False
    rows = [
        dict(zip(fields, row, strict=True)) for row in product([True, False], repeat=len(fields))
    ]
    return not any(holds(condition, row) for row in rows if row[at] != row[by])


def test_there_are_pairs_to_look_at() -> None:
    assert {f"{model.__name__}.{stem}" for model, stem in PAIRS} >= {
        "Review.submitted",
        "Evidence.verified",
        "Condition.closed",
    }


@pytest.mark.parametrize(("model", "stem"), PAIRS, ids=lambda part: getattr(part, "__name__", part))
def test_when_and_who_come_together(model: type[Model], stem: str) -> None:
    """Neither a date without a person nor a person without a date can be stored."""
    conditions = [
        constraint.condition
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q)
    ]
    assert any(refuses_one_half(condition, stem) for condition in conditions), (
        f"{model.__name__} needs a CheckConstraint that pairs {stem}_at and {stem}_by"
    )


def refused(statement: str) -> str:
    """What the database says against the statement; fails when it says nothing."""
    with (
        pytest.raises(DatabaseError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(error.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET summary = 'nothing happened'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "TRUNCATE audit_event CASCADE",
    ],
)
def test_the_audit_trail_refuses(statement: str) -> None:
    make_initiative()
    before = list(Event.objects.values())
    assert before
    assert NEVER_CHANGED in refused(statement)
    assert list(Event.objects.values()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gates_decision SET reason = 'I was never asked'",
        "DELETE FROM gates_decision",
        "DELETE FROM gates_decision WHERE id IN (SELECT moved_by_id FROM gates_rollout)",
    ],
)
def test_a_decision_stands(statement: str, maya: User, hannah: User) -> None:
    make_decision(make_rollout(owner=maya), "stop", by=hannah)
    before = Decision.objects.values().get()
    assert "Cannot" in refused(statement)
    assert Decision.objects.values().get() == before


@pytest.mark.django_db
@pytest.mark.parametrize("stage", ["pilot", "steady", "stopped"])
def test_a_stage_moves_by_nothing_but_its_record(stage: str, maya: User) -> None:
    make_rollout(owner=maya, at=NOW)
    said = refused(f"UPDATE gates_rollout SET stage = '{stage}'")
    assert "A stage changes only with its decision or its claim." in said
