"""The assessment of one failure mode, with the playbook's indicators as fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.figures import implied
from gates.forms.indicators import indicator_field, shown_as
from gates.forms.shared import DayInput, people_on
from initiatives.models import Initiative
from look.forms import Form, field_of, not_optional
from playbook.document import Document, FailureMode, Indicator
from playbook.indicators import Suggestion, suggest
from risks.models import Assessment, Response

DEGREES = ("likelihood", "impact")
# What choosing a design response says.
RESPONSES = {
    Response.NONE: _("nothing is done about it yet. Rated critical, it keeps every gate shut"),
    Response.PLANNED: _("it is agreed what will be done, and nothing of it works yet"),
    Response.IN_PLACE: _("it is built and at work today"),
}
UNSAID = {
    "likelihood": _("No figure suggests it yet. Choose how likely it is as things stand."),
    "impact": _("No figure suggests it yet. Choose how much it would hurt."),
}


def degree(label: Any) -> forms.TypedChoiceField:
    """A degree that may be left to what stands before it."""
    return forms.TypedChoiceField(label=label, coerce=int, empty_value=None, required=False)


def judged(label: Any) -> forms.TypedChoiceField:
    """A degree as things stand, which may be left to the figures."""
    field = degree(label)
    field.widget = forms.RadioSelect()
    return not_optional(field)


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator with its field, or with the value that other rows tell."""

    indicator: Indicator
    field: BoundField | None
    told: str


