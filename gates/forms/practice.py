"""Forms of how a running system is kept good: reviews, updates, improvements, capacity."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.forms.records import RecordForm, count_field, day_field, percent_field, text_field
from gates.models import Rollout, Stage
from gates.services.capacity import take_offer
from initiatives.models import Initiative
from initiatives.permissions import may_assign
from operations.services import capacity, practice


class PracticeForm(RecordForm):
    page = "practice"


class ReviewForm(PracticeForm):
    title = _("Record a performance review")
    button = _("Save the review")
    anchor = "reviews"

    held_on = day_field(_("Held on"))
    found = text_field(
        _("What was found"), help_text=_("Outcomes, adoption, quality and cost, with figures.")
    )
    decided = text_field(_("What was decided"), required=False)

    def known(self) -> dict[str, Any]:
        return {"held_on": self.today}

    def save(self, *, by: User, at: datetime) -> str:
        practice.record_review(initiative=self.initiative, by=by, at=at, **self.cleaned_data)
        return say("Review saved.")


class UpdateForm(PracticeForm):
    title = _("Log an update of model, prompt or threshold")
    button = _("Log the update")
    hint = _("An untested update is a new system.")
    anchor = "updates"
    two_columns = ("version", "updated_on")

    version = forms.CharField(label=_("Version"), max_length=120)
    updated_on = day_field(_("Updated on"))
    reason = text_field(_("Why"), rows=2)
    tested = text_field(_("How it was tested"), rows=2)
    way_back = forms.CharField(label=_("The way back"), max_length=300)

    def known(self) -> dict[str, Any]:
        return {"updated_on": self.today}

    def save(self, *, by: User, at: datetime) -> str:
        row = practice.record_update(initiative=self.initiative, by=by, at=at, **self.cleaned_data)
        return say("Logged: %s.") % row.version


class ImprovementForm(PracticeForm):
    title = _("Put an improvement on the backlog")
    button = _("Put it there")
    anchor = "backlog"

    text = forms.CharField(label=_("Improvement"), max_length=300)
    rank = count_field(
        _("Place"), low=1, high=999, required=False, help_text=_("1 comes first; empty is last.")
    )

    def save(self, *, by: User, at: datetime) -> str:
        row = practice.list_improvement(
            initiative=self.initiative, by=by, at=at, **self.cleaned_data
        )
        return say("On the backlog at %d.") % row.rank


class RankForm(PracticeForm):
    title = _("Move an improvement")
    button = _("Move it")
    anchor = "backlog"

    rank = count_field(_("Place"), low=1, high=999, help_text=_("1 comes first."))

    def about(self) -> str:
        return str(self.row.text)

    def known(self) -> dict[str, Any]:
        return {"rank": self.row.rank}

    def save(self, *, by: User, at: datetime) -> str:
        row = practice.rank_improvement(improvement=self.row, by=by, at=at, **self.cleaned_data)
        return say("Now at %d on the backlog.") % row.rank


class CloseImprovementForm(PracticeForm):
    title = _("Close an improvement")
    button = _("Close it")
    anchor = "backlog"

    outcome = forms.CharField(label=_("What came of it"), max_length=300)

    def about(self) -> str:
        return str(self.row.text)

    def save(self, *, by: User, at: datetime) -> str:
        practice.close_improvement(improvement=self.row, by=by, at=at, **self.cleaned_data)
        return say("Improvement closed.")


class CapacityForm(PracticeForm):
    title = _("Offer freed capacity")
    button = _("Offer it")
    hint = _("It shows where the program office plans what waits at intake.")
    anchor = "capacity"
    two_columns = ("people", "share_percent", "free_from")

    people = count_field(_("People"), low=1, high=999)
    share_percent = percent_field(_("Share of their time, in %"))
    free_from = day_field(_("Free from"))
    skills = forms.CharField(label=_("What they can do"), max_length=200, required=False)

    def known(self) -> dict[str, Any]:
        return {"free_from": self.today}

    def save(self, *, by: User, at: datetime) -> str:
        capacity.offer_capacity(initiative=self.initiative, by=by, at=at, **self.cleaned_data)
        return say("Offered to the intake queue.")


def _assigns(user: User, initiative: Initiative) -> bool:
    """Whoever gives work to people gives people to work."""
    return may_assign(user)


class TakeForm(PracticeForm):
    title = _("Give freed capacity to what waits")
    button = _("Give it")
    hint = _("Both histories tell of it.")
    anchor = "capacity"
    may: ClassVar[Callable[[User, Initiative], bool]] = staticmethod(_assigns)

    goes_to = forms.CharField(
        label=_("Goes to"),
        max_length=20,
        help_text=_("The reference of an initiative at intake, such as AI-0042."),
    )

    def about(self) -> str:
        return f"{self.row}, {self.row.skills}" if self.row.skills else str(self.row)

    def clean_goes_to(self) -> Initiative:
        reference = self.cleaned_data["goes_to"].strip().upper()
        waiting = Rollout.objects.filter(stage=Stage.INTAKE, initiative__reference=reference)
        rollout = waiting.select_related("initiative").first()
        if rollout is None:
            raise forms.ValidationError(
                _("“Goes to”: nothing at intake has this reference. Enter another.")
            )
        return rollout.initiative

    def save(self, *, by: User, at: datetime) -> str:
        taker = self.cleaned_data["goes_to"]
        take_offer(offer=self.row, initiative=taker, by=by, at=at)
        return say("Goes to %s.") % taker.name
