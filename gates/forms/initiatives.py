"""What people say of an initiative: the form to add or edit one, and who is on it."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.core import signing
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.text import written
from gates.pagefacts import SCORE_WORDS
from initiatives.models import NAME_LENGTH, BusinessUnit, ImpactClass, Initiative
from initiatives.services import EDITABLE
from initiatives.similar import Likeness
from look.forms import Form, ModelForm, field_of
from playbook.document import Document

SEEN_SALT = "gates.initiative.seen"
UNIT_SEPARATORS = "›>"

YES_NO = [("", _("Not known")), ("true", _("Yes")), ("false", _("No"))]

GROUPS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "what",
        "What it is",
        "A reader outside the team should see what it is for.",
        ("name", "unit", "new_unit", "problem", "benefit", "impact_class"),
    ),
    (
        "people",
        "Who answers for it",
        "The sponsor decides what the owner submits, so they are two people.",
        ("owner", "sponsor"),
    ),
    (
        "teams",
        "Who builds it, and who will run it",
        "A production team that did not build it needs engineering, budget and mandate of its own.",
        (
            "pilot_team",
            "production_team",
            "production_engineering",
            "production_budget",
            "production_mandate",
        ),
    ),
    (
        "funding",
        "How production is paid for",
        "Without an owner, a funder and a mechanism it is a learning exercise: it may pass Gate 0 "
        "and no gate after it.",
        ("production_owner", "production_funder", "funding_mechanism"),
    ),
    (
        "reach",
        "Whom it will reach",
        "The share that limited production may expose is worked out from this.",
        ("population", "population_unit"),
    ),
    (
        "scores",
        "Is it worth it, and can it be done",
        "From 1 to 5. Integration complexity is a named part of feasibility.",
        ("value_score", "feasibility_score", "integration_complexity"),
    ),
)

# Groups of short fields, which stand side by side.
SHORT_GROUPS = frozenset({"people", "reach", "scores"})

HINTS = {
    "name": _("What people in the unit call it."),
    "problem": _("What goes wrong today, and for whom."),
    "benefit": _("Which business outcome gets better, and how one would see it."),
    "pilot_team": _("Who builds it."),
    "production_team": _("Who will run it day by day; the same name where one team does both."),
    "production_owner": _("Who answers for it in production."),
    "production_funder": _("Who pays for running it."),
    "funding_mechanism": _("By which budget line, and from when."),
    "population": _("How many it will serve once everyone has it."),
    "population_unit": _("Transactions where nobody is a user."),
}


def people() -> Any:
    """Everybody who can sign in, by name."""
    return User.objects.filter(is_active=True).order_by("name", "pk")


def _score(label: Any, name: str) -> forms.TypedChoiceField:
    choices = [(n, f"{n}, {word}") for n, word in enumerate(SCORE_WORDS[name], start=1)]
    return forms.TypedChoiceField(
        label=label,
        choices=[("", _("Not judged")), *choices],
        coerce=int,
        empty_value=None,
        required=False,
    )


def _known(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=YES_NO,
        coerce=lambda value: value == "true",
        empty_value=None,
        required=False,
    )


def split_units(path: str) -> list[str]:
    """The names in ``Agency › Bureau``, from the root down."""
    for separator in UNIT_SEPARATORS:
        path = path.replace(separator, "\n")
    return [name for name in (" ".join(part.split()) for part in path.split("\n")) if name]


class InitiativeForm(ModelForm):
    """What is known of an initiative. It is saved by a service, never by the form."""

    new_unit = forms.CharField(
        label=_("Or a new unit"),
        max_length=600,
        required=False,
        help_text=_("Its path from the top, as in: Department of Energy › Office of Science."),
    )
    production_engineering = _known(_("Does the production team have engineers?"))
    production_budget = _known(_("Does it hold the budget?"))
    production_mandate = _known(_("Does it have the mandate?"))
    value_score = _score(_("Value"), "value_score")
    feasibility_score = _score(_("Feasibility"), "feasibility_score")
    integration_complexity = _score(_("Integration complexity"), "integration_complexity")

    class Meta:
        model = Initiative
        fields = [name for name in EDITABLE if not name.startswith("architecture")]
        help_texts = HINTS
        widgets = {
            "name": forms.TextInput(),
            "problem": forms.Textarea(attrs={"rows": 3}),
            "benefit": forms.Textarea(attrs={"rows": 3}),
            "impact_class": forms.RadioSelect(),
        }

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = field_of(self, "unit", forms.ModelChoiceField)
        unit.required = not self.data.get("new_unit", "").strip()
        unit.error_messages["required"] = _("Choose a unit, or write a new one below.")
        unit.queryset = BusinessUnit.objects.order_by("label")
        unit.empty_label = str(_("Choose one"))
        says = {known.key: known.says for known in document.impact_classes}
        impact = field_of(self, "impact_class", forms.ChoiceField)
        impact.choices = [
            (value, f"{label}. {says.get(value, '')}".strip())
            for value, label in ImpactClass.choices
        ]
        for field in self.fields.values():
            if type(field) is forms.CharField:
                field.validators.append(written)
        for name in ("production_engineering", "production_budget", "production_mandate"):
            known = getattr(self.instance, name)
            self.initial[name] = "" if known is None else str(known).lower()

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The fields under their headings, in the order in which people can answer them."""
        return [
            {
                "key": key,
                "title": title,
                "note": note,
                "short": key in SHORT_GROUPS,
                "fields": [self[name] for name in names if name in self.fields],
            }
            for key, title, note, names in GROUPS
            if any(name in self.fields for name in names)
        ]

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())[:NAME_LENGTH]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = split_units(cleaned.get("new_unit") or "")
        if any(len(name) > 200 for name in names):
            self.add_error("new_unit", _("Each name may have up to 200 characters."))
        elif len(names) > 4:
            self.add_error("new_unit", _("Name four levels at most."))
        return cleaned

    def _post_clean(self) -> None:
        """The instance stays as it was read, so that a conflict can be told."""

    @cached_property
    def new_unit_names(self) -> list[str]:
        """The path of a unit that is to be made; empty when one was chosen."""
        return split_units(self.cleaned_data.get("new_unit") or "")

    @property
    def said(self) -> dict[str, Any]:
        """What was typed, by the names that the services know."""
        return {name: self.cleaned_data[name] for name in EDITABLE if name in self.cleaned_data}


