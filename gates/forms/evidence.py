"""Attaching evidence: a link or a file, with what it shows."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from gates.today import today
from look.forms import Form

MOST_BYTES = 20 * 1024 * 1024
ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0"
# What is taken as evidence: the ending of the name, and what such a file begins with. Plain text
# begins with anything.
TAKEN: dict[str, bytes] = {
    ".pdf": b"%PDF",
    **dict.fromkeys((".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".zip"), ZIP),
    **dict.fromkeys((".doc", ".xls", ".ppt", ".msg"), OLE),
    **dict.fromkeys((".csv", ".txt", ".md", ".eml"), b""),
    ".png": b"\x89PNG",
    **dict.fromkeys((".jpg", ".jpeg"), b"\xff\xd8\xff"),
    ".webp": b"RIFF",
}
TAKEN_WORDS = _(
    "PDF, Word, Excel, PowerPoint, OpenDocument, CSV, text, Markdown, PNG, JPEG, WebP, e-mail "
    "(.eml, .msg) or ZIP; at most 20 MB."
)


class LinkField(forms.URLField):
    """The address of a web page, refused once and in one way when it is none."""

    default_validators = [URLValidator(schemes=("http", "https"))]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, required=False, assume_scheme="https", **kwargs)


class EvidenceFile(forms.FileField):
    """A file of a kind that is taken, and that is what its name says."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.FileInput(attrs={"accept": ",".join(TAKEN)})
        super().__init__(
            required=False, max_length=200, help_text=TAKEN_WORDS, widget=widget, **kwargs
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file is None:
            return None
        name, ending = file.name, PurePath(file.name).suffix.lower()
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("“%(name)s” has more than 20 MB. Give a link to it instead."),
                params={"name": name},
            )
        if ending not in TAKEN:
            raise forms.ValidationError(
                _("“%(name)s” is of a kind that is not taken. Choose one of these: %(taken)s"),
                params={"name": name, "taken": TAKEN_WORDS},
            )
        head = file.read(len(TAKEN[ending]))
        file.seek(0)
        if head != TAKEN[ending]:
            raise forms.ValidationError(
                _("“%(name)s” is not what its ending %(ending)s says. Save it as such a file."),
                params={"name": name, "ending": ending},
            )
        return file


class EvidenceForm(Form):
    """One piece of evidence: a link or a file, never both."""

    title = forms.CharField(
        label=_("What it shows"),
        max_length=200,
        help_text=_("As in: Load test of 12 November, 400 users."),
    )
    url = LinkField(label=_("Link"), help_text=_("Where it is kept."))
    file = EvidenceFile(label=_("Or a file"))
    valid_until = forms.DateField(
        label=_("Counts until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Where it says itself when it runs out."),
    )

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
