"""The standing fund, the money asked of it for each stage, and what an initiative really costs.

Whether money was released is not here: a release is a row of its own, with its gate decision.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models.initiatives import Initiative
from initiatives.models.owners import grants_nothing_to_the_owner

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def amount_field(label: StrOrPromise, **more: Any) -> models.DecimalField[Any, Any]:
    """Money in the fund's currency."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **more)


# Both triggers take the fund's row first, so that two approvals at once wait for each other. What
# asks nothing of a fund (a freeze, a thaw, a withdrawal) takes no fund: a return freezes tranches
# of many funds, and two returns would wait for each other forever.
TRANCHE_FITS_ITS_FUND = """
    IF NEW.fund_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.approved, NEW.fund_id, NEW.currency)
            IS NOT DISTINCT FROM (OLD.approved, OLD.fund_id, OLD.currency)
            AND (NEW.withdrawn_at IS NOT NULL OR OLD.withdrawn_at IS NULL)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT f.amount, f.currency INTO fund FROM initiatives_fund f
     WHERE f.id = NEW.fund_id FOR NO KEY UPDATE;
    IF NEW.currency <> fund.currency THEN
        RAISE EXCEPTION 'A tranche is in the currency of its fund.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.approved IS NOT NULL AND NEW.withdrawn_at IS NULL AND fund.amount < NEW.approved + (
        SELECT coalesce(sum(t.approved), 0) FROM initiatives_tranche t
         WHERE t.fund_id = NEW.fund_id AND t.id <> NEW.id AND t.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'More is approved than the fund has left.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
APPROVED_TRANCHE_STANDS = """
    IF OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'What was approved stands: withdraw it and ask anew.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
OWNER_APPROVES_NOTHING = grants_nothing_to_the_owner("approved_by_id")
FUND_COVERS_ITS_TRANCHES = """
    IF NEW.currency <> OLD.currency AND EXISTS (
        SELECT 1 FROM initiatives_tranche t WHERE t.fund_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'A fund that was asked for money keeps its currency.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.amount < (
        SELECT coalesce(sum(t.approved), 0) FROM initiatives_tranche t
         WHERE t.fund_id = NEW.id AND t.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'A fund holds at least what was approved from it.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class FundQuerySet(models.QuerySet["Fund"]):
    def open_on(self, day: date) -> FundQuerySet:
        """Those that may be asked on that day."""
        return self.filter(Q(closes__isnull=True) | Q(closes__gte=day), opens__lte=day)


class Fund(models.Model):
    """Money set aside for AI from pilot to production, so that nobody applies a second time."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    purpose = models.TextField(_("what it is for"), blank=True)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("Three letters: USD"))
    amount = amount_field(_("amount"))
    opens = models.DateField(_("from"))
    closes = models.DateField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = FundQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="initiatives_fund_holds_money", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="initiatives_fund_currency_of_three_letters",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="initiatives_fund_closes_after_it_opens",
                condition=Q(closes__isnull=True) | Q(closes__gt=F("opens")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="fund_covers_its_tranches",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=FUND_COVERS_ITS_TRANCHES,
            ),
        ]

    def __str__(self) -> str:
        return self.name


PRODUCTION = ("limited", "scaled", "steady")


class BudgetKind(models.TextChoices):
    INNOVATION = "innovation", _("Innovation budget")
    OPERATING = "operating", _("Operating budget")
    FUND = "fund", _("Standing AI fund")


# What an approval is an approval of, and whose it is.
APPROVED = (
    "initiative",
    "fund",
    "stage",
    "budget",
    "currency",
    "requested",
    "requested_by",
    "owner_then",
    "approved",
    "approved_by",
    "approved_at",
)


class TrancheQuerySet(models.QuerySet["Tranche"]):
    def standing(self) -> TrancheQuerySet:
        """Those that nobody withdrew."""
        return self.filter(withdrawn_at__isnull=True)

    def in_production(self) -> TrancheQuerySet:
        """Those that pay for a stage from limited production on."""
        return self.filter(stage__in=PRODUCTION)


