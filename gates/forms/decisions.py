"""The decision at a gate, with one block for each condition, and closing a condition."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.case import Case
from gates.forms.shared import DayInput, ProofForm, people_on
from gates.models import Outcome
from gates.policies import CHOICES
from gates.services.decisions import Choice, NewCondition, earlier_stages
from initiatives.models import Initiative
from look.forms import Form, field_of, not_optional, problems
from playbook.evaluate import Finding
from playbook.kills import stop_recommended

# The fields that count with each outcome, apart from the reason.
NEEDED: dict[str, tuple[str, ...]] = {
    Outcome.HOLD: ("hold_until", "hold_cause"),
    Outcome.RETURN: ("return_to", "return_cause"),
    Outcome.STOP: ("stop_cause",),
}
# Needed where the page shows them: on a return to a stage that allows fewer people.
REDUCTION = ("reduction", "reduction_due")


class ConditionBlock(Form):
    """What must be done about one open blocker, by whom and by when."""

    text = forms.CharField(
        label=_("What must be done"),
        max_length=1000,
        error_messages={"required": _("Describe the action that ends the blocker.")},
    )
    owner: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=None,
        error_messages={"required": _("Choose who answers for it.")},
    )
    due = forms.DateField(
        label=_("By"), widget=DayInput, error_messages={"required": _("Give a date.")}
    )

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        number: int,
        finding: Finding,
        people: QuerySet[User],
        listed: Sequence[tuple[Any, Any]],
        today: date,
    ) -> None:
        super().__init__(data, prefix=f"for-{finding.kind}-{finding.key}")
        self.number, self.finding, self.today = number, finding, today
        owner = field_of(self, "owner", forms.ModelChoiceField)
        owner.queryset = people
        owner.choices = listed

    def clean_due(self) -> date:
        due: date = self.cleaned_data["due"]
        if due < self.today:
            raise forms.ValidationError(_("A condition is due today or later."))
        return due


class DecisionForm(Form):
    """The five outcomes. Only what belongs to the chosen one is asked for."""

    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(outcome.value, outcome.label) for outcome in CHOICES],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the outcomes that are open.")},
    )
    hold_until = forms.DateField(label=_("Hold until"), widget=DayInput, required=False)
    hold_cause = forms.ChoiceField(label=_("Cause of the hold"), required=False)
    return_to = forms.ChoiceField(label=_("Return to"), required=False)
    return_cause = forms.ChoiceField(label=_("Cause of the return"), required=False)
    reduction = forms.CharField(
        label=_("How access comes down"),
        max_length=300,
        required=False,
        help_text=_("Asked for where more people have access than that stage allows."),
    )
    reduction_due = forms.DateField(label=_("By"), widget=DayInput(), required=False)
    stop_cause = forms.ChoiceField(label=_("Cause of the end"), required=False)
    reason = forms.CharField(
        label=_("Why, in a sentence or two"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why, in a sentence or two.")},
    )

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        case: Case,
        initiative: Initiative,
        today: date,
    ) -> None:
        super().__init__(data, initial=_drafted(case))
        self.today = today
        for name in (*REDUCTION, *(name for names in NEEDED.values() for name in names)):
            # The page does not call them optional: the outcome above them needs them.
            not_optional(self.fields[name])
        document = case.document
        causes: list[tuple[Any, Any]] = [("", _("Choose the failure mode behind it"))]
        causes += [(mode.key, mode.name) for mode in document.failure_modes]
        for name in ("hold_cause", "return_cause", "stop_cause"):
            self._choices(name, causes)
        stages = [(key, document.stage(key).name) for key in earlier_stages(case.facts.stage)]
        self._choices("return_to", [("", _("Choose an earlier stage")), *reversed(stages)])
        covered = [finding for finding in case.evaluation.blockers if finding.coverable]
        people = people_on(initiative)
        # Written out once: every block lists the same people.
        listed = [("", _("Choose a person")), *((person.pk, str(person)) for person in people)]
        self.blocks = [
            ConditionBlock(
                data, number=number, finding=finding, people=people, listed=listed, today=today
            )
            for number, finding in enumerate(covered, start=1)
        ]

    def _choices(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = field_of(self, name, forms.ChoiceField)
        field.choices = choices

    @property
    def chosen(self) -> str:
        return str(self["outcome"].value() or "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        outcome = cleaned.get("outcome", "")
        for name in NEEDED.get(outcome, ()):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, self._missing(name))
        if outcome == Outcome.CONDITIONAL_GO and any(block.errors for block in self.blocks):
            self.add_error(None, _("Each condition needs an action, an owner and a date."))
        return cleaned

    @staticmethod
    def _missing(name: str) -> Any:
        if name == "hold_until":
            return _("Name a day after today.")
        if name == "return_to":
            return _("Choose an earlier stage.")
        return _("Choose which of the seven failure modes is behind it.")

    def clean_hold_until(self) -> date | None:
        day: date | None = self.cleaned_data["hold_until"]
        if day is not None and day <= self.today and self.chosen == Outcome.HOLD:
            raise forms.ValidationError(_("Name a day after today."))
        return day

    def problems(self) -> Iterator[tuple[str, str]]:
        """Every error with the id of its field, the blocks' among them, for the summary above."""
        for error in self.non_field_errors():
            yield "", str(error)
        yield from problems(self)
        for block in self._shown_blocks():
            yield from problems(block, f"Condition {block.number}, ")

    def _shown_blocks(self) -> list[ConditionBlock]:
        return self.blocks if self.chosen == Outcome.CONDITIONAL_GO else []

    def choice(self) -> Choice:
        """What a valid form chose."""
        typed, outcome = self.cleaned_data, self.cleaned_data["outcome"]
        return Choice(
            outcome=outcome,
            reason=typed["reason"],
            conditions=[
                NewCondition(blocker=block.finding.id, **block.cleaned_data)
                for block in self._shown_blocks()
            ],
            hold_until=typed["hold_until"],
            return_to=typed["return_to"] if outcome == Outcome.RETURN else "",
            cause=typed.get(f"{outcome}_cause", ""),
            reduction=typed["reduction"] if outcome == Outcome.RETURN else "",
            reduction_due=typed["reduction_due"] if outcome == Outcome.RETURN else None,
        )


def _drafted(case: Case) -> dict[str, Any]:
    """What the page proposes: to stop, once a kill criterion is hit."""
    reason = stop_recommended(case.facts)
    return {"outcome": Outcome.STOP.value, "reason": reason} if reason else {}


class CloseConditionForm(ProofForm):
    note = forms.CharField(
        label=_("How it was met"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a sentence how it was met.")},
    )
