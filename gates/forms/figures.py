"""Forms of what is connected and what is measured: source systems and metrics."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gates.forms.shared import DayInput
from look.forms import Form, ModelForm, field_of, not_optional
from metrics.models import Cadence, Direction, Metric, MetricKind
from metrics.services import FIELDS as METRIC_FIELDS
from risks.models import PilotConnection, SourceSystem
from risks.sources import FIELDS as SOURCE_FIELDS

KNOWN = [("unknown", _("Not known")), ("true", _("Yes")), ("false", _("No"))]


def _open(field: forms.Field, *, hint: Any = "") -> None:
    """A field that may wait until its figure is known: the page does not call it optional."""
    not_optional(field).help_text = hint


class SourceForm(ModelForm):
    months = forms.DecimalField(
        label=_("Months of effort"), min_value=0, max_digits=4, decimal_places=1, required=False
    )
    pilot_way = forms.ChoiceField(
        label=_("How the pilot connects"),
        choices=PilotConnection.choices,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = SourceSystem
        fields = SOURCE_FIELDS

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {
            "production_way": _("Such as “events from its queue, in both directions”."),
            "security": _("Whose rights apply, what is masked, what is reshaped on the way."),
            "latency_ms": _("In milliseconds, such as 800."),
            "months": _("What is left to do, everybody's work together, such as 1.5."),
            "in_scope": "",
            "in_budget": "",
        }
        for name, hint in hints.items():
            _open(self.fields[name], hint=hint)
        for name in ("in_scope", "in_budget"):
            answer = field_of(self, name, forms.NullBooleanField)
            answer.widget.choices = KNOWN


class MetricForm(ModelForm):
    kind = forms.ChoiceField(
        label=_("What it speaks of"), choices=MetricKind.choices, widget=forms.RadioSelect
    )
    direction = forms.ChoiceField(
        label=_("Which way is better"), choices=Direction.choices, widget=forms.RadioSelect
    )

    cadence = forms.ChoiceField(
        label=_("How often a figure is expected"),
        choices=Cadence.choices,
        initial=Cadence.WEEK,
        required=False,
    )
    latest = forms.FloatField(label=_("Latest figure"), required=False)
    latest_on = forms.DateField(label=_("Measured on"), required=False, widget=DayInput)

    class Meta:
        model = Metric
        fields = METRIC_FIELDS
        widgets = dict.fromkeys(("baseline_on", "target_by"), DayInput)

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            if name not in ("name", "kind", "direction"):
                _open(self.fields[name])
        if self.instance.pk is not None:  # its figures are recorded on a page of their own
            del self.fields["latest"], self.fields["latest_on"]
        self.fields["unit"].help_text = _("Such as “minutes a case” or “% of letters”.")
        for name in ("baseline", "target", "latest"):
            if name in self.fields:
                self.fields[name].help_text = _("A number in the unit given above, such as 12.5.")
        self.fields["measured_by"].help_text = _("The system or report; empty while nothing does.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for figure, day in (("baseline", "baseline_on"), ("latest", "latest_on")):
            if figure in self.errors or day in self.errors:
                continue
            if cleaned.get(figure) is not None and cleaned.get(day) is None:
                self.add_error(day, _("Give the day on which this figure was measured."))
            elif cleaned.get(figure) is None and cleaned.get(day) is not None:
                self.add_error(figure, _("Give the figure of this day, or leave the day empty."))
        cleaned["cadence"] = cleaned.get("cadence") or Cadence.WEEK
        return cleaned


class EndMetricForm(Form):
    why = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("Such as “The case system cannot count it”.")
    )

    use_required_attribute = False
