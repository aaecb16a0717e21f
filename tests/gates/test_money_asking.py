"""What the money pages say before anything is done: withdrawing, approving twice, asking much."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import Rollout
from initiatives.models import Fund

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(rollout: Rollout) -> Callable[..., str]:
    reference = rollout.initiative.reference
    return lambda name="money", *args: reverse(f"gates:{name}", args=[reference, *args])


def test_approved_money_is_withdrawn_only_on_a_page_that_names_it(
    approved: Any, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    withdrawing = page("withdraw_money", approved.pk)
    assert f'<a class="btn small" href="{withdrawing}"' in client.get(page()).content.decode()
    asked = client.get(withdrawing).content.decode()
    assert "Withdraw USD\N{NO-BREAK SPACE}80,000.00" in asked
    assert "the go at Gate 0 will not release it" in asked
    approved.refresh_from_db()
    assert approved.withdrawn_at is None
    client.post(withdrawing)
    approved.refresh_from_db()
    assert approved.withdrawn_at is not None


def test_the_page_to_approve_what_is_approved_shows_it_and_no_form(
    approved: Any, page: Callable[..., str], peter: User, client: Client
) -> None:
    client.force_login(peter)
    shown = client.get(page("approve_money", approved.pk)).content.decode()
    assert "is approved</h1>" in shown
    assert 'name="amount"' not in shown


def test_more_than_the_fund_holds_in_all_is_not_asked_for(
    approved: Any, fund: Fund, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    shown = client.get(page("ask_for_money")).content.decode()
    left = f"USD\N{NO-BREAK SPACE}{fund.amount - Decimal('80000'):,.2f} left"
    assert left in shown.replace("USD ", "USD\N{NO-BREAK SPACE}")
    form = {"stage": "pilot", "amount": f"{fund.amount + 1}", "paid_from": f"fund-{fund.pk}"}
    refused = client.post(page("ask_for_money"), form)
    assert refused.status_code == 422
    assert "in all and has" in refused.content.decode()