class Tranche(models.Model):
    """Money for one stage: requested, approved, withdrawn, frozen by a return.

    ``stage`` is the stage that it pays for; the decision at the gate into it releases it.
    ``owner_then`` owned the initiative when it was asked for, and approves it no more than who did.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="tranches")
    fund = models.ForeignKey(
        Fund, null=True, blank=True, on_delete=models.PROTECT, related_name="tranches"
    )
    stage = models.CharField(_("for the stage"), max_length=10)
    budget = models.CharField(_("paid from"), max_length=10, choices=BudgetKind.choices)
    currency = models.CharField(max_length=3)
    purpose = models.CharField(_("what it pays for"), max_length=300, blank=True)
    requested = amount_field(_("requested"))
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    owner_then = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved = amount_field(_("approved"), null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True)

    objects = TrancheQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="initiatives_tranche_asks_for_money", condition=Q(requested__gt=0)
            ),
            models.CheckConstraint(
                name="initiatives_tranche_approved_paired",
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_tranche_approved_as_an_amount",
                condition=Q(approved_at__isnull=True, approved__isnull=True)
                | Q(approved_at__isnull=False, approved__gt=0),
            ),
            models.CheckConstraint(
                name="initiatives_tranche_approver_did_not_ask",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="initiatives_tranche_approver_did_not_own_it",
                condition=Q(approved_by__isnull=True)
                | Q(owner_then__isnull=True)
                | ~Q(approved_by=F("owner_then")),
            ),
            models.CheckConstraint(
                name="initiatives_tranche_approved_not_above_requested",
                condition=Q(approved__isnull=True) | Q(approved__lte=F("requested")),
            ),
            models.CheckConstraint(
                name="initiatives_tranche_from_the_fund_names_it",
                condition=Q(budget=BudgetKind.FUND, fund__isnull=False)
                | ~Q(budget=BudgetKind.FUND) & Q(fund__isnull=True),
            ),
            models.CheckConstraint(
                name="initiatives_tranche_of_a_funded_stage",
                condition=Q(stage__in=("pilot", "readiness", "limited", "scaled", "steady")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="tranche_fits_its_fund",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("fund", "RECORD")],
                func=TRANCHE_FITS_ITS_FUND,
            ),
            pgtrigger.Trigger(
                name="tranche_owner_approves_nothing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__approved_by__isnull=False),
                func=OWNER_APPROVES_NOTHING,
            ),
            pgtrigger.Trigger(
                name="tranche_stands_once_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*APPROVED),
                func=APPROVED_TRANCHE_STANDS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,.2f} for {self.stage}"

    @property
    def amount(self) -> Decimal:
        """What was approved, until then what was requested."""
        return self.requested if self.approved is None else self.approved

    @property
    def askers(self) -> frozenset[int | None]:
        """Who asked for it, and who owned the initiative then: neither approves it."""
        return frozenset((self.requested_by_id, self.owner_then_id))

    @property
    def innovation_in_production(self) -> bool:
        """Production paid from money that is meant to move on."""
        return self.budget == BudgetKind.INNOVATION and self.stage in PRODUCTION


class CostKind(models.TextChoices):
    INFRASTRUCTURE = "infrastructure", _("Infrastructure")
    TALENT = "talent", _("Talent")
    OPERATIONS = "operations", _("Operations")


class Cost(models.Model):
    """What one kind of cost was planned to be, and was, in one month (its first day)."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="costs")
    month = models.DateField(_("month"))
    kind = models.CharField(_("kind"), max_length=14, choices=CostKind.choices)
    currency = models.CharField(max_length=3)
    planned = amount_field(_("planned"), null=True, blank=True)
    actual = amount_field(_("actual"), null=True, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["month", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "month", "kind"], name="initiatives_cost_once_a_month"
            ),
            models.CheckConstraint(
                name="initiatives_cost_month_is_its_first_day", condition=Q(month__day=1)
            ),
            models.CheckConstraint(
                name="initiatives_cost_not_below_nothing",
                condition=(Q(planned__isnull=True) | Q(planned__gte=0))
                & (Q(actual__isnull=True) | Q(actual__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} in {self.month:%Y-%m}"
