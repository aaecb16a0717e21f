"""Attaching evidence: a link or a file, with what it shows."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.today import today
from initiatives.models import web_address

MOST_BYTES = 20 * 1024 * 1024


class EvidenceForm(forms.Form):
    """One piece of evidence: a link or a file, never both."""

    title = forms.CharField(
        label=_("What it shows"),
        max_length=200,
        help_text=_("As in: Load test of 12 November, 400 users."),
    )
    url = forms.URLField(
        label=_("Link"),
        max_length=1000,
        required=False,
        assume_scheme="https",
        validators=[web_address],
        help_text=_("Where it is kept."),
    )
    file = forms.FileField(
        label=_("Or a file"), max_length=200, required=False, help_text=_("Up to 20 MB.")
    )
    valid_until = forms.DateField(
        label=_("Counts until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Where it says itself when it runs out."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > MOST_BYTES:
            raise forms.ValidationError(_("Choose a file of at most 20 MB, or give a link."))
        return file

    def clean_valid_until(self) -> Any:
        until = self.cleaned_data["valid_until"]
        if until is not None and until < today():
            raise forms.ValidationError(_("Choose today or a later day."))
        return until

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        broken = {"url", "file"} & set(self.errors)
        if not broken and bool(cleaned.get("url")) == bool(cleaned.get("file")):
            self.add_error("url", _("Give a link or a file, one of the two."))
        return cleaned
