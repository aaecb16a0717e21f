"""Forms of what an initiative shares: what it relies on, what failed in it, what that means."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.text import written
from gates.forms.records import text_field
from initiatives.models import Dependency, DependencyKind, FaultVerdict, Initiative
from look.forms import Form, field_of
from playbook.document import Document

USED_FOR = _("Such as “addresses of claimants, every night”.")


class DependencyChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.get_kind_display().lower()})"


class KnownForm(Form):
    """Something that is named already, for another initiative."""

    dependency = DependencyChoice(
        label=_("What it relies on"),
        queryset=Dependency.objects.none(),
        empty_label=_("Choose one"),
    )
    used_for = forms.CharField(label=_("Used for"), max_length=300, help_text=USED_FOR)

    use_required_attribute = False
    prefix = "known"

    def __init__(self, *args: Any, initiative: Initiative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = field_of(self, "dependency", forms.ModelChoiceField)
        choice.queryset = Dependency.objects.not_listed_by(initiative)


class NewForm(Form):
    """Something that nobody has named yet. ``none_of`` is the ids that look alike, once somebody
    confirmed that it is none of them."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=DependencyKind.choices, widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        validators=[written],
        help_text=_("As others would look for it."),
    )
    used_for = forms.CharField(label=_("Used for"), max_length=300, help_text=USED_FOR)
    owner = forms.CharField(label=_("Who answers for it"), max_length=200, required=False)
    note = text_field(_("Note"), rows=2, required=False)
    none_of = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput())

    use_required_attribute = False
    prefix = "new"
    alike: Sequence[Dependency] = ()

    def tell_alike(self, alike: Sequence[Dependency]) -> bool:
        """Show what looks alike and ask for a confirmation, unless it was given for all of it."""
        if {str(each.pk) for each in alike} <= {*self.cleaned_data["none_of"].split()}:
            return False
        self.alike = alike
        self.add_error(
            "name",
            _("Something of nearly this name is known. Take it, or tick “It is none of these”."),
        )
        return True


class FaultForm(Form):
    """A failure that was found here."""

    text = forms.CharField(
        label=_("What failed"),
        max_length=300,
        help_text=_("In one sentence that others understand: what, and how it showed."),
    )
    mode = forms.ChoiceField(label=_("Which failure mode is behind it"))

    use_required_attribute = False

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mode = field_of(self, "mode", forms.ChoiceField)
        mode.choices = [("", _("Choose one"))] + [
            (each.key, each.name) for each in document.failure_modes
        ]


class AnswerForm(Form):
    """What a failure found elsewhere means here."""

    verdict = forms.ChoiceField(
        label=_("What it means here"), choices=FaultVerdict.choices, widget=forms.RadioSelect
    )
    text = text_field(
        _("Why, or what is done about it"),
        help_text=_("The decider reads it, and so does everybody who relies on the same thing."),
    )

    use_required_attribute = False


class MendForm(Form):
    """How a failure that was found here was mended."""

    note = text_field(
        _("How it was mended"), help_text=_("Whoever relies on the same thing reads it too.")
    )

    use_required_attribute = False
