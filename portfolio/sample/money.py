"""The sample's money: one fund, tranches in every state, and what some of it really costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from accounts.models import User
from gates.models.rollouts import PATH
from initiatives.models import Fund, Initiative
from initiatives.money import (
    MonthlyCost,
    approve_tranche,
    enter_costs,
    request_tranche,
    set_up_fund,
)
from portfolio.sample.clock import Clock

if TYPE_CHECKING:
    from portfolio.sample.story import Story

FUND = "AI transition fund"
# What each stage costs, from the pilot on, in thousands of dollars; with whom it is told.
STAGES = {"pilot": 60, "readiness": 45, "limited": 180, "scaled": 320, "steady": 140}
FUNDED = {
    "Casework notes assistant",
    "Claims triage",
    "Appointment reminders",  # a go revoked: what lies ahead freezes
    "Fare question bot",  # stopped: what is left goes back
}
SPENDING = "Audit case selection"  # limited production past its plan: an extended pilot
MONTHS = 6
# Planned, and actual in hundredths of it.
SPENT = {"infrastructure": (7200, 118), "talent": (21000, 104), "operations": (3400, 93)}


def set_up(cast: Mapping[str, User], now: datetime) -> None:
    """The fund that everything below asks, for two years and a half."""
    opened = Clock(now, FUND).at(weeks=-70)
    fields = {
        "name": FUND,
        "purpose": "Carries what a pilot has shown into production, stage by stage.",
        "currency": "USD",
        "amount": Decimal(2_500_000),
        "opens": opened.date(),
        "closes": (now + timedelta(weeks=60)).date(),
    }
    set_up_fund(fields=fields, by=cast["Hannah Cole"], at=opened)


def before_gate(story: Story, gate: int) -> None:
    """The stage that the gate opens is asked for and approved, so that its go releases it."""
    if story.spec.name in FUNDED:
        _ask(story, PATH[gate + 1], approved=True)


def after_gates(story: Story) -> None:
    """The next stage is approved and waits for its gate; the one after it is asked for."""
    if story.spec.name in FUNDED:
        ahead = PATH[PATH.index(story.rollout.stage) + 1 :]
        for number, stage in enumerate(ahead[:2]):
            _ask(story, stage, approved=number == 0)


def spend(story: Story) -> None:
    """What half a year cost, and who is asked to pay for the next stage."""
    if story.spec.name != SPENDING:
        return
    this = story.now.date().replace(day=1)
    months = [this]
    for _month in range(MONTHS - 1):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    rows = [
        MonthlyCost(month, kind, Decimal(planned), None if month == this else _actual(*figures))
        for month in months
        for kind, figures in SPENT.items()
        for planned in figures[:1]
    ]
    enter_costs(initiative=_initiative(story), rows=rows, currency="USD", **story._tick())
    _ask(story, "scaled", approved=False, budget="innovation")


def _actual(planned: int, percent: int) -> Decimal:
    return Decimal(planned) * percent / 100


def _initiative(story: Story) -> Initiative:
    return Initiative.objects.get(pk=story.initiative.pk)


def _ask(story: Story, stage: str, *, approved: bool, budget: str = "fund") -> None:
    amount = Decimal(STAGES[stage] * 1000)
    act: dict[str, Any] = story._tick()
    tranche = request_tranche(
        initiative=_initiative(story),
        stage=stage,
        stage_name=story.document.stage(stage).name,
        budget=budget,
        fund=Fund.objects.get(name=FUND) if budget == "fund" else None,
        amount=amount,
        currency="USD",
        purpose="",
        **act,
    )
    if approved:
        office = story.cast["Peter Voss"]
        approve_tranche(tranche=tranche, amount=amount, by=office, at=story._tick()["at"])
