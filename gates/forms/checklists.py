"""Forms of the design assessment and the ladder."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from checklists.models import DesignAnswer
from checklists.services import Answer
from gates.forms.shared import DayInput, ProofForm, people_on
from initiatives.models import Initiative
from look.forms import Form, field_of
from playbook.document import DesignArea, DesignQuestion, MvpCheck


@dataclass(frozen=True)
class QuestionRow:
    question: DesignQuestion
    text: BoundField
    settled: BoundField
    answer: DesignAnswer | None


class DesignAreaForm(Form):
    """Every question of one area at once. What is valid is saved even when another is not."""

    use_required_attribute = False

    def __init__(
        self, *args: Any, area: DesignArea, answers: Mapping[str, DesignAnswer], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.area, self.answers = area, answers
        for question in area.questions:
            answer = answers.get(question.key)
            self.fields[f"{question.key}-text"] = forms.CharField(
                label=question.question,
                required=False,
                initial=answer.text if answer else "",
                widget=forms.Textarea(attrs={"rows": 3}),
            )
            self.fields[f"{question.key}-settled"] = forms.BooleanField(
                label=_("Settled: nothing about this is still open"),
                required=False,
                initial=answer.settled if answer else False,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for question in self.area.questions:
            if cleaned.get(f"{question.key}-settled") and not cleaned.get(f"{question.key}-text"):
                self.add_error(
                    f"{question.key}-text", _("Write the answer before you mark it settled.")
                )
        return cleaned

    @property
    def rows(self) -> Iterator[QuestionRow]:
        for question in self.area.questions:
            yield QuestionRow(
                question,
                self[f"{question.key}-text"],
                self[f"{question.key}-settled"],
                self.answers.get(question.key),
            )

    def changed(self) -> Iterator[Answer]:
        """Every valid answer that differs from what is stored."""
        for question in self.area.questions:
            names = (f"{question.key}-text", f"{question.key}-settled")
            if names[0] in self.cleaned_data and {*names} & {*self.changed_data}:
                text, settled = (self.cleaned_data[name] for name in names)
                yield Answer(question, text, settled)


class AssignForm(Form):
    """Several checks to one person."""

    checks = forms.MultipleChoiceField(
        label=_("Checks"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick the checks that this person answers for.")},
    )
    assignee: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=_("Who answers for the ticked checks"),
        queryset=None,
        empty_label=_("Choose a person"),
        error_messages={"required": _("Choose who answers for them.")},
    )

    use_required_attribute = False

    def __init__(
        self, *args: Any, initiative: Initiative, checks: Iterable[MvpCheck], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choice, people = self.fields["checks"], self.fields["assignee"]
        assert isinstance(choice, forms.MultipleChoiceField)
        assert isinstance(people, forms.ModelChoiceField)
        choice.choices = [(check.key, check.name) for check in checks]
        people.queryset = people_on(initiative)


class PlanForm(Form):
    """Who answers for a check, and how and by when it will be met."""

    assignee: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=_("Who answers for it"),
        queryset=None,
        empty_label=_("Choose a person"),
        error_messages={"required": _("Choose who answers for it.")},
    )
    solution = forms.CharField(
        label=_("Solution path"),
        help_text=_("How it will be met. Leave this and the date empty only to assign it."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    due = forms.DateField(label=_("Met by"), widget=DayInput, required=False)

    use_required_attribute = False

    def __init__(self, *args: Any, initiative: Initiative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = field_of(self, "assignee", forms.ModelChoiceField)
        people.queryset = people_on(initiative)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        solution, due = cleaned.get("solution"), cleaned.get("due")
        if due and not solution:
            self.add_error("solution", _("Say how it will be met by that date."))
        if solution and not due and "due" not in self.errors:
            self.add_error("due", _("Give the date by which it will be met."))
        return cleaned


class MeetForm(ProofForm):
    """Evidence that a check is met."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("evidence") and not self.brings_new and "evidence" not in self.errors:
            self.add_error("evidence", _("Choose or attach what shows that the check is met."))
        return cleaned


class ReopenForm(Form):
    reason = forms.CharField(
        label=_("Why it no longer holds"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it no longer holds.")},
    )

    use_required_attribute = False
