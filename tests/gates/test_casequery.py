"""The query that reads a rollout's facts is planned once a connection, and reads what it should."""

from typing import Any

import pytest
from django.contrib.postgres.signals import get_citext_oids, get_hstore_oids
from django.db import connection, transaction

from accounts.models import User
from gates.case import case_of, cases_of, each_case
from gates.models import Rollout
from tests.factories import NOW, make_initiative, make_passed, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollouts(maya: User, lena: User, peter: User, reviewers: list[User]) -> list[Rollout]:
    people: dict[str, Any] = {"verifier": lena, "reviewers": reviewers, "decider": peter}
    named = [make_initiative(owner=maya, name=name) for name in ("100 % of letters", "Claims")]
    first, second = [make_rollout(each, by=maya) for each in named]
    return [make_passed(first, gates=1, owner=maya, **people), second]


def prepared() -> list[tuple[int, int]]:
    """The statements that this connection keeps: how often planned for one use, and for all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%gates_rollout%'"
        )
        return [(custom, generic) for custom, generic in cursor.fetchall()]


def test_it_is_planned_once_for_every_case(rollouts: list[Rollout]) -> None:
    for rollout in rollouts * 3:
        case_of(rollout, at=NOW)
    plans = prepared()
    assert plans
    assert {custom for custom, _generic in plans} == {0}
    assert max(generic for _custom, generic in plans) >= 6


def test_it_reads_what_a_query_of_its_own_reads(rollouts: list[Rollout]) -> None:
    together = cases_of([rollout.pk for rollout in rollouts], at=NOW)
    apart = {rollout.pk: case_of(rollout, at=NOW) for rollout in rollouts}
    unprepared = {row.pk: case for row, case in each_case(Rollout.objects.all(), at=NOW)}
    assert together == apart == unprepared
    assert {case.digest for case in together.values()} == {
        case.digest for case in unprepared.values()
    }
    assert cases_of([], at=NOW) == {}


def test_no_other_statement_is_kept_for_it(rollouts: list[Rollout]) -> None:
    case_of(rollouts[0], at=NOW)
    before = len(prepared())
    for number in range(20):
        Rollout.objects.filter(pk__in=range(number)).count()
    assert len(prepared()) == before
    raw = connection.connection
    assert raw is not None
    assert raw.prepare_threshold is None


@pytest.mark.django_db(transaction=True)
def test_the_first_query_of_a_connection_may_be_it(rollouts: list[Rollout]) -> None:
    get_hstore_oids.cache_clear()
    get_citext_oids.cache_clear()
    connection.close()
    assert set(cases_of([rollouts[0].pk], at=NOW)) == {rollouts[0].pk}


def test_it_is_prepared_anew_after_a_rollback(rollouts: list[Rollout]) -> None:
    before = case_of(rollouts[0], at=NOW)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert case_of(rollouts[0], at=NOW) == before
    assert prepared()
