"""What is said of a stall, and the decision to revive what came to rest."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.forms.shared import DayInput
from look.forms import Form, field_of
from playbook.document import Document


class StallForm(Form):
    """The words given for a stall, and the failure mode behind them."""

    words = forms.CharField(
        label=_("What is said"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In the words that people use, polite ones too."),
        error_messages={"required": _("Write down the words given for the stall.")},
    )
    cause = forms.ChoiceField(
        label=_("Which failure mode is behind it"),
        widget=forms.RadioSelect(),
        error_messages={"required": _("Choose the failure mode behind the words.")},
    )

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cause = field_of(self, "cause", forms.ChoiceField)
        cause.choices = [
            (mode.key, f"{mode.name}. {mode.stall_looks_like}") for mode in document.failure_modes
        ]


class ReviveForm(Form):
    """What changes, and, for what is not over, by when."""

    reason = forms.CharField(
        label=_("What changes"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is different from when it came to rest, and who sees to it."),
        error_messages={"required": _("Say what changes, in a sentence or two.")},
    )
    change_by = forms.DateField(
        label=_("By when"),
        widget=DayInput,
        error_messages={"required": _("Name the day by which it has changed.")},
    )

    def __init__(self, *args: Any, over: bool, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if over:
            del self.fields["change_by"]

    def clean_change_by(self) -> date:
        day: date = self.cleaned_data["change_by"]
        if day <= self.today:
            raise forms.ValidationError(_("Name a day after today."))
        return day
