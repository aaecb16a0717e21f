"""Forms of what an initiative rests on: the six conditions, the architecture, assumptions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from initiatives.models import (
    Architecture,
    AssumptionVerdict,
    ConditionContrast,
    Distance,
)
from look.forms import Form, not_optional
from playbook.document import Document, FailureMode, PilotCondition


@dataclass(frozen=True)
class ContrastRow:
    condition: PilotCondition
    pilot: BoundField
    production: BoundField
    distance: BoundField
    stored: ConditionContrast | None
    threatens: tuple[FailureMode, ...]


class ContrastsForm(Form):
    """The six conditions at once, as the pilot has them and as production will."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        document: Document,
        stored: Mapping[str, ConditionContrast],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.document, self.conditions, self.stored = document, document.conditions, stored
        for condition in self.conditions:
            row, key = stored.get(condition.key), condition.key
            sides = {"pilot": _("In the pilot"), "production": _("In production")}
            for side, label in sides.items():
                text = forms.CharField(
                    label=label,
                    required=False,
                    initial=getattr(row, side, ""),
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
                self.fields[f"{key}-{side}"] = not_optional(text)
            self.fields[f"{key}-distance"] = forms.ChoiceField(
                label=_("Distance"),
                choices=Distance.choices,
                initial=row.distance if row else Distance.UNKNOWN,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for condition in self.conditions:
            pilot, production, distance = self._values(condition.key)
            if distance not in (None, "", Distance.UNKNOWN) and not (pilot and production):
                side = "production" if pilot else "pilot"
                self.add_error(
                    f"{condition.key}-{side}",
                    _("Describe it before you judge the distance, or choose “Not judged”."),
                )
        return cleaned

    def _values(self, key: str) -> tuple[str, str, str]:
        return tuple(  # type: ignore[return-value]
            self.cleaned_data.get(f"{key}-{part}") or ""
            for part in ("pilot", "production", "distance")
        )

    def changed(self) -> Iterator[tuple[PilotCondition, str, str, str]]:
        """The conditions of which anything differs from what is stored."""
        for condition in self.conditions:
            values, row = self._values(condition.key), self.stored.get(condition.key)
            before = (row.pilot, row.production, row.distance) if row else ("", "", "unknown")
            if values != before:
                yield condition, *values

    @property
    def told(self) -> bool:
        """Whether the distance of every condition is judged."""
        rows = (self.stored.get(condition.key) for condition in self.conditions)
        return all(row is not None and row.distance != Distance.UNKNOWN for row in rows)

    @property
    def rows(self) -> Iterator[ContrastRow]:
        for condition in self.conditions:
            key = condition.key
            pilot, production, distance = (
                self[f"{key}-{part}"] for part in ("pilot", "production", "distance")
            )
            threatens = tuple(map(self.document.mode, condition.threatens))
            stored = self.stored.get(key)
            yield ContrastRow(condition, pilot, production, distance, stored, threatens)


class ArchitectureForm(Form):
    architecture = forms.ChoiceField(
        label=_("From the pilot's architecture to production's"),
        choices=Architecture.choices,
        widget=forms.RadioSelect,
    )
    architecture_note = forms.CharField(
        label=_("What has to be added, in which steps"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        said = cleaned.get("architecture")
        if said == Architecture.INCREMENTS and not cleaned.get("architecture_note"):
            self.add_error("architecture_note", _("Name the steps, so that they can be checked."))
        return cleaned


class AssumptionForm(Form):
    text = forms.CharField(
        label=_("Assumption"),
        max_length=300,
        help_text=_("What has to be true in production for this to work."),
    )
    test = forms.CharField(label=_("How the pilot tests it"), max_length=300, required=False)
    settles = forms.CharField(label=_("Figure that settles it"), max_length=200, required=False)

    use_required_attribute = False


class VerdictForm(Form):
    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=AssumptionVerdict.choices, widget=forms.RadioSelect
    )
    finding = forms.CharField(
        label=_("What was found, and what follows"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "The figure the pilot gave. Where it is refuted or untested: what production does "
            "about it."
        ),
    )

    use_required_attribute = False
