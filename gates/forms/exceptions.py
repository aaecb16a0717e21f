"""Forms of exceptions from criteria, and of kill criteria."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.forms.shared import DayInput
from look.forms import Form


class AskExceptionForm(Form):
    reason = forms.CharField(
        label=_("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What stands in the way, what is done until then, and why it may wait."),
    )
    expires = forms.DateField(
        label=_("Until"),
        widget=DayInput,
        help_text=_("The last day on which the criterion need not hold."),
    )

    use_required_attribute = False


class AnswerExceptionForm(Form):
    note = forms.CharField(
        label=_("Remarks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed to refuse it: why the criterion has to hold."),
    )

    use_required_attribute = False


class KillForm(Form):
    text = forms.CharField(
        label=_("What would end it"),
        max_length=300,
        help_text=_(
            "Something after which going on would be wrong, said before anybody is tempted."
        ),
    )
    sign = forms.CharField(
        label=_("Figure or event that shows it"),
        max_length=300,
        help_text=_("So that everybody sees it the same way: “below 60 % by the end of March”."),
    )

    use_required_attribute = False


class HitForm(Form):
    hit_note = forms.CharField(
        label=_("What happened"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("With its figure and the day."),
    )

    use_required_attribute = False


class SettleForm(Form):
    settled_note = forms.CharField(
        label=_("Why it may go on all the same"), widget=forms.Textarea(attrs={"rows": 3})
    )

    use_required_attribute = False


def sent(request: Any, part: str) -> Any:
    """What was typed into this part of a page; None when another part was sent, or nothing."""
    return request.POST if request.POST.get("part") == part else None
