"""What the database itself refuses, whoever asks and by whatever path."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import User
from gates.models import Claim, Decision, Rollout
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_passed,
    make_rollout,
)

pytestmark = pytest.mark.django_db


def through(rollout: Rollout, gates: int, people: "dict[str, object]") -> Rollout:
    return make_passed(rollout, gates=gates, **people)  # type: ignore[arg-type]


def refused_by_the_database(sql: str, params: list[object]) -> str:
    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)
    return str(refused.value)


def test_a_raw_update_of_the_stage_is_refused_without_a_decision(rollout: Rollout) -> None:
    sql = "UPDATE gates_rollout SET stage = 'steady' WHERE id = %s"
    assert "only with its decision" in refused_by_the_database(sql, [rollout.pk])


def test_a_decision_moves_its_rollout_once(rollout: Rollout, people: dict[str, object]) -> None:
    through(rollout, 2, people)
    first = Decision.objects.order_by("pk")[0]
    sql = "UPDATE gates_rollout SET stage = 'pilot', moved_by_id = %s WHERE id = %s"
    assert "only with its decision" in refused_by_the_database(sql, [first.pk, rollout.pk])


def test_a_rollout_is_not_inserted_beyond_intake_without_a_claim(rollout: Rollout) -> None:
    make_decision_stop = "DELETE FROM gates_standing WHERE rollout_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(make_decision_stop, [rollout.pk])
    sql = """INSERT INTO gates_rollout (initiative_id, playbook_id, stage, stage_entered_at,
             started_at) SELECT initiative_id, playbook_id, 'stopped', now(), now()
             FROM gates_rollout WHERE id = %s"""
    assert "starts at intake" in refused_by_the_database(sql, [rollout.pk])
    assert not Claim.objects.exists()


def test_a_spent_go_moves_nothing_again(
    rollout: Rollout, people: dict[str, object], carol: User
) -> None:
    rollout = through(rollout, 1, people)
    spent = rollout.moved_by_id
    make_decision(rollout, "return", by=carol, return_to="intake")
    sql = "UPDATE gates_rollout SET stage = 'pilot', moved_by_id = %s WHERE id = %s"
    assert "only with its decision" in refused_by_the_database(sql, [spent, rollout.pk])


def test_no_claim_moves_a_rollout_that_gates_have_moved(
    rollout: Rollout, people: dict[str, object], hannah: User
) -> None:
    rollout = through(rollout, 1, people)
    claim = Claim.objects.create(
        initiative=rollout.initiative,
        stage="steady",
        source="late.csv",
        row=2,
        made_by=hannah,
        made_at=NOW,
    )
    sql = """UPDATE gates_rollout SET stage = 'steady', claim_id = %s, moved_by_id = NULL
             WHERE id = %s"""
    assert "only with its decision" in refused_by_the_database(sql, [claim.pk, rollout.pk])


def test_a_decision_is_not_made_on_the_review_of_another_rollout(
    rollout: Rollout, people: dict[str, object], maya: User, carol: User
) -> None:
    through(rollout, 1, people)
    other = make_rollout(make_initiative(owner=maya, sponsor=carol))
    sql = """INSERT INTO gates_decision (rollout_id, review_id, gate, outcome, from_stage,
             to_stage, decided_by_id, decided_at, owner_id, submitted_by_id, reason, cause, facts,
             digest) SELECT %s, review_id, gate, outcome, from_stage, to_stage, decided_by_id,
             decided_at, owner_id, submitted_by_id, reason, cause, facts, digest
             FROM gates_decision WHERE rollout_id = %s"""
    assert "submitted review of its own" in refused_by_the_database(sql, [other.pk, rollout.pk])


def test_a_passage_that_is_void_stays_void(
    rollout: Rollout, people: dict[str, object], carol: User
) -> None:
    rollout = through(rollout, 1, people)
    make_decision(rollout, "return", by=carol, return_to="intake")
    with (
        pytest.raises(ProgrammingError, match="Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE gates_passage SET void_since = NULL, voided_by_id = NULL")


@pytest.mark.parametrize("outcome", ["lapse", "hold", "revive", "revoke", "return"])
def test_nothing_but_a_go_leads_forward(outcome: str, rollout: Rollout) -> None:
    sql = """INSERT INTO gates_decision (rollout_id, outcome, from_stage, to_stage, decided_at,
             reason, cause, facts, digest)
             VALUES (%s, %s, 'intake', 'steady', now(), 'Because', '', '{}', '')"""
    assert "Only a go leads forward" in refused_by_the_database(sql, [rollout.pk, outcome])


def test_a_gate_is_passed_by_nothing_but_its_go(
    rollout: Rollout, people: dict[str, object], carol: User
) -> None:
    rollout = through(rollout, 1, people)
    back = make_decision(rollout, "return", by=carol, return_to="intake")
    sql = "INSERT INTO gates_passage (rollout_id, gate, decision_id) VALUES (%s, 3, %s)"
    assert "by a go of its own" in refused_by_the_database(sql, [rollout.pk, back.pk])
