"""The forms around a draft: what was seen of it, one more part, a whole file."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from look.forms import Form
from playbook import toml
from playbook.document import Document
from playbook.drafting import Unfit
from playbook.places import Path
from playbook.tightening import Problem
from portfolio.part_form import PartForm

MAX_BYTES = 1024 * 1024  # some ten times the standard


class SeenForm(Form):
    """The number of the draft's last edit, as the page showed it."""

    seen = forms.IntegerField(widget=forms.HiddenInput)


class AddForm(PartForm):
    """A new part. A criterion may be asked of one impact class alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.path[0] == "gates" and self.path[-2] == "criteria":
            classes = kwargs["data_of_draft"]["impact_classes"]
            self.fields["only_for"] = forms.ChoiceField(
                label=_("Asked of"),
                required=False,
                choices=[
                    ("", _("Every initiative")),
                    *((known["key"], known["name"]) for known in classes),
                ],
            )

    def target(self) -> Path:
        """The list that the part goes into."""
        only_for = self.cleaned_data.get("only_for")
        if only_for:
            return ("impact_classes", only_for, "additions", self.path[1], "criteria")
        return self.path[:-1]

    def tell(self, problems: Sequence[Problem]) -> None:
        """The new part's key is not typed, so only the field tells where a problem is."""
        for problem in problems:
            name = problem.path[-1] if problem.path else ""
            inside = problem.path[: len(self.target())] == self.target()
            self.add_error(name if inside and name in self.names else None, problem.says)


class TomlForm(Form):
    """A playbook as TOML, as a file or as text; after an error the text is there to put right."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("TOML file"),
        required=False,
        help_text=_("Download the draft, change the file, and bring it back."),
    )
    text = forms.CharField(
        label=_("Or the text itself"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 14, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        if file is not None:
            cleaned["text"] = self._text_of(file)
            self.data = {**self.data.dict(), "text": cleaned["text"]}  # type: ignore[attr-defined]
        elif not (cleaned.get("text") or "").strip():
            self.add_error("file", _("Choose a TOML file, or paste its text."))
        return cleaned

    def _text_of(self, file: Any) -> str:
        if file.size > MAX_BYTES:
            self.add_error("file", _("This file has more than 1 MB. A playbook has a tenth of it."))
            return ""
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("This file is no text. Save it as UTF-8 and bring it again."))
            return ""
        return text

    def document(self) -> Document | None:
        """The playbook; None after an error, which the form then shows."""
        try:
            return toml.loads(self.cleaned_data["text"])
        except Unfit as unfit:
            self.tell(unfit.problems)
            return None

    def tell(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            self.add_error("text", problem.says)
