"""Fund pages: what a fund holds and has left, by stage and by initiative, for those who see all."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from gates.services.money import withdraw
from initiatives.models import Fund
from portfolio.funds import by_initiative, by_stage, holding
from tests.factories import NOW, make_fund, make_initiative, make_passed, make_rollout, make_tranche

pytestmark = pytest.mark.django_db

FORM = {
    "name": "AI transition fund",
    "purpose": "",
    "amount": "1,250,000.00",
    "currency": "usd",
    "opens": "2026-01-01",
    "closes": "",
}


@pytest.fixture
def fund(hannah: User) -> Fund:
    return make_fund(by=hannah, amount="500000.00")


def test_a_fund_tells_what_was_asked_approved_released_and_is_left(
    fund: Fund, maya: User, lena: User, reviewers: list[User], hannah: User, peter: User
) -> None:
    rollout = make_rollout(make_initiative(owner=maya, by=hannah), by=hannah)
    first = rollout.initiative
    make_tranche(first, by=maya, fund=fund, approved_by=peter, amount="100.00")
    make_tranche(first, by=maya, stage="limited", fund=fund, approved_by=peter, amount="50.25")
    make_tranche(first, by=maya, stage="scaled", fund=fund, amount="7.00")
    gone = make_tranche(first, by=maya, stage="scaled", fund=fund, amount="900.00")
    withdraw(tranche=gone, by=maya, at=NOW)
    make_passed(rollout, gates=1, owner=maya, verifier=lena, reviewers=reviewers, decider=hannah)
    make_tranche(make_initiative(owner=maya), by=maya, fund=fund, amount="200.00")
    found = holding(fund.pk)
    assert found.sums.requested == Decimal("357.25")
    assert found.sums.approved == Decimal("150.25")
    assert found.sums.released == Decimal("100.00")
    assert found.left == Decimal("499849.75")
    assert [(name, sums.requested) for name, sums in by_stage(fund)] == [
        ("Production-first pilot", Decimal("300.00")),
        ("Limited production", Decimal("50.25")),
        ("Scaled production", Decimal("7.00")),
    ]
    requested = [row["sum_requested"] for row in by_initiative(fund)]
    assert requested == [Decimal("200.00"), Decimal("157.25")]


def test_a_fund_is_set_up_and_changed_by_the_program_office(
    hannah: User, carol: User, client: Client
) -> None:
    client.force_login(carol)
    assert client.post(reverse("portfolio:fund_add"), FORM).status_code == 403
    client.force_login(hannah)
    assert client.post(reverse("portfolio:fund_add"), FORM).status_code == 302
    fund = Fund.objects.get()
    assert (fund.amount, fund.currency) == (Decimal("1250000.00"), "USD")
    edit = reverse("portfolio:fund_edit", args=[fund.pk])
    assert client.post(edit, {**FORM, "amount": "2,000,000.00"}).status_code == 302
    shown = client.get(reverse("portfolio:fund", args=[fund.pk])).content.decode()
    assert "2,000,000.00" in shown
    assert "Nobody has asked for any of it." in shown


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": "0"}, "Give “Amount” as more than nothing."),
        ({"amount": "12.345"}, "Give “Amount” as an amount such as 12,500.00."),
        ({"currency": "US1"}, "Give “Currency” as three letters, such as USD."),
        ({"closes": "2025-12-31"}, "Give “Until” as a day after “From”."),
        ({"name": "Taken"}, "Give “Name” a name that no other fund has."),
    ],
)
def test_a_fund_that_cannot_be_is_refused_with_its_field(
    changes: dict[str, str], says: str, hannah: User, client: Client
) -> None:
    make_fund(by=hannah, name="Taken")
    client.force_login(hannah)
    answer = client.post(reverse("portfolio:fund_add"), {**FORM, **changes})
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_a_fund_costs_the_same_for_one_initiative_and_for_many(
    fund: Fund, maya: User, hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    costs: list[int] = []
    for more in (1, 9):
        for _number in range(more):
            ask: dict[str, Any] = {"by": maya, "fund": fund, "amount": "10.00"}
            make_tranche(make_initiative(owner=maya), **ask)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("portfolio:fund", args=[fund.pk])).status_code == 200
        costs.append(len(captured))
    assert costs[1] <= costs[0]
    assert costs[1] <= 12
