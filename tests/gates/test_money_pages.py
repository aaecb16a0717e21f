"""The money page: asking, approving, releasing and entering costs, without JavaScript."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from gates.case import case_of
from gates.models import Decision, GatedTranche, Rollout
from initiatives.models import Fund, Initiative
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_tranche,
)

pytestmark = pytest.mark.django_db

People = dict[str, Any]


@pytest.fixture
def page(rollout: Rollout) -> Callable[..., str]:
    reference = rollout.initiative.reference
    return lambda name="money", *args: reverse(f"gates:{name}", args=[reference, *args])


def test_the_page_of_an_initiative_without_money_says_what_to_do(
    page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    shown = client.get(page()).content.decode()
    assert "Nothing is asked for." in shown
    assert "Nobody applies again" in shown


def test_from_request_to_release_over_the_pages(
    rollout: Rollout,
    page: Callable[..., str],
    fund: Fund,
    people: People,
    maya: User,
    hannah: User,
    peter: User,
    client: Client,
) -> None:
    client.force_login(maya)
    form = {"stage": "pilot", "amount": "12,500.50", "paid_from": f"fund-{fund.pk}"}
    assert client.post(page("ask_for_money"), form).status_code == 302
    tranche = GatedTranche.objects.get()
    assert tranche.requested == Decimal("12500.50")
    assert client.get(page("approve_money", tranche.pk)).status_code == 403
    client.force_login(peter)
    approving = page("approve_money", tranche.pk)
    assert client.post(approving, {"amount": "12500.51"}).status_code == 422
    assert client.post(approving, {"amount": "12,000"}).status_code == 302
    releasing = page("release_money", tranche.pk)
    own = client.post(releasing, follow=True).content.decode()
    assert "Whoever asked, approved or owns the initiative does not release it." in own
    client.force_login(hannah)
    early = client.post(releasing, follow=True).content.decode()
    assert "Gate 0 is not passed" in early
    make_ready(rollout, by=maya, verifier=people["verifier"])
    make_sign_offs(make_submitted(rollout, by=maya), people["reviewers"])
    deciding = client.get(page("decide")).content.decode()
    assert "USD\N{NO-BREAK SPACE}12,000.00" in deciding
    make_decision(rollout, by=hannah)
    assert "Released" in client.get(page()).content.decode()
    record = client.get(page("decision", Decision.objects.get().pk)).content.decode()
    assert "USD\N{NO-BREAK SPACE}12,000.00 for production-first pilot" in record


def test_an_amount_that_cannot_be_read_names_its_field_and_keeps_what_was_typed(
    page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    form = {"stage": "pilot", "amount": "12.500,50", "paid_from": "operating", "currency": "usd"}
    answer = client.post(page("ask_for_money"), form)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Give “Amount” as an amount such as 12,500.00." in shown
    assert 'value="12.500,50"' in shown


@pytest.mark.seed("S-063")
def test_innovation_money_for_production_is_flagged_and_told_to_its_failure_mode(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    make_tranche(rollout.initiative, by=maya, stage="pilot", budget="innovation")
    client.force_login(maya)
    assert "Innovation money pays for production" not in client.get(page()).content.decode()
    make_tranche(rollout.initiative, by=maya, stage="limited", budget="innovation")
    assert "Innovation money pays for production" in client.get(page()).content.decode()
    figures = case_of(rollout, at=NOW).facts.figures
    assert figures["budget"]["budget_kind"] == "innovation budget"


PASTED = """Month;Kind;Planned;Actual
2026-09;talent;12,000.00;12,500.25
2026-10;Infrastructure;900;

2026-10;operations;;40.5
"""


def test_costs_are_pasted_as_lines(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    form = {"part": "pasted", "paste-currency": "USD", "paste-pasted": PASTED}
    assert client.post(page("costs"), form).status_code == 302
    kept = rollout.initiative.costs.values_list("month__month", "kind", "planned", "actual")
    assert set(kept) == {
        (9, "talent", Decimal("12000.00"), Decimal("12500.25")),
        (10, "infrastructure", Decimal("900.00"), None),
        (10, "operations", None, Decimal("40.50")),
    }
    shown = client.get(page()).content.decode()
    assert "+500.25" in shown


def test_pasted_lines_are_kept_all_or_none_and_each_fault_is_named(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    lines = "2026-09,talent,10,11\n2026-13,talent,1,1\n2026-10,tea,1,1\n2026-10,talent,1.234,1\n"
    form = {"part": "pasted", "paste-currency": "USD", "paste-pasted": lines}
    answer = client.post(page("costs"), form)
    assert answer.status_code == 422
    shown = answer.content.decode()
    for fault in ("Line 2: give the month", "Line 3: the kind is", "Line 4: “1.234” is no amount"):
        assert fault in shown
    assert "2026-13,talent,1,1" in shown
    assert not rollout.initiative.costs.exists()


def test_costs_are_entered_in_a_table(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    form = {"part": "table", "currency": "USD", "actual-2026-09-talent": "1,000.10"}
    url = page("costs") + "?from=2026-08"
    assert client.post(url, form).status_code == 302
    assert rollout.initiative.costs.get().actual == Decimal("1000.10")
    assert 'value="1,000.10"' in client.get(url).content.decode()


def test_the_burn_counts_from_the_month_of_the_claim(
    maya: User, hannah: User, client: Client
) -> None:
    initiative: Initiative = make_initiative(owner=maya, by=hannah)
    make_rollout(initiative, stage="scaled", by=hannah)  # claimed on 16 November 2026
    client.force_login(maya)
    lines = "2026-10,talent,,100\n2026-11,talent,,200.25\n2026-12,talent,,50\n"
    form = {"part": "pasted", "paste-currency": "USD", "paste-pasted": lines}
    client.post(reverse("gates:costs", args=[initiative.reference]), form)
    shown = client.get(reverse("gates:money", args=[initiative.reference])).content.decode()
    assert "Burnt as an extended pilot" in shown
    assert "USD <b>250.25</b>" in shown


def test_the_page_costs_the_same_for_one_tranche_and_for_many(
    rollout: Rollout, page: Callable[..., str], maya: User, peter: User, client: Client
) -> None:
    client.force_login(maya)
    costs: list[int] = []
    for more in (1, 6):
        for _number in range(more):
            make_tranche(rollout.initiative, by=maya, stage="limited", approved_by=peter)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page()).status_code == 200
        costs.append(len(captured))
    assert costs[1] <= costs[0]
    assert costs[1] <= 16
