"""The forms of a gate meeting: calling and changing it, deferring an item, closing it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.forms.shared import DayInput
from look.forms import Form

LONGEST = 24 * 60


class TimesForm(Form):
    starts_at = forms.TimeField(
        label=_("Starts at"),
        required=False,
        widget=forms.TimeInput(format="%H:%M"),
        help_text=_("Such as 09:30."),
        error_messages={"invalid": _("Give “Starts at” as a time such as 09:30.")},
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=1,
        max_value=LONGEST,
        help_text=_("The agenda holds what fits into them."),
    )

    use_required_attribute = False


class CallForm(TimesForm):
    day = forms.DateField(label=_("Day"), widget=DayInput)

    field_order = ("day", "starts_at", "minutes")


class PresentForm(Form):
    present = forms.CharField(
        label=_("Who is there"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    use_required_attribute = False


class ChangeForm(TimesForm, PresentForm):
    field_order = ("starts_at", "minutes", "present")


class DeferForm(Form):
    reason = forms.CharField(
        label=_("Why it waits"),
        max_length=1000,
        error_messages={"required": _("Say in a sentence why it waits.")},
    )

    use_required_attribute = False
    prefix = "defer"  # its "reason" is another than the decision's on the same page
