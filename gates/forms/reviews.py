"""Forms of a review: opening it, judging a criterion, signing off."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.forms.shared import DayInput, ProofForm
from gates.models.reviews import SignOffVerdict, Verdict
from look.forms import Form


class OpenReviewForm(Form):
    """Without a day the playbook's interval counts; the initiative's page opens it that way."""

    due = forms.DateField(label=_("To be decided by"), widget=DayInput, required=False)

    use_required_attribute = False


class CriterionForm(ProofForm):
    """One person's judgement of an exit criterion. *Met* needs evidence."""

    verdict = forms.ChoiceField(
        label=_("Your judgement"),
        choices=Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose met or not met.")},
    )
    note = forms.CharField(
        label=_("What was found"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what was found, with the figure if there is one.")},
    )

    def __init__(self, *args: Any, unit: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if unit:
            self.fields["note"].help_text = _("State the figure in %(unit)s.") % {"unit": unit}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        unproven = not cleaned.get("evidence") and not self.brings_new
        if cleaned.get("verdict") == Verdict.MET and unproven and "evidence" not in self.errors:
            self.add_error("evidence", _("Choose or attach what shows that the criterion is met."))
        return cleaned


class SignOffForm(Form):
    verdict = forms.ChoiceField(
        label=_("Your word"),
        choices=[
            (SignOffVerdict.SIGNED, _("I sign off")),
            (SignOffVerdict.OBJECTED, _("I object")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether you sign off or object.")},
    )
    note = forms.CharField(
        label=_("Remarks"),
        help_text=_("With an objection: what you object to, and what would answer it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("verdict") == SignOffVerdict.OBJECTED and not cleaned.get("note"):
            self.add_error("note", _("Say what you object to and what would answer it."))
        return cleaned


class AnswerForm(Form):
    answer = forms.CharField(
        label=_("Your answer"),
        help_text=_("What was done about it and where that shows, or why it holds as it is."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what was done, or why it holds as it is.")},
    )

    use_required_attribute = False
