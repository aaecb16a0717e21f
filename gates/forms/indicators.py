"""The playbook's indicators as fields, and their values in words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from playbook.document import Indicator

YES_NO = [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]


def _yes_no(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


def hint_of(indicator: Indicator) -> str:
    """The unit of the figure, and for a share the numbers between which it lies."""
    unit = indicator.unit or ""
    if indicator.kind == "percent":
        return str(_("A number from 0 to 100: %s.") % (unit or "%"))
    return str(_("In %s.") % unit) if indicator.kind == "number" and unit else unit


def indicator_field(indicator: Indicator) -> forms.Field:
    """The field that an indicator's kind asks for. Every figure may be left unknown."""
    common: dict[str, Any] = {
        "label": indicator.question,
        "required": False,
        "help_text": hint_of(indicator),
    }
    match indicator.kind:
        case "percent":
            return forms.FloatField(
                min_value=0,
                max_value=100,
                widget=forms.NumberInput(attrs={"step": "any"}),
                **common,
            )
        case "number":
            widget = forms.NumberInput(attrs={"step": "any"})
            return forms.FloatField(min_value=0, widget=widget, **common)
        case "yes_no":
            return forms.TypedChoiceField(
                choices=YES_NO, coerce=_yes_no, empty_value=None, **common
            )
        case "choice":
            choices = [("", _("Not known")), *((each, each) for each in indicator.choices)]
            return forms.ChoiceField(choices=choices, **common)
        case _:
            return forms.CharField(max_length=500, **common)


def shown_as(indicator: Indicator, value: Any) -> str:
    """A known value as a reader sees it: "Yes", "6 months", "29.5 % of exposed people"."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, int | float):
        return f"{value:g} {indicator.unit or ''}".strip()
    return str(value)
