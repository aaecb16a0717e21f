"""Asking for money, approving it, and entering what production costs, by table or by paste."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gates.models.rollouts import PATH
from initiatives.models import BudgetKind, Cost, CostKind, Fund, Tranche
from initiatives.money import MonthlyCost, told
from look.forms import Form, field_of
from playbook.document import Document

AMOUNT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?")
MOST = Decimal("999999999999.99")
HEADINGS = frozenset({"month", "monat", "date"})
SEEN_AT_ONCE = 3  # months in the table
MOST_LINES = 500


def read_amount(text: str) -> Decimal:
    """An amount as people write it: 12500, 12,500 or 12,500.00. Raises ValueError for others."""
    plain = "".join(text.split())
    if not AMOUNT.fullmatch(plain) or (value := Decimal(plain.replace(",", ""))) > MOST:
        raise ValueError(text)
    return value


class AmountField(forms.CharField):
    """Money with thousands separators or without, never through a float."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_amount(text)
        except ValueError as unreadable:
            raise forms.ValidationError(
                _now("Give “%(field)s” as an amount such as 12,500.00.") % {"field": self.label},
                code="invalid",
            ) from unreadable

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,.2f}" if isinstance(value, Decimal) else value


class CurrencyField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Currency"),
            min_length=3,
            max_length=3,
            help_text=_("Three letters, such as USD"),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value).upper()
        if text and not re.fullmatch("[A-Z]{3}", text):
            raise forms.ValidationError(_now("Give “Currency” as three letters, such as USD."))
        return text


