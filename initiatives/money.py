"""Changes to money: the standing fund, what is asked of it and approved, what production costs.

Nothing here releases money. That takes a gate's decision, and gates are known further up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from audit.services import SYSTEM, Entry, record
from audit.words import day_words
from initiatives.errors import NotAllowed, Refused
from initiatives.models import BudgetKind, Cost, Fund, Initiative, Tranche
from initiatives.permissions import may_approve_money
from initiatives.services import conclude, lock

ZERO = Decimal("0.00")
FUND_FIELDS = ("name", "purpose", "currency", "amount", "opens", "closes")


def told(amount: Decimal, currency: str) -> str:
    """`USD 1,200,000.00`, the way every sentence and every page writes money."""
    return f"{currency} {amount:,.2f}"


def approved_from(fund: Fund, *, but: Tranche | None = None) -> Decimal:
    """What is approved from the fund and not withdrawn, but for one tranche."""
    tranches = Tranche.objects.standing().filter(fund=fund)
    if but is not None:
        tranches = tranches.exclude(pk=but.pk)
    total: Decimal | None = tranches.aggregate(total=Sum("approved"))["total"]
    return total or ZERO


def left_in(funds: Iterable[Fund]) -> dict[int, Decimal]:
    """What each fund, by its id, has left once what is approved from it is taken off."""
    held = {fund.pk: fund.amount for fund in funds}
    approved = (
        Tranche.objects.standing()
        .filter(fund__in=held, approved__isnull=False)
        .order_by()
        .values_list("fund")
        .annotate(total=Sum("approved"))
    )
    return {**held, **{pk: held[pk] - total for pk, total in approved}}


def currency_of(initiative: Initiative) -> str:
    """The currency that the initiative's money is kept in; empty before there is any, and again
    once all of it was withdrawn."""
    tranches = Tranche.objects.standing().filter(initiative=initiative)
    for rows in (tranches, Cost.objects.filter(initiative=initiative)):
        found = rows.values_list("currency", flat=True).first()
        if found:
            return str(found)
    return ""


@transaction.atomic
def set_up_fund(*, fields: dict[str, Any], by: User, at: datetime) -> Fund:
    """Put money aside for AI, from pilot to production."""
    named = {name: fields[name] for name in FUND_FIELDS if name in fields}
    fund = Fund.objects.create(created_by=by, created_at=at, **named)
    _record_fund(fund, "fund.set_up", f"Fund set up: {fund}", by, at)
    return fund


@transaction.atomic
def change_fund(*, fund: Fund, fields: dict[str, Any], by: User, at: datetime) -> Fund:
    """Change what a fund is called, holds and runs for.

    Raises Refused for less than is approved from it, and for another currency once it was asked.
    """
    stored = Fund.objects.select_for_update(no_key=True).get(pk=fund.pk)
    approved = approved_from(stored)
    if fields.get("amount", stored.amount) < approved:
        raise Refused(
            f"Amount: {told(approved, stored.currency)} is approved from this fund. "
            "Set that much or more, or withdraw a tranche first."
        )
    if fields.get("currency", stored.currency) != stored.currency and stored.tranches.exists():
        raise Refused("Currency: the fund was asked for money already, so its currency stays.")
    for name in FUND_FIELDS:
        if name in fields:
            setattr(stored, name, fields[name])
    stored.save()
    _record_fund(stored, "fund.changed", f"Fund changed: {stored}", by, at)
    return stored


def _record_fund(fund: Fund, verb: str, summary: str, by: User, at: datetime) -> None:
    data = {name: str(getattr(fund, name) or "") for name in FUND_FIELDS}
    record(entry=Entry(SYSTEM, verb, summary, {"fund": fund.pk, **data}), by=by, at=at)


@transaction.atomic
def request_tranche(
    *,
    initiative: Initiative,
    stage: str,
    stage_name: str,
    budget: str,
    fund: Fund | None,
    amount: Decimal,
    currency: str,
    purpose: str,
    by: User,
    at: datetime,
) -> Tranche:
    """Ask for the money of one stage. ``fund`` is given with the budget kind fund, and only then.

    Raises Refused for nothing, for a fund that is not open, and for a second currency.
    """
    stored = lock(initiative.pk)
    if amount <= 0:
        raise Refused("Amount: ask for more than nothing.")
    if (budget == BudgetKind.FUND) != (fund is not None):
        raise Refused("Paid from: name the fund when the standing fund pays, and only then.")
    if fund is not None:
        _is_open(fund, at.date())
        currency = fund.currency
    _one_currency(stored, currency)
    tranche = Tranche.objects.create(
        initiative=stored,
        fund=fund,
        stage=stage,
        budget=budget,
        currency=currency,
        purpose=purpose.strip(),
        requested=amount,
        requested_by=by,
        requested_at=at,
        owner_then_id=stored.owner_id,
    )
    asked = told(amount, currency)
    _conclude(tranche, "requested", f"Asked for {asked} for {stage_name.lower()}", by, at)
    return tranche


def _is_open(fund: Fund, day: date) -> None:
    if day < fund.opens or (fund.closes is not None and day > fund.closes):
        until = f" until {day_words(fund.closes)}" if fund.closes else ""
        raise Refused(f"Fund: {fund} is open from {day_words(fund.opens)}{until}. Choose another.")


def _one_currency(initiative: Initiative, currency: str) -> None:
    kept = currency_of(initiative)
    if kept and kept != currency:
        raise Refused(f"Currency: the money of this initiative is kept in {kept}. Convert it.")


@transaction.atomic
def approve_tranche(*, tranche: Tranche, amount: Decimal, by: User, at: datetime) -> Tranche:
    """Approve what was asked, or less. The gate releases it.

    Raises NotAllowed for whoever asked, owns the initiative or did so then, or has no say over
    money, and Refused for more than was asked or the fund has left.
    """
    initiative = lock(tranche.initiative_id)
    stored = initiative.tranches.get(pk=tranche.pk)
    if by.pk in stored.askers or not may_approve_money(by, initiative):
        raise NotAllowed(
            "The program office or the sponsor approves, and never who asked or owned it then."
        )
    if stored.withdrawn_at or stored.approved_at or stored.frozen_at:
        raise Refused("Only a request that is open can be approved; this one is not any more.")
    if not 0 < amount <= stored.requested:
        most = told(stored.requested, stored.currency)
        raise Refused(f"Approved: more than nothing, and at most the {most} that was asked.")
    if stored.fund_id is not None:
        _fund_has(stored.fund_id, amount, at, but=stored)
    stored.approved, stored.approved_by, stored.approved_at = amount, by, at
    stored.save(update_fields=["approved", "approved_by", "approved_at"])
    _conclude(stored, "approved", f"Approved {told(amount, stored.currency)}", by, at)
    return stored


def _fund_has(fund_id: int, amount: Decimal, at: datetime, *, but: Tranche) -> None:
    fund = Fund.objects.select_for_update(no_key=True).get(pk=fund_id)
    _is_open(fund, at.date())
    left = fund.amount - approved_from(fund, but=but)
    if amount > left:
        raise Refused(
            f"Approved: {fund} has {told(left, fund.currency)} left. Approve that or less."
        )


def _conclude(tranche: Tranche, done: str, summary: str, by: User, at: datetime) -> None:
    conclude(
        initiative=tranche.initiative,
        verb=f"tranche.{done}",
        summary=summary,
        data=facts_of(tranche),
        by=by,
        at=at,
    )


def facts_of(tranche: Tranche) -> dict[str, Any]:
    """What an audit event says of a tranche; amounts as text, so that none is ever a float."""
    return {
        "tranche": tranche.pk,
        "stage": tranche.stage,
        "budget": tranche.budget,
        "fund": tranche.fund_id,
        "currency": tranche.currency,
        "requested": str(tranche.requested),
        "approved": None if tranche.approved is None else str(tranche.approved),
    }


@dataclass(frozen=True)
class MonthlyCost:
    """One kind of cost in the month of that first day; None where nothing is known."""

    month: date
    kind: str
    planned: Decimal | None
    actual: Decimal | None


@transaction.atomic
def enter_costs(
    *, initiative: Initiative, rows: Sequence[MonthlyCost], currency: str, by: User, at: datetime
) -> int:
    """Keep these costs in place of what was known of their months and kinds; a row without any
    figure takes it away. Return how many rows changed.

    Raises Refused for a second currency and for an amount below nothing.
    """
    stored = lock(initiative.pk)
    _one_currency(stored, currency)
    if any((amount or 0) < 0 for row in rows for amount in (row.planned, row.actual)):
        raise Refused("Costs: no amount can be below 0.00.")
    known = {(cost.month, cost.kind): cost for cost in Cost.objects.filter(initiative=stored)}
    changed = {
        (row.month, row.kind): row
        for row in rows
        if _figures(known.get((row.month, row.kind))) != (row.planned, row.actual)
    }
    if not changed:
        return 0
    Cost.objects.filter(pk__in=[known[key].pk for key in changed if key in known]).delete()
    Cost.objects.bulk_create(
        Cost(
            initiative=stored,
            month=row.month,
            kind=row.kind,
            currency=currency,
            planned=row.planned,
            actual=row.actual,
            entered_by=by,
            entered_at=at,
        )
        for row in changed.values()
        if (row.planned, row.actual) != (None, None)
    )
    conclude(
        initiative=stored,
        verb="costs.entered",
        summary=f"Costs entered for {_span(sorted(month for month, _kind in changed))}",
        data={
            "currency": currency,
            "rows": [
                [f"{month:%Y-%m}", kind, _text(_figures(known.get((month, kind)))), _text(after)]
                for (month, kind), row in sorted(changed.items())
                for after in [(row.planned, row.actual)]
            ],
        },
        by=by,
        at=at,
    )
    return len(changed)


def _figures(cost: Cost | None) -> tuple[Decimal | None, Decimal | None]:
    return (cost.planned, cost.actual) if cost else (None, None)


def _text(figures: tuple[Decimal | None, Decimal | None]) -> list[str | None]:
    return [None if figure is None else str(figure) for figure in figures]


def _span(months: Sequence[date]) -> str:
    first, last = months[0], months[-1]
    return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"