class AssessmentForm(Form):
    likelihood = judged(_("Likelihood"))
    impact = judged(_("Impact"))
    override_reason = forms.CharField(
        label=_("Why it is judged otherwise than the figures suggest"),
        help_text=_("Needed when a degree differs from theirs. It stays beside the rating."),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    inherent_likelihood = degree(_("Likelihood with no response"))
    inherent_impact = degree(_("Impact with no response"))
    response = forms.ChoiceField(
        label=_("Design response"),
        choices=[(each.value, f"{each.label}: {RESPONSES[each]}") for each in Response],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose none, planned or in place.")},
    )
    response_text = forms.CharField(
        label=_("What is done about it"),
        help_text=_("Needed unless the response is none."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    residual_likelihood = degree(_("Likelihood with the response in place"))
    residual_impact = degree(_("Impact with the response in place"))
    owner: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=_("Who answers for it"), queryset=None, required=False, empty_label=_("Nobody yet")
    )
    reassess_by = forms.DateField(label=_("Assess again by"), widget=DayInput, required=False)

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        initiative: Initiative,
        document: Document,
        mode: FailureMode,
        told: Mapping[str, Any],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.document, self.mode, self.told, self.today = document, mode, told, today
        scales = {"likelihood": document.rating.likelihood, "impact": document.rating.impact}
        for name, scale in scales.items():
            grades = [(g.degree, f"{g.degree} {g.name}") for g in scale]
            says = [(g.degree, f"{g.degree} {g.name}: {g.says}") for g in scale]
            self._choices(name, [("", _("As the figures suggest")), *says])
            for prefix in ("inherent", "residual"):
                self._choices(f"{prefix}_{name}", [("", _("As it stands now")), *grades])
        for name in ("override_reason", "response_text"):
            not_optional(self.fields[name])
        people = field_of(self, "owner", forms.ModelChoiceField)
        people.queryset = people_on(initiative)
        for indicator in mode.indicators:
            if indicator.key not in told:
                self.fields[f"i-{indicator.key}"] = not_optional(indicator_field(indicator))

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = field_of(self, name, forms.ChoiceField)
        field.choices = choices

    @property
    def indicators(self) -> Iterator[IndicatorRow]:
        for indicator in self.mode.indicators:
            if indicator.key in self.told:
                told = shown_as(indicator, self.told[indicator.key])
                yield IndicatorRow(indicator, None, told)
            else:
                yield IndicatorRow(indicator, self[f"i-{indicator.key}"], "")

    @property
    def values(self) -> dict[str, Any]:
        """The indicators that were answered here."""
        named = {i.key: self.cleaned_data.get(f"i-{i.key}") for i in self.mode.indicators}
        return {key: value for key, value in named.items() if value not in (None, "")}

    @property
    def figures(self) -> dict[str, Any]:
        """The indicators that other rows tell, or that follow from what is known."""
        return {**self.told, **implied({**self.values, **self.told})}

    @cached_property
    def suggestion(self) -> Suggestion:
        """What the figures call for, as far as they could be read. For a form that was cleaned."""
        return suggest(self.mode, {**self.values, **self.figures})

    @property
    def ratings(self) -> dict[str, str]:
        """The ratings that follow from the degrees chosen so far: inherent, now and residual."""
        found: dict[str, str] = {}
        for kind in ("inherent_", "", "residual_"):
            degrees: list[Any] = [
                self.cleaned_data.get(f"{kind}{part}") or self.cleaned_data.get(part)
                for part in DEGREES
            ]
            if all(degrees):
                found[kind.strip("_") or "now"] = self.document.rating.rate(*degrees)
        return found

    def clean_reassess_by(self) -> date | None:
        day: date | None = self.cleaned_data["reassess_by"]
        if day is not None and day <= self.today:
            raise forms.ValidationError(_("Choose a day after today."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("response") not in (None, Response.NONE) and not cleaned.get(
            "response_text"
        ):
            self.add_error("response_text", _("Describe the response, or choose none."))
        self._take_suggested()
        for name in DEGREES:
            if cleaned.get(name) is not None:
                self._check_around(name, cleaned[name])
        return cleaned

    def _take_suggested(self) -> None:
        """A degree left open is the suggested one; one that differs from it needs a reason."""
        cleaned, differs = self.cleaned_data, []
        for name in DEGREES:
            if name not in cleaned:
                continue
            calls_for = getattr(self.suggestion, name)
            if cleaned[name] is None and calls_for is None:
                self.add_error(name, UNSAID[name])
            elif cleaned[name] is None:
                cleaned[name] = calls_for
            elif calls_for not in (None, cleaned[name]):
                differs.append(f"{name} {calls_for}")
        if differs and not cleaned.get("override_reason"):
            self.add_error(
                "override_reason",
                _("The figures call for %(degrees)s. Say why it is judged otherwise.")
                % {"degrees": " and ".join(differs)},
            )

    def _check_around(self, name: str, now: int) -> None:
        """Fill in and check the degrees with no response and with the response in place."""
        cleaned = self.cleaned_data
        inherent, residual = f"inherent_{name}", f"residual_{name}"
        before, after = cleaned.get(inherent), cleaned.get(residual)
        if before is None:
            cleaned[inherent] = now
        elif before < now:
            self.add_error(inherent, _("It cannot be below where it stands now."))
        if after is None:
            cleaned[residual] = now
        elif after > now:
            self.add_error(residual, _("It cannot be above where it stands now."))
        elif cleaned.get("response") == Response.NONE and after != now:
            self.add_error(residual, _("Without a response it stays where it stands now."))

    def due_again(self) -> date:
        """The day chosen, or the playbook's interval for the rating as it stands now."""
        chosen: date | None = self.cleaned_data["reassess_by"]
        rating = self.document.rating.rate(
            self.cleaned_data["likelihood"], self.cleaned_data["impact"]
        )
        return chosen or self.today + timedelta(days=self.document.rating.reassess_days[rating])


def initial_of(assessment: Assessment, mode: FailureMode) -> dict[str, Any]:
    """What the form shows of the current assessment; the next one gets a date of its own. A degree
    that followed the figures goes on following them."""
    names = ("override_reason", "response", "response_text", "owner")
    initial = {name: getattr(assessment, name) for name in names}
    for name in DEGREES:
        now = getattr(assessment, name)
        initial[name] = "" if now == getattr(assessment, f"suggested_{name}") else now
        for prefix in ("inherent", "residual"):
            value = getattr(assessment, f"{prefix}_{name}")
            initial[f"{prefix}_{name}"] = "" if value == now else value
    values: Mapping[str, Any] = assessment.indicators
    for indicator in mode.indicators:
        value = values.get(indicator.key)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        initial[f"i-{indicator.key}"] = value
    return initial
