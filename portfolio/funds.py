"""The standing funds with what was asked of them, approved and released; and their form."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gates.forms.money import AmountField, CurrencyField
from gates.forms.shared import DayInput
from gates.models import GatedTranche, Stage
from initiatives.models import Fund
from initiatives.money import ZERO
from look.forms import Form


def _sums(prefix: str = "") -> dict[str, Sum]:
    """What the tranches that were not withdrawn come to; ``prefix`` leads to them."""
    standing = Q(**{f"{prefix}withdrawn_at__isnull": True})
    frozen = standing & Q(**{f"{prefix}frozen_at__isnull": False})
    return {
        "sum_requested": Sum(f"{prefix}requested", filter=standing),
        "sum_approved": Sum(f"{prefix}approved", filter=standing),
        "sum_released": Sum(f"{prefix}release__amount", filter=standing),
        "sum_frozen": Sum(f"{prefix}approved", filter=frozen),
    }


@dataclass(frozen=True)
class Sums:
    """What was asked, approved, released, and approved but frozen."""

    requested: Decimal
    approved: Decimal
    released: Decimal
    frozen: Decimal

    @classmethod
    def of(cls, row: Any) -> "Sums":
        names = ("requested", "approved", "released", "frozen")
        read = row.get if isinstance(row, dict) else lambda name: getattr(row, name)
        return cls(*(read(f"sum_{name}") or ZERO for name in names))


@dataclass(frozen=True)
class Holding:
    """A fund and how far it is spoken for. ``left`` is what may still be approved."""

    fund: Fund
    sums: Sums

    @property
    def left(self) -> Decimal:
        return self.fund.amount - self.sums.approved


def holdings() -> list[Holding]:
    """Every fund, in one query."""
    return [Holding(fund, Sums.of(fund)) for fund in Fund.objects.annotate(**_sums("tranches__"))]


def holding(pk: int) -> Holding:
    """One fund. Raises Fund.DoesNotExist."""
    fund = Fund.objects.select_related("created_by").annotate(**_sums("tranches__")).get(pk=pk)
    return Holding(fund, Sums.of(fund))


def by_stage(fund: Fund) -> list[tuple[str, Sums]]:
    """What each stage takes from the fund, in the order of the stages."""
    rows = GatedTranche.objects.filter(fund=fund, withdrawn_at__isnull=True)
    found = {row["stage"]: row for row in rows.order_by().values("stage").annotate(**_sums())}
    return [
        (str(stage.label), Sums.of(found[stage.value])) for stage in Stage if stage.value in found
    ]


def by_initiative(fund: Fund) -> QuerySet[GatedTranche, Any]:
    """What each initiative takes from the fund, the largest request first."""
    tranches = GatedTranche.objects.filter(fund=fund, withdrawn_at__isnull=True).order_by()
    named = tranches.values("initiative__reference", "initiative__name")
    rows: QuerySet[GatedTranche, Any] = named.annotate(**_sums())
    return rows.order_by(F("sum_requested").desc(), "initiative__reference")


class FundForm(Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    purpose = forms.CharField(
        label=_("What it is for"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    amount = AmountField(label=_("Amount"), help_text=_("Such as 250,000.00."))
    currency = CurrencyField()
    opens = forms.DateField(label=_("From"), widget=DayInput)
    closes = forms.DateField(label=_("Until"), widget=DayInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, fund: Fund | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fund = fund
        for name in self.fields:
            self.initial.setdefault(name, getattr(fund, name, None))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Fund.objects.filter(name=name)
        if self.fund is not None:
            others = others.exclude(pk=self.fund.pk)
        if others.exists():
            raise forms.ValidationError(_now("Give “Name” a name that no other fund has."))
        return name

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_now("Give “Amount” as more than nothing."))
        return amount

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", _now("Give “Until” as a day after “From”."))
        return cleaned