class AskForm(Form):
    """A request for the money of one stage."""

    stage = forms.ChoiceField(label=_("For the stage"))
    amount = AmountField(
        label=_("Amount"), help_text=_("Such as 12,500.00, in the currency below.")
    )
    paid_from = forms.ChoiceField(label=_("Paid from"))
    currency = CurrencyField(required=False)
    purpose = forms.CharField(label=_("What it pays for"), max_length=300, required=False)

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        document: Document,
        funds: Sequence[Fund],
        left: Mapping[int, Decimal],
        currency: str,
    ) -> None:
        super().__init__(data)
        self.funds = {f"fund-{fund.pk}": fund for fund in funds}
        self.left = left
        self._choices("stage", [(key, document.stage(key).name) for key in PATH[1:]])
        others = [kind for kind in BudgetKind if kind != BudgetKind.FUND]
        named = [
            (key, _now("%(fund)s, %(left)s left") % {"fund": fund, "left": self._left(fund)})
            for key, fund in self.funds.items()
        ]
        self._choices("paid_from", [*named, *((kind.value, kind.label) for kind in others)])
        self.kept = currency
        self.fields["currency"].help_text = _("Three letters, such as USD; a fund brings its own")
        self.fields["currency"].disabled = bool(currency)
        self.initial.setdefault("currency", currency)

    def _choices(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = field_of(self, name, forms.ChoiceField)
        field.choices = [("", _("Choose")), *choices]

    @property
    def fund(self) -> Fund | None:
        return self.funds.get(self.cleaned_data["paid_from"])

    @property
    def budget(self) -> str:
        return BudgetKind.FUND if self.fund else str(self.cleaned_data["paid_from"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.get("paid_from")
        if chosen and chosen not in self.funds and not cleaned.get("currency", "-"):
            self.add_error("currency", _now("Give “Currency” as three letters, such as USD."))
        fund, amount = self.funds.get(chosen or ""), cleaned.get("amount")
        if fund is not None and amount is not None and amount > fund.amount:
            self.add_error(
                "amount",
                _now("%(fund)s holds %(held)s in all and has %(left)s left. Ask for less.")
                % {
                    "fund": fund,
                    "held": told(fund.amount, fund.currency),
                    "left": self._left(fund),
                },
            )
        return cleaned

    def _left(self, fund: Fund) -> str:
        return told(self.left[fund.pk], fund.currency)


class ApproveForm(Form):
    """How much of what was asked is approved."""

    amount = AmountField(label=_("Approved"))

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None, *, tranche: Tranche) -> None:
        super().__init__(data, initial={"amount": tranche.requested})
        most = told(tranche.requested, tranche.currency)
        self.fields["amount"].help_text = _("At most the %s that was asked") % most


@dataclass(frozen=True)
class CostRow:
    """A month and a kind of cost, with the two fields of its figures."""

    month: date
    kind: CostKind
    planned: BoundField
    actual: BoundField


def month_after(first: date, count: int) -> date:
    """The first day of the month that many months later; earlier for a negative count."""
    index = first.year * 12 + first.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


class CostForm(Form):
    """A few months of planned and actual cost by kind. An empty field is not known."""

    currency = CurrencyField()

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        months: Sequence[date],
        known: Sequence[Cost],
        currency: str,
    ) -> None:
        figures = {(cost.month, cost.kind): cost for cost in known}
        super().__init__(data, initial={"currency": currency})
        self.fields["currency"].disabled = bool(currency)
        self.slots: list[tuple[date, CostKind]] = [(m, kind) for m in months for kind in CostKind]
        for month, kind in self.slots:
            cost = figures.get((month, kind.value))
            for part, says in (("planned", _now("Planned")), ("actual", _now("Actual"))):
                field = AmountField(
                    label=f"{says}, {kind.label.lower()}, {month:%B %Y}", required=False
                )
                field.initial = getattr(cost, part, None)
                field.widget.attrs["aria-label"] = field.label
                self.fields[f"{part}-{month:%Y-%m}-{kind.value}"] = field

    @property
    def table(self) -> Iterator[CostRow]:
        for month, kind in self.slots:
            key = f"{month:%Y-%m}-{kind.value}"
            yield CostRow(month, kind, self[f"planned-{key}"], self[f"actual-{key}"])

    def rows(self) -> list[MonthlyCost]:
        typed: Mapping[str, Any] = self.cleaned_data
        return [
            MonthlyCost(
                month,
                kind.value,
                typed[f"planned-{month:%Y-%m}-{kind.value}"],
                typed[f"actual-{month:%Y-%m}-{kind.value}"],
            )
            for month, kind in self.slots
        ]


class PasteForm(Form):
    """Costs as lines: month, kind, planned, actual."""

    currency = CurrencyField()
    pasted = forms.CharField(
        label=_("Lines"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "Month, kind, planned, actual: 2026-11, talent, 12000.00, 11450.50. Commas, semicolons "
            "or tabs between them; an amount with thousands separators goes in quotes"
        ),
    )

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None, *, currency: str) -> None:
        super().__init__(data, initial={"currency": currency}, prefix="paste")
        self.fields["currency"].disabled = bool(currency)

    def clean_pasted(self) -> list[MonthlyCost]:
        text: str = self.cleaned_data["pasted"]
        rows: dict[tuple[date, str], MonthlyCost] = {}
        problems: list[str] = []
        for number, cells in _lines(text):
            try:
                row = _read_line(cells)
                if (row.month, row.kind) in rows:
                    raise ValueError(_now("this month and kind are there twice; keep one line"))
                rows[row.month, row.kind] = row
            except ValueError as wrong:
                problems.append(_now("Line %(n)d: %(wrong)s.") % {"n": number, "wrong": wrong})
        if len(rows) > MOST_LINES:
            problems.append(_now("Paste at most %d lines at a time.") % MOST_LINES)
        if not rows and not problems:
            problems.append(_now("Paste at least one line of figures."))
        if problems:
            raise forms.ValidationError(problems)
        return list(rows.values())


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, each with its number; a line of headings is left out."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    between = next((sign for sign in "\t;" if sign in first), ",")
    reader = csv.reader(StringIO(text), delimiter=between)
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped) and stripped[0].casefold() not in HEADINGS:
            yield reader.line_num, stripped


def _read_line(cells: Sequence[str]) -> MonthlyCost:
    if not 3 <= len(cells) <= 4:
        raise ValueError(
            _now("give a month, a kind and one or two amounts; an amount with commas needs quotes")
        )
    month, kind, *amounts = cells
    planned, actual = (_cell(amount) for amount in (*amounts, "")[:2])
    return MonthlyCost(_month(month), _kind(kind), planned, actual)


def _month(text: str) -> date:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?", text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), 1)
    except ValueError:
        pass
    raise ValueError(_now("give the month as 2026-11, not “%s”") % text)


def _kind(text: str) -> str:
    for kind in CostKind:
        if text.casefold() in (kind.value, str(kind.label).casefold()):
            return kind.value
    raise ValueError(_now("the kind is infrastructure, talent or operations, not “%s”") % text)


def _cell(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        return read_amount(text)
    except ValueError as unreadable:
        raise ValueError(_now("“%s” is no amount; write it like 12500.00") % text) from unreadable
