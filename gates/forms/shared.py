"""What the forms of a review have in common: people to choose from, proof to attach, refusals."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import PERMISSIONS, Permission
from gates.forms.evidence import EvidenceFile, LinkField
from initiatives.errors import Refused
from initiatives.evidence import add_evidence
from initiatives.models import Evidence, Initiative
from look.forms import Form, field_of, not_optional

PROOF_FIELDS = ("evidence", "new_title", "new_url", "new_file")
SEES_ALL = [role for role, held in PERMISSIONS.items() if Permission.SEE_ALL in held]


def people_on(initiative: Initiative) -> QuerySet[User]:
    """Everybody who may be given a task on the initiative: active, and able to open its pages."""
    return (
        User.objects.filter(is_active=True)
        .filter(
            Q(pk__in=[initiative.owner_id, initiative.sponsor_id])
            | Q(memberships__initiative=initiative)
            | Q(grants__role__in=SEES_ALL)
        )
        .distinct()
        .order_by("name", "pk")
    )


def refuse(form: forms.BaseForm, refused: Refused) -> None:
    """Show every reason of a service's refusal above what was typed."""
    for reason in refused.reasons:
        form.add_error(None, reason)


class DayInput(forms.DateInput):
    """The browser's own date field; without one, a text field that takes 2026-12-04."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class EvidenceChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        kind = _("file") if obj.file else _("link")
        seen = _("verified") if obj.verified_at else _("not verified yet")
        return f"{obj.title} ({kind}, {seen})"


class ProofForm(Form):
    """Evidence: chosen from what the initiative has, or brought right here as link or file."""

    evidence = EvidenceChoice(
        label=_("Evidence on the initiative"),
        queryset=Evidence.objects.none(),
        required=False,
        empty_label=_("None chosen"),
    )
    new_title = forms.CharField(label=_("What it shows"), max_length=200, required=False)
    new_url = LinkField(label=_("Link"))
    new_file = EvidenceFile(label=_("File"))

    use_required_attribute = False

    def __init__(self, *args: Any, initiative: Initiative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initiative = initiative
        choice = field_of(self, "evidence", EvidenceChoice)
        choice.queryset = Evidence.objects.filter(initiative=initiative)
        for name in PROOF_FIELDS:
            # The page does not call them optional: one of the ways is needed.
            not_optional(self.fields[name])

    @property
    def brings_new(self) -> bool:
        """Whether something new is attached here, or was meant to be."""
        return any(self.data.get(self.add_prefix(name)) for name in ("new_title", "new_url")) or (
            self.add_prefix("new_file") in self.files
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        title, url, file = (cleaned.get(f"new_{part}") for part in ("title", "url", "file"))
        if url and file:
            self.add_error("new_url", _("Attach a link or a file, not both."))
        if (url or file) and not title:
            self.add_error("new_title", _("Say what the link or file shows."))
        if title and not (url or file) and not {"new_url", "new_file"} & set(self.errors):
            self.add_error("new_url", _("Add the link or the file that the title describes."))
        if cleaned.get("evidence") and (url or file):
            self.add_error("evidence", _("Choose this or attach something new, not both."))
        return cleaned

    def full_clean(self) -> None:
        super().full_clean()
        # A browser never sends a chosen file a second time by itself.
        taken = "new_file" not in self.errors
        if self.errors and taken and self.files.get(self.add_prefix("new_file")):
            self.add_error("new_file", _("Choose the file again: it was not kept."))

    def proof(self, *, by: User, at: datetime) -> Evidence | None:
        """The evidence chosen, or the new one, attached now. Call inside a transaction."""
        chosen: Evidence | None = self.cleaned_data["evidence"]
        url, file = self.cleaned_data["new_url"], self.cleaned_data["new_file"]
        if chosen is not None or not (url or file):
            return chosen
        return add_evidence(
            initiative=self.initiative,
            title=self.cleaned_data["new_title"],
            url=url,
            file=file,
            by=by,
            at=at,
        )
