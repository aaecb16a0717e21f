"""The form that names a stand-in."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import PERMISSIONS, Permission, Remit
from gates.forms.shared import DayInput
from look.forms import Form, field_of

SEES_ALL = [role for role, held in PERMISSIONS.items() if Permission.SEE_ALL in held]


class DelegationForm(Form):
    remit = forms.ChoiceField(label=_("For"), error_messages={"required": _("Choose a remit.")})
    stand_in = forms.ModelChoiceField(
        label=_("Stand-in"),
        queryset=User.objects.none(),
        empty_label=_("Nobody chosen"),
        error_messages={"required": _("Choose who stands in.")},
    )
    first_day = forms.DateField(
        label=_("First day"),
        widget=DayInput,
        error_messages={"required": _("Name the first day.")},
    )
    last_day = forms.DateField(
        label=_("Last day"), widget=DayInput, error_messages={"required": _("Name the last day.")}
    )

    use_required_attribute = False

    def __init__(self, *args: Any, reviewer: User, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remits = sorted(reviewer.remits, key=Remit.values.index)
        field_of(self, "remit", forms.ChoiceField).choices = [
            (remit, Remit(remit).label) for remit in remits
        ]
        people = User.objects.active().filter(grants__role__in=SEES_ALL).exclude(pk=reviewer.pk)
        field_of(self, "stand_in", forms.ModelChoiceField).queryset = people.distinct().order_by(
            "name", "pk"
        )
        self.initial.setdefault("first_day", day)
