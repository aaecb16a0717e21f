"""Forms of whom a system reaches: counts, waves, groups of users, and what they say."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.case import case_of
from gates.forms.records import (
    NOBODY,
    RecordForm,
    count_field,
    day_field,
    percent_field,
    text_field,
)
from gates.forms.shared import people_on
from gates.services.waves import against_release, release_wave
from look.forms import field_of
from operations.models import UserGroup, Wave
from operations.services import adoption, reach


class CountForm(RecordForm):
    title = _("Count who has access")
    button = _("Save the count")
    hint = _("A second count of one day replaces the first.")
    anchor = "exposure"
    two_columns = ("exposed", "counted_on")

    exposed = count_field(_("With access"))
    counted_on = day_field(_("Counted on"))
    note = forms.CharField(
        label=_("How it was counted"),
        max_length=200,
        help_text=_("For instance: active accounts in the production tenant."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit = self.initiative.get_population_unit_display()
        self.fields["exposed"].label = f"{str(unit).capitalize()} with access"
        if self.initiative.population:
            self.fields["exposed"].help_text = f"Of {self.initiative.population:,} in all."

    def known(self) -> dict[str, Any]:
        last = self.initiative.exposures.first()
        return {"counted_on": self.today, "note": last.note if last else ""}

    def clean_exposed(self) -> int:
        exposed: int = self.cleaned_data["exposed"]
        whole = self.initiative.population
        if whole and exposed > whole:
            raise forms.ValidationError(
                say(
                    "%(field)s: more than the %(whole)s it is intended for. Check the count, or "
                    "first raise how many it will reach, on the initiative's own form."
                )
                % {"field": self.fields["exposed"].label, "whole": f"{whole:,}"}
            )
        return exposed

    def save(self, *, by: User, at: datetime) -> str:
        row = reach.count_exposure(initiative=self.initiative, by=by, at=at, **self.cleaned_data)
        return say("Counted: %s with access.") % f"{row.exposed:,}"


class ReductionForm(RecordForm):
    title = _("Plan to take access back down")
    button = _("Save the plan")
    hint = _("The breach ends with the count that shows it, not with the plan.")
    anchor = "exposure"

    text = forms.CharField(label=_("How access comes down"), max_length=300)
    due = day_field(_("By"))

    def save(self, *, by: User, at: datetime) -> str:
        reach.plan_reduction(initiative=self.initiative, by=by, at=at, **self.cleaned_data)
        return say("Plan saved.")


class WaveForm(RecordForm):
    title = _("Plan a wave")
    button = _("Save the wave")
    hint = _("Planning gives nobody access. Each wave is released by itself.")
    anchor = "waves"

    name = forms.CharField(label=_("Who it reaches"), max_length=120)
    starts = day_field(_("Starts"))

    def known(self) -> dict[str, Any]:
        return {"name": self.row.name, "starts": self.row.starts} if self.row else {}

    def save(self, *, by: User, at: datetime) -> str:
        if self.row:
            row = reach.change_wave(wave=self.row, by=by, at=at, **self.cleaned_data)
        else:
            row = reach.plan_wave(initiative=self.initiative, by=by, at=at, **self.cleaned_data)
        return say("%s: saved.") % row


class ReleaseForm(RecordForm):
    """No field: the page shows what is released, and what the waves before it tell."""

    title = _("Release a wave")
    button = _("Release it")
    hint = _("Its people have access from then on. The history keeps who released it.")
    anchor = "waves"

    def about(self) -> str:
        return f"{self.row}"

    def notes(self) -> list[str]:
        notes = against_release(case_of(self.rollout, at=timezone.now()))
        if self.row.starts > self.today:
            notes.append(say("It is planned for a later day."))
        for group in self.initiative.user_groups.filter(using__isnull=False):
            percent = 100 * (group.using or 0) // group.people
            if percent < group.target_percent:
                doing = group.action if group.action else say("nothing is done about it")
                notes.append(
                    say("%(group)s is at %(percent)s %%, target %(target)s %%: %(doing)s.")
                    % {
                        "group": group.name,
                        "percent": percent,
                        "target": group.target_percent,
                        "doing": doing.rstrip("."),
                    }
                )
        return notes

    def save(self, *, by: User, at: datetime) -> str:
        row = release_wave(rollout=self.rollout, wave=self.row, by=by, at=at)
        return say("Wave %d is released.") % row.number


class GroupForm(RecordForm):
    title = _("Describe a group of users")
    button = _("Save the group")
    anchor = "groups"
    two_columns = ("people", "target_percent", "wave")

    name = forms.CharField(label=_("Group"), max_length=120)
    people = count_field(_("People"), low=1)
    target_percent = percent_field(_("Target, in %"), initial=60)
    wave = forms.ModelChoiceField(
        label=_("Wave"), queryset=Wave.objects.none(), required=False, empty_label=_("None")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "wave", forms.ModelChoiceField).queryset = self.initiative.waves.all()

    def known(self) -> dict[str, Any]:
        if self.row is None:
            return {}
        names = ("name", "people", "target_percent", "wave")
        return {name: getattr(self.row, name) for name in names}

    def save(self, *, by: User, at: datetime) -> str:
        row = adoption.describe_group(
            initiative=self.initiative, group=self.row, by=by, at=at, **self.cleaned_data
        )
        return say("%s: saved.") % row.name


class OfGroup(RecordForm):
    anchor = "groups"
    row: UserGroup

    def about(self) -> str:
        return f"{self.row.name}, {self.row.people:,} people, target {self.row.target_percent} %"


class UseForm(OfGroup):
    title = _("Measure a group")
    button = _("Save the figure")
    two_columns = ("using", "measured_on")

    using = count_field(_("Really using it"), help_text=_("By the change plan's own definition."))
    measured_on = day_field(_("Measured on"))

    def known(self) -> dict[str, Any]:
        return {"measured_on": self.today}

    def save(self, *, by: User, at: datetime) -> str:
        row = adoption.measure_group(group=self.row, by=by, at=at, **self.cleaned_data)
        return f"{row.name}: {100 * (row.using or 0) / row.people:.3g} %."


class LagForm(OfGroup):
    title = _("Why people do not use it")
    button = _("Save reason and action")
    hint = _("Gate 4 stays shut while a group below its target has no action.")
    two_columns = ("owner", "due")

    reason = text_field(_("Why some do not use it"), help_text=_("As they told it, by how many."))
    action = forms.CharField(label=_("What is done about it"), max_length=300)
    owner = forms.ModelChoiceField(
        label=_("Who does it"), queryset=User.objects.none(), empty_label=NOBODY
    )
    due = day_field(_("By"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "owner", forms.ModelChoiceField).queryset = people_on(self.initiative)

    def known(self) -> dict[str, Any]:
        row = self.row
        return {
            "reason": row.reason,
            "action": row.action,
            "owner": row.action_owner_id or self.initiative.owner_id,
            "due": row.action_due,
        }

    def save(self, *, by: User, at: datetime) -> str:
        row = adoption.act_on_group(group=self.row, by=by, at=at, **self.cleaned_data)
        return say("%s: action saved.") % row.name


class FeedbackForm(RecordForm):
    title = _("Log feedback")
    button = _("Log it")
    hint = _("It stays open until somebody says what came of it.")
    anchor = "feedback"
    two_columns = ("received_on", "group")

    text = text_field(_("What was said"))
    received_on = day_field(_("Received on"))
    group = forms.ModelChoiceField(
        label=_("From which group"),
        queryset=UserGroup.objects.none(),
        required=False,
        empty_label=_("None named"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = self.initiative.user_groups.all()
        field_of(self, "group", forms.ModelChoiceField).queryset = groups

    def known(self) -> dict[str, Any]:
        return {"received_on": self.today}

    def save(self, *, by: User, at: datetime) -> str:
        adoption.log_feedback(
            initiative=self.initiative,
            stage=self.rollout.stage,
            by=by,
            at=at,
            **self.cleaned_data,
        )
        return say("Feedback logged.")


class CloseFeedbackForm(RecordForm):
    title = _("Close feedback")
    button = _("Close it")
    hint = _("Tell those who said it what came of it.")
    anchor = "feedback"

    outcome = text_field(_("What came of it"))
    released = forms.BooleanField(label=_("It changed the system"), required=False)

    def about(self) -> str:
        return f"“{self.row.text}”"

    def save(self, *, by: User, at: datetime) -> str:
        adoption.close_feedback(item=self.row, by=by, at=at, **self.cleaned_data)
        return say("Feedback closed.")
