"""No path leads to a release but its gate's decision: raw SQL, the ORM, deletion, an admin."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import RestrictedError

from accounts.models import User
from gates.models import Decision, Passage, Release, Rollout
from gates.services import money
from initiatives.bulk import remove_many
from initiatives.models import Tranche
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_submitted,
    make_tranche,
)

pytestmark = pytest.mark.django_db

People = dict[str, Any]


def released(tranche: Tranche) -> bool:
    return Release.objects.filter(tranche=tranche).exists()


INSERT = """INSERT INTO gates_release (tranche_id, decision_id, amount, released_by_id, released_at)
            VALUES (%s, %s, %s, %s, %s)"""


def refused(sql: str, *params: object) -> str:
    with (
        pytest.raises(DatabaseError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing pending stands before it
        cursor.execute(sql, params)
    return str(error.value)


def insert(tranche: Tranche, decision: int | None, by: User, **changes: object) -> str:
    row = {"amount": tranche.amount, "at": NOW, **changes}
    return refused(INSERT, tranche.pk, decision, row["amount"], by.pk, row["at"])


ONLY = "Money is released only by the decision at the gate into its stage."


def test_raw_sql_releases_what_its_decision_would(late: Tranche, hannah: User) -> None:
    """The statement that the refusals below vary."""
    decision = Decision.objects.get(gate=0)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [late.pk, decision.pk, late.approved, hannah.pk, NOW])
    assert released(late)


def test_raw_sql_needs_a_decision(late: Tranche, hannah: User) -> None:
    assert ONLY in insert(late, None, hannah)
    assert ONLY in insert(late, 999_999, hannah)


def test_raw_sql_needs_the_decision_of_this_initiative(
    late: Tranche, people: People, maya: User, carol: User, hannah: User
) -> None:
    other = make_rollout(make_initiative(owner=maya, sponsor=carol))
    make_passed(other, gates=1, **people)
    decision = Decision.objects.get(rollout=other)
    assert ONLY in insert(late, decision.pk, hannah)


def test_raw_sql_needs_the_decision_of_the_gate_into_the_stage(
    rollout: Rollout, late: Tranche, maya: User, peter: User, hannah: User
) -> None:
    ahead = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    assert ONLY in insert(ahead, Decision.objects.get(gate=0).pk, hannah)


def test_raw_sql_needs_a_go(
    rollout: Rollout, approved: Tranche, maya: User, lena: User, carol: User, hannah: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_submitted(rollout, by=maya)
    hold = make_decision(rollout, "hold", by=carol, hold_until=NOW.date() + timedelta(days=9))
    assert ONLY in insert(approved, hold.pk, hannah)
    # Nor is a passage forged from that hold.
    with pytest.raises(IntegrityError, match="by a go of its own"), transaction.atomic():
        Passage.objects.create(rollout=rollout, gate=0, decision=hold)


def test_raw_sql_needs_a_passage_that_counts(
    rollout: Rollout, late: Tranche, carol: User, hannah: User
) -> None:
    go = Decision.objects.get(gate=0)
    make_decision(rollout, "return", by=carol, return_to="intake")
    Tranche.objects.filter(pk=late.pk).update(frozen_at=None)
    assert ONLY in insert(late, go.pk, hannah)
    # And a void passage is not taken away to be brought back as a standing one.
    assert "Cannot delete" in refused("DELETE FROM gates_passage")
    assert "Cannot update" in refused(
        "UPDATE gates_passage SET void_since = NULL, voided_by_id = NULL"
    )


def test_raw_sql_needs_a_rollout_that_is_live(
    rollout: Rollout, late: Tranche, carol: User, hannah: User
) -> None:
    make_decision(rollout, "stop", by=carol)
    Tranche.objects.filter(pk=late.pk).update(withdrawn_at=None)
    assert ONLY in insert(late, Decision.objects.get(gate=0, outcome="go").pk, hannah)


@pytest.mark.parametrize("amount", ["79999.99", "80000.01", "0", "-80000"])
def test_raw_sql_needs_the_approved_amount(amount: str, late: Tranche, hannah: User) -> None:
    decision = Decision.objects.get(gate=0).pk
    assert ONLY in insert(late, decision, hannah, amount=Decimal(amount))


def test_raw_sql_needs_a_release_after_its_decision(late: Tranche, hannah: User) -> None:
    decision = Decision.objects.get(gate=0).pk
    assert ONLY in insert(late, decision, hannah, at=NOW - timedelta(seconds=1))


def test_raw_sql_needs_somebody_with_no_part_in_the_money(
    late: Tranche, maya: User, peter: User, carol: User, hannah: User
) -> None:
    decision = Decision.objects.get(gate=0).pk
    for by in (maya, peter):  # who owns it and asked, and who approved
        assert ONLY in insert(late, decision, by)
        assert ONLY in insert(late, decision, by, at=NOW + timedelta(days=1))


def test_raw_sql_does_not_pass_off_later_money_as_released_by_the_go(
    rollout: Rollout, people: People, maya: User, carol: User
) -> None:
    make_passed(rollout, gates=1, **people)
    later = make_tranche(
        rollout.initiative, by=maya, approved_by=carol, at=NOW + timedelta(seconds=1)
    )
    assert ONLY in insert(later, Decision.objects.get(gate=0).pk, carol)


def test_raw_sql_needs_the_stage_that_the_rollout_is_in(
    rollout: Rollout, people: People, maya: User, peter: User, hannah: User
) -> None:
    make_passed(rollout, gates=4, **people)
    old = make_tranche(rollout.initiative, by=maya, approved_by=peter)
    for gate in range(4):
        decision = Decision.objects.get(gate=gate).pk
        assert ONLY in insert(old, decision, hannah, at=NOW + timedelta(days=300))


@pytest.mark.parametrize("state", ["frozen_at", "withdrawn_at"])
def test_raw_sql_needs_a_tranche_that_is_neither_frozen_nor_withdrawn(
    state: str, late: Tranche, hannah: User
) -> None:
    Tranche.objects.filter(pk=late.pk).update(**{state: NOW})
    assert ONLY in insert(late, Decision.objects.get(gate=0).pk, hannah)


def test_raw_sql_needs_an_approved_tranche(
    rollout: Rollout, late: Tranche, maya: User, hannah: User
) -> None:
    unapproved = make_tranche(rollout.initiative, by=maya)
    decision = Decision.objects.get(gate=0).pk
    assert ONLY in insert(unapproved, decision, hannah)
    assert ONLY in insert(late, decision, hannah, amount=None)


def test_the_orm_releases_nothing_more_than_raw_sql(approved: Tranche, hannah: User) -> None:
    row = Release(tranche=approved, amount=approved.approved, released_by=hannah, released_at=NOW)
    for write in (row.save, lambda: Release.objects.bulk_create([row])):
        with pytest.raises(DatabaseError, match="only by the decision"), transaction.atomic():
            write()  # type: ignore[operator]
    assert not released(approved)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gates_release SET amount = amount - 1",
        "UPDATE gates_release SET tranche_id = tranche_id + 1",
        "UPDATE gates_release SET decision_id = decision_id",
        "DELETE FROM gates_release",
        "TRUNCATE gates_release",
        "TRUNCATE gates_decision CASCADE",
        "TRUNCATE initiatives_tranche CASCADE",
        "TRUNCATE initiatives_initiative CASCADE",
    ],
)
def test_a_release_is_never_changed_or_taken_away(
    statement: str, late: Tranche, hannah: User
) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    before = Release.objects.values().get()
    assert "never changed, deleted or truncated" in refused(statement)
    assert Release.objects.values().get() == before


@pytest.mark.parametrize(
    "change",
    [
        "approved = approved - 1",
        "requested = requested + 1",
        "stage = 'steady'",
        "budget = 'innovation'",
        "withdrawn_at = now()",
        "frozen_at = now()",
        "purpose = 'something else'",
    ],
)
def test_a_released_tranche_stands(change: str, late: Tranche, hannah: User) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    assert "nothing about it changes" in refused(f"UPDATE initiatives_tranche SET {change}")


def test_a_released_tranche_is_not_deleted(late: Tranche, hannah: User) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    assert "nothing about it changes" in refused("DELETE FROM initiatives_tranche")
    with pytest.raises(RestrictedError):
        Tranche.objects.get(pk=late.pk).delete()


def test_an_initiative_whose_gates_were_never_decided_goes_with_its_tranches(
    rollout: Rollout, approved: Tranche
) -> None:
    remove_many(initiatives=[rollout.initiative], units=[])
    assert not Tranche.objects.exists()


def test_nothing_but_its_row_says_that_a_tranche_is_released() -> None:
    assert not [f.name for f in Tranche._meta.concrete_fields if "release" in f.name]


def test_no_admin_reaches_past_the_services() -> None:
    assert not apps.is_installed("django.contrib.admin")
