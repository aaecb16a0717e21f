"""The assessment of one failure mode, with the playbook's indicators as fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.forms.shared import DayInput, people_on
from initiatives.models import Initiative
from look.forms import Form
from playbook.document import Document, FailureMode, Indicator
from risks.models import Response

YES_NO = [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]


def _yes_no(value: str) -> bool | None:
    return {"yes": True, "no": False}.get(value)


def indicator_field(indicator: Indicator) -> forms.Field:
    """The field that an indicator's kind asks for. Every figure may be left unknown."""
    common: dict[str, Any] = {
        "label": indicator.question,
        "required": False,
        "help_text": indicator.unit or "",
    }
    match indicator.kind:
        case "percent":
            return forms.FloatField(
                min_value=0,
                max_value=100,
                widget=forms.NumberInput(attrs={"step": "any"}),
                **common,
            )
        case "number":
            widget = forms.NumberInput(attrs={"step": "any"})
            return forms.FloatField(min_value=0, widget=widget, **common)
        case "yes_no":
            return forms.TypedChoiceField(
                choices=YES_NO, coerce=_yes_no, empty_value=None, **common
            )
        case "choice":
            choices = [("", _("Not known")), *((each, each) for each in indicator.choices)]
            return forms.ChoiceField(choices=choices, **common)
        case _:
            return forms.CharField(max_length=500, **common)


@dataclass(frozen=True)
class IndicatorRow:
    indicator: Indicator
    field: BoundField


class AssessmentForm(Form):
    likelihood = forms.TypedChoiceField(
        label=_("Likelihood"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how likely it is as things stand.")},
    )
    impact = forms.TypedChoiceField(
        label=_("Impact"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how much it would hurt.")},
    )
    response = forms.ChoiceField(
        label=_("Design response"),
        choices=Response.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose none, planned or in place.")},
    )
    response_text = forms.CharField(
        label=_("What is done about it"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    residual_likelihood = forms.TypedChoiceField(
        label=_("Likelihood with the response in place"),
        coerce=int,
        empty_value=None,
        required=False,
    )
    residual_impact = forms.TypedChoiceField(
        label=_("Impact with the response in place"), coerce=int, empty_value=None, required=False
    )
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
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.document, self.mode, self.today = document, mode, today
        scales = {"likelihood": document.rating.likelihood, "impact": document.rating.impact}
        for name, scale in scales.items():
            grades = [(g.degree, f"{g.degree} {g.name}") for g in scale]
            self._choices(name, [(g.degree, f"{g.degree} {g.name}: {g.says}") for g in scale])
            self._choices(f"residual_{name}", [("", _("As it stands now")), *grades])
        people = self.fields["owner"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = people_on(initiative)
        for indicator in mode.indicators:
            field = self.fields[f"i-{indicator.key}"] = indicator_field(indicator)
            field.one_of_several = True  # type: ignore[attr-defined]

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def indicators(self) -> Iterator[IndicatorRow]:
        for indicator in self.mode.indicators:
            yield IndicatorRow(indicator, self[f"i-{indicator.key}"])

    @property
    def values(self) -> dict[str, Any]:
        """The indicators' values that are known."""
        named = {i.key: self.cleaned_data.get(f"i-{i.key}") for i in self.mode.indicators}
        return {key: value for key, value in named.items() if value not in (None, "")}

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
        for name in ("likelihood", "impact"):
            now = cleaned.get(name)
            after = cleaned.get(f"residual_{name}")
            if now is None:
                continue
            if after is None:
                cleaned[f"residual_{name}"] = now
            elif after > now:
                self.add_error(f"residual_{name}", _("It cannot be above where it stands now."))
            elif cleaned.get("response") == Response.NONE and after != now:
                self.add_error(
                    f"residual_{name}", _("Without a response it stays where it stands now.")
                )
        return cleaned

    def due_again(self) -> date:
        """The day chosen, or the playbook's interval for the rating as it stands now."""
        chosen: date | None = self.cleaned_data["reassess_by"]
        rating = self.document.rating.rate(
            self.cleaned_data["likelihood"], self.cleaned_data["impact"]
        )
        return chosen or self.today + timedelta(days=self.document.rating.reassess_days[rating])


def initial_of(assessment: Any, mode: FailureMode) -> dict[str, Any]:
    """What the form shows of the current assessment; the next one gets a date of its own."""
    names = (
        "likelihood",
        "impact",
        "response",
        "response_text",
        "residual_likelihood",
        "residual_impact",
        "owner",
    )
    initial = {name: getattr(assessment, name) for name in names}
    values: Mapping[str, Any] = assessment.indicators
    for indicator in mode.indicators:
        value = values.get(indicator.key)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        initial[f"i-{indicator.key}"] = value
    return initial
