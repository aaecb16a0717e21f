"""Funds, tranches and costs: what may be asked, approved and entered, and by whom."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from audit.models import Event
from initiatives.errors import NotAllowed, Refused
from initiatives.facts import BUDGETS
from initiatives.models import Cost, Fund, Initiative, Tranche
from initiatives.money import (
    MonthlyCost,
    approve_tranche,
    change_fund,
    currency_of,
    enter_costs,
    request_tranche,
)
from playbook.loading import standard
from tests.factories import NOW, make_fund, make_initiative, make_tranche

pytestmark = pytest.mark.django_db


@pytest.fixture
def initiative(maya: User, carol: User, hannah: User) -> Initiative:
    return make_initiative(owner=maya, sponsor=carol, by=hannah)


@pytest.fixture
def fund(hannah: User) -> Fund:
    return make_fund(by=hannah, amount="100000.00")


def asked(initiative: Initiative, by: User, **changes: object) -> Tranche:
    fields: dict[str, object] = {
        "stage": "limited",
        "stage_name": "Limited production",
        "budget": "operating",
        "fund": None,
        "amount": Decimal("5000.00"),
        "currency": "USD",
        "purpose": "",
    }
    return request_tranche(initiative=initiative, by=by, at=NOW, **{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.seed("S-129")
def test_a_standing_fund_pays_for_the_pilot_and_for_production(
    initiative: Initiative, fund: Fund, maya: User, carol: User
) -> None:
    for stage in ("pilot", "limited", "scaled"):
        make_tranche(initiative, by=maya, stage=stage, fund=fund, approved_by=carol, amount="9.50")
    assert [t.stage for t in fund.tranches.all()] == ["pilot", "limited", "scaled"]


def test_whoever_asked_does_not_approve(initiative: Initiative, hannah: User) -> None:
    tranche = make_tranche(initiative, by=hannah)
    with pytest.raises(NotAllowed):
        approve_tranche(tranche=tranche, amount=Decimal(1), by=hannah, at=NOW)


@pytest.mark.parametrize("who", ["maya", "devin", "aiko", "ada"])
def test_only_program_office_and_sponsor_approve(
    who: str, initiative: Initiative, hannah: User, request: pytest.FixtureRequest
) -> None:
    tranche = make_tranche(initiative, by=hannah)
    with pytest.raises(NotAllowed):
        approve_tranche(tranche=tranche, amount=Decimal(1), by=request.getfixturevalue(who), at=NOW)


def test_an_owner_of_the_program_office_does_not_approve_for_themselves(
    peter: User, devin: User
) -> None:
    tranche = make_tranche(make_initiative(owner=peter), by=devin)
    with pytest.raises(NotAllowed):
        approve_tranche(tranche=tranche, amount=Decimal(1), by=peter, at=NOW)


def test_no_more_is_approved_than_was_asked_or_the_fund_has_left(
    initiative: Initiative, fund: Fund, maya: User, hannah: User
) -> None:
    make_tranche(initiative, by=maya, fund=fund, approved_by=hannah, amount="70000.00")
    second = make_tranche(initiative, by=maya, stage="limited", fund=fund, amount="30000.01")
    with pytest.raises(Refused, match=r"at most the USD 30,000\.01"):
        approve_tranche(tranche=second, amount=Decimal("30000.02"), by=hannah, at=NOW)
    with pytest.raises(Refused, match=r"has USD 30,000\.00 left"):
        approve_tranche(tranche=second, amount=Decimal("30000.01"), by=hannah, at=NOW)
    assert approve_tranche(
        tranche=second, amount=Decimal("30000.00"), by=hannah, at=NOW
    ).approved == Decimal("30000.00")


APPROVE = """UPDATE initiatives_tranche SET approved = {}, approved_at = now(),
             approved_by_id = (SELECT created_by_id FROM initiatives_fund) WHERE id = %s"""


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (APPROVE.format("30000.01"), "fund has left"),
        ("UPDATE initiatives_tranche SET currency = 'EUR' WHERE id = %s", "currency of its fund"),
        ("UPDATE initiatives_fund SET amount = 69999 WHERE id > 0 OR id = %s", "at least what"),
        ("UPDATE initiatives_fund SET currency = 'EUR' WHERE id > 0 OR id = %s", "its currency"),
    ],
)
def test_the_database_itself_keeps_a_fund_whole(
    statement: str, says: str, initiative: Initiative, fund: Fund, maya: User, hannah: User
) -> None:
    make_tranche(initiative, by=maya, fund=fund, approved_by=hannah, amount="70000.00")
    second = make_tranche(initiative, by=maya, stage="limited", fund=fund, amount="90000.00")
    assert says in refused(statement, second.pk)


def refused(statement: str, tranche: int) -> str:
    with (
        pytest.raises(IntegrityError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [tranche])
    return str(error.value)


def test_what_is_withdrawn_comes_back_only_where_the_fund_still_has_it(
    initiative: Initiative, fund: Fund, maya: User, hannah: User
) -> None:
    first = make_tranche(initiative, by=maya, fund=fund, approved_by=hannah, amount="70000.00")
    Tranche.objects.filter(pk=first.pk).update(withdrawn_at=NOW)
    make_tranche(
        initiative, by=maya, stage="limited", fund=fund, approved_by=hannah, amount="70000.00"
    )
    undo = "UPDATE initiatives_tranche SET withdrawn_at = NULL WHERE id = %s"
    assert "More is approved than the fund has left." in refused(undo, first.pk)


@pytest.mark.parametrize(
    "change",
    [
        "stage = 'pilot'",
        "budget = 'innovation', fund_id = NULL",
        "fund_id = NULL, budget = 'operating'",
        "requested = requested + 1",
        "approved = approved - 1",
        "approved = NULL, approved_by_id = NULL, approved_at = NULL",
        "approved_at = now()",
        "approved_by_id = NULL",
        "requested_by_id = approved_by_id",
        "initiative_id = initiative_id + 1",
    ],
)
def test_what_was_approved_is_not_changed_any_more(
    change: str, initiative: Initiative, fund: Fund, maya: User, hannah: User
) -> None:
    tranche = make_tranche(initiative, by=maya, stage="limited", fund=fund, approved_by=hannah)
    statement = f"UPDATE initiatives_tranche SET {change} WHERE id = %s"
    assert "What was approved stands: withdraw it and ask anew." in refused(statement, tranche.pk)


def test_a_fund_is_not_cut_below_what_is_approved_from_it(
    initiative: Initiative, fund: Fund, maya: User, hannah: User
) -> None:
    make_tranche(initiative, by=maya, fund=fund, approved_by=hannah, amount="70000.00")
    with pytest.raises(Refused, match=r"USD 70,000\.00 is approved"):
        change_fund(fund=fund, fields={"amount": Decimal("69999.99")}, by=hannah, at=NOW)
    with pytest.raises(Refused, match="its currency stays"):
        change_fund(fund=fund, fields={"currency": "EUR"}, by=hannah, at=NOW)
    change_fund(fund=fund, fields={"amount": Decimal("70000.00")}, by=hannah, at=NOW)
    assert Event.objects.filter(chain="system", verb="fund.changed").count() == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": Decimal(0)}, "more than nothing"),
        ({"budget": "fund"}, "name the fund"),
        ({"currency": "EUR"}, "kept in USD"),
    ],
)
def test_a_request_that_cannot_be_is_refused(
    changes: dict[str, object], says: str, initiative: Initiative, maya: User
) -> None:
    asked(initiative, maya)
    with pytest.raises(Refused, match=says):
        asked(initiative, maya, **changes)


def test_money_that_was_withdrawn_leaves_the_currency_free(
    initiative: Initiative, maya: User
) -> None:
    tranche = asked(initiative, maya)
    assert currency_of(initiative) == "USD"
    Tranche.objects.filter(pk=tranche.pk).update(withdrawn_at=NOW)
    assert currency_of(initiative) == ""
    assert asked(initiative, maya, currency="EUR").currency == "EUR"


def test_a_fund_that_is_not_open_yet_is_not_asked(
    initiative: Initiative, maya: User, hannah: User
) -> None:
    later = make_fund(by=hannah, opens=date(2027, 1, 1))
    with pytest.raises(Refused, match="open from 1 Jan 2027"):
        make_tranche(initiative, by=maya, fund=later)


def cost(month: int, kind: str, planned: str | None, actual: str | None) -> MonthlyCost:
    figures = (None if each is None else Decimal(each) for each in (planned, actual))
    return MonthlyCost(date(2026, month, 1), kind, *figures)


def test_costs_replace_what_was_known_and_leave_the_rest(
    initiative: Initiative, maya: User
) -> None:
    act = {"initiative": initiative, "currency": "USD", "by": maya, "at": NOW}
    rows = [cost(9, "talent", "10.00", None), cost(10, "talent", "10.00", "12.25")]
    assert enter_costs(rows=rows, **act) == 2  # type: ignore[arg-type]
    again = [cost(9, "talent", "10.00", "9.75"), cost(10, "talent", None, None)]
    assert enter_costs(rows=again, **act) == 2  # type: ignore[arg-type]
    assert enter_costs(rows=again[:1], **act) == 0  # type: ignore[arg-type]
    (kept,) = Cost.objects.filter(initiative=initiative)
    assert (kept.planned, kept.actual) == (Decimal("10.00"), Decimal("9.75"))
    events = Event.objects.of(initiative.chain).filter(verb="costs.entered")
    assert events.count() == 2
    last = events.newest_first()[0].data["rows"]
    assert last[1] == ["2026-10", "talent", ["10.00", "12.25"], [None, None]]


def test_costs_in_a_second_currency_are_refused(initiative: Initiative, maya: User) -> None:
    make_tranche(initiative, by=maya)
    with pytest.raises(Refused, match="kept in USD"):
        enter_costs(
            initiative=initiative,
            rows=[cost(9, "talent", "1.00", None)],
            currency="EUR",
            by=maya,
            at=NOW,
        )


def test_every_act_is_in_the_audit_trail_with_its_amounts_as_text(
    initiative: Initiative, fund: Fund, maya: User, hannah: User
) -> None:
    make_tranche(initiative, by=maya, fund=fund, approved_by=hannah, amount="1234.50")
    events = Event.objects.of(initiative.chain).filter(verb__startswith="tranche.")
    assert [event.verb for event in events.order_by("seq")] == [
        "tranche.requested",
        "tranche.approved",
    ]
    assert events.newest_first()[0].data["approved"] == "1234.50"
    assert "USD 1,234.50" in events.newest_first()[0].summary


def test_what_tranches_tell_is_said_in_the_words_of_the_playbook() -> None:
    indicator = next(i for i in standard().mode("budget").indicators if i.key == "budget_kind")
    assert set(BUDGETS.values()) <= set(indicator.choices)