class OwnerAndSponsor(Form):
    """Who answers for an initiative and who sponsors it: two people."""

    owner = forms.ModelChoiceField(
        User.objects.none(), label=_("Owner"), required=False, empty_label=_("Nobody yet"),
        help_text=_("Answers for it and submits its reviews."),
    )  # fmt: skip
    sponsor = forms.ModelChoiceField(
        User.objects.none(), label=_("Sponsor"), required=False, empty_label=_("Nobody yet"),
        help_text=_("Decides at its gates, together with the program office."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self._people().values():
            field.queryset = people()

    def _people(self) -> dict[str, forms.ModelChoiceField[User]]:
        found = {name: self.fields[name] for name in ("owner", "sponsor")}
        return {n: f for n, f in found.items() if isinstance(f, forms.ModelChoiceField)}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("owner") and cleaned.get("owner") == cleaned.get("sponsor"):
            self.add_error(
                "sponsor", _("Choose somebody else: the sponsor decides what the owner submits.")
            )
        return cleaned


class CreateForm(OwnerAndSponsor, InitiativeForm):
    """A new initiative, with its owner and sponsor where they are known.

    ``form_key`` tells a form that is sent twice from two forms. ``none_of`` is the references
    that look alike, once somebody confirmed that it is none of them.
    """

    form_key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput())
    none_of = forms.CharField(
        label=_("It is none of these"),
        required=False,
        max_length=200,
        # The confirmation's own field on the page has the id.
        widget=forms.HiddenInput(attrs={"id": False}),
    )
    alike: Sequence[Likeness] = ()

    def tell_alike(self, alike: Sequence[Likeness]) -> bool:
        """Show what looks alike and ask for a confirmation, unless it was given for all of it."""
        if {like.initiative.reference for like in alike} <= {*self.cleaned_data["none_of"].split()}:
            return False
        self.alike = alike
        self.add_error(
            "none_of",
            _("Some initiatives look like it. Open one of them, or tick “It is none of these”."),
        )
        return True


class EditForm(InitiativeForm):
    """An initiative as somebody saw it and wants it to be.

    ``seen`` is what the page showed, signed, so that a change by somebody else in between is told
    and nobody overwrites it unawares.
    """

    seen = forms.CharField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.snapshot()

    def show_anew(self) -> None:
        """Keep what was typed, and take what stands there now as seen."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("seen")] = self.snapshot()
        self.data = data

    def snapshot(self) -> str:
        """The editable facts and the version as the database has them, for the next round."""
        values = {name: _plain(getattr(self.instance, name)) for name in EDITABLE}
        values["version"] = self.instance.version
        return signing.dumps(values, salt=SEEN_SALT, compress=True)

    def clean_seen(self) -> dict[str, Any]:
        try:
            values: dict[str, Any] = signing.loads(self.cleaned_data["seen"], salt=SEEN_SALT)
        except signing.BadSignature:
            raise forms.ValidationError(_("Open the page anew and try again.")) from None
        return values

    @property
    def changes(self) -> dict[str, Any]:
        """What the person changed from what the page had shown."""
        seen = self.cleaned_data["seen"]
        return {name: value for name, value in self.said.items() if _plain(value) != seen[name]}

    def conflicts(self) -> list[str]:
        """Fields that this person and somebody else both changed since the page was opened."""
        seen = self.cleaned_data["seen"]
        return [name for name in self.changes if _plain(getattr(self.instance, name)) != seen[name]]


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, BusinessUnit) else value


class PeopleForm(OwnerAndSponsor):
    """Owner and sponsor of an initiative; nobody who is set can be left out again."""

    def __init__(self, *args: Any, initiative: Initiative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self._people().items():
            current = getattr(initiative, name)
            field.initial = current
            if current is not None:
                field.required = True
                field.empty_label = None


class ContributorForm(Form):
    """Somebody to work on the initiative."""

    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Add somebody"),
        empty_label=_("Choose a person"),
        help_text=_("May answer, assess and attach evidence. Only the owner submits."),
    )

    def __init__(self, *args: Any, initiative: Initiative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = field_of(self, "person", forms.ModelChoiceField)
        field.queryset = (
            people().exclude(memberships__initiative=initiative).exclude(pk=initiative.owner_id)
        )


class PauseForm(Form):
    """Why the work stops for a while, in words and as one of the seven failure modes."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What it waits for, and what ends the wait."),
    )
    cause = forms.ChoiceField(
        label=_("Which failure mode is behind it"), widget=forms.RadioSelect()
    )

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cause = field_of(self, "cause", forms.ChoiceField)
        cause.choices = [
            (mode.key, f"{mode.name}. {mode.stall_looks_like}") for mode in document.failure_modes
        ]
