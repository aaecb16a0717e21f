"""Money asked for at the same moment: a fund is never overdrawn, and what is released stands."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from gates.models import Decision, Release
from gates.services import money
from initiatives.errors import Refused
from initiatives.models import Tranche
from initiatives.money import approve_tranche, approved_from
from tests.factories import (
    NOW,
    make_fund,
    make_initiative,
    make_passed,
    make_rollout,
    make_tranche,
)
from tests.together import Meeting, at_once

pytestmark = pytest.mark.django_db(transaction=True)

TRIALS = 4


def sql(statement: str, *params: object) -> Callable[[], object]:
    def run() -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.rowcount

    return run


def test_two_approvals_at_once_never_overdraw_a_fund(maya: User, hannah: User, peter: User) -> None:
    for _trial in range(TRIALS):
        fund = make_fund(by=hannah, amount="100.00")
        asked = [
            make_tranche(make_initiative(owner=maya), by=maya, fund=fund, amount="60.00")
            for _number in range(3)
        ]
        results = at_once(
            [
                lambda each=each: approve_tranche(  # type: ignore[misc]
                    tranche=each, amount=Decimal("60.00"), by=peter, at=NOW
                )
                for each in asked
            ]
        )
        assert sum(isinstance(result, Refused) for result in results) == 2
        assert approved_from(fund) == Decimal("60.00")


def test_raw_sql_does_not_overdraw_it_either(maya: User, hannah: User, peter: User) -> None:
    for _trial in range(TRIALS):
        fund = make_fund(by=hannah, amount="100.00")
        asked = [
            make_tranche(make_initiative(owner=maya), by=maya, fund=fund, amount="60.00")
            for _number in range(2)
        ]
        statement = """UPDATE initiatives_tranche
                       SET approved = 60, approved_by_id = %s, approved_at = now() WHERE id = %s"""
        results = at_once([sql(statement, peter.pk, each.pk) for each in asked])
        assert sum(isinstance(result, DatabaseError) for result in results) == 1
        assert approved_from(fund) == Decimal("60.00")


def test_two_returns_at_once_freeze_money_of_two_funds_without_waiting_for_each_other(
    maya: User, hannah: User, peter: User
) -> None:
    funds = [make_fund(by=hannah, name=name) for name in ("Transition", "Renewal")]
    marks = ("frozen_at = now()", "frozen_at = NULL", "withdrawn_at = now()")
    crossed = []
    for order in (funds, funds[::-1]):
        initiative = make_initiative(owner=maya)
        crossed.append(
            [
                make_tranche(initiative, by=maya, fund=fund, approved_by=peter, amount="5.00").pk
                for fund in order
            ]
        )
    for mark in marks:
        halfway = Meeting(parties=2)

        def mark_both(tranches: list[int], mark: str = mark, halfway: Meeting = halfway) -> None:
            with transaction.atomic():
                for number, pk in enumerate(tranches):
                    sql(f"UPDATE initiatives_tranche SET {mark} WHERE id = %s", pk)()
                    if number == 0:
                        halfway.wait()

        results = at_once([lambda each=each: mark_both(each) for each in crossed])  # type: ignore[misc]
        assert results == [None, None]


def test_a_release_beside_a_withdrawal_is_one_or_the_other(
    maya: User, carol: User, hannah: User, peter: User, lena: User, reviewers: list[User]
) -> None:
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol), by=hannah)
    make_passed(rollout, gates=1, owner=maya, verifier=lena, reviewers=reviewers, decider=carol)
    decision = Decision.objects.get()
    statement = """INSERT INTO gates_release
                   (tranche_id, decision_id, amount, released_by_id, released_at)
                   VALUES (%s, %s, 5, %s, %s)"""
    withdraw = "UPDATE initiatives_tranche SET withdrawn_at = now() WHERE id = %s"
    for by_service in (True, False) * TRIALS:
        tranche = make_tranche(rollout.initiative, by=maya, approved_by=peter, amount="5.00")
        acts = (
            [
                lambda t=tranche: money.release(tranche=t, by=hannah, at=NOW),  # type: ignore[misc]
                lambda t=tranche: money.withdraw(tranche=t, by=maya, at=NOW),  # type: ignore[misc]
            ]
            if by_service
            else [
                sql(statement, tranche.pk, decision.pk, hannah.pk, NOW),
                sql(withdraw, tranche.pk),
            ]
        )
        results = at_once(acts)
        assert sum(isinstance(result, Refused | DatabaseError) for result in results) == 1
        withdrawn = Tranche.objects.get(pk=tranche.pk).withdrawn_at is not None
        assert Release.objects.filter(tranche=tranche).exists() is not withdrawn
