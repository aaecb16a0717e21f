"""The form that makes a token."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.text import written
from initiatives.models import Initiative
from look.forms import Form
from metrics.models import Metric

MOST_LINES = 50
DAYS = ((30, _("30 days")), (90, _("90 days")), (365, _("a year")))


class TokenForm(Form):
    """``reaches`` has a line for each initiative (its reference), or for one metric of it
    (reference, colon, the metric's name)."""

    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        help_text=_("The program that uses it. It stands beside you in the history."),
        validators=[written],
    )
    days = forms.TypedChoiceField(
        label=_("Works for"), choices=DAYS, coerce=int, initial=90, widget=forms.RadioSelect
    )
    writes = forms.BooleanField(
        label=_("It may prepare, not only read"),
        required=False,
        help_text=_("Answer, attach, measure and submit as you. It never signs or decides."),
    )
    reaches = forms.CharField(
        label=_("Reaches only"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One a line: AI-0042 for an initiative, “AI-0042: Minutes a claim” for one metric of "
            "it and nothing else. Empty: all that you may see."
        ),
    )

    use_required_attribute = False

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initiatives: list[Initiative] = []
        self.metrics: list[Metric] = []

    @property
    def narrowed(self) -> bool:
        return bool(self.initiatives or self.metrics)

    def clean_reaches(self) -> str:
        text: str = self.cleaned_data["reaches"]
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(_("Name at most 50. Or leave it empty for everything."))
        for line in lines:
            self._reach(*(part.strip() for part in line.partition(":")))
        return text

    def _reach(self, reference: str, colon: str, name: str) -> None:
        seen = Initiative.objects.visible_to(self.user).filter(reference=reference.upper())
        initiative = seen.first()
        if initiative is None:
            raise forms.ValidationError(
                _("You see no initiative “%(reference)s”. Write it as in AI-0042."),
                params={"reference": reference},
            )
        if not colon:
            self.initiatives.append(initiative)
            return
        metric = Metric.objects.live().filter(initiative=initiative, name__iexact=name).first()
        if metric is None:
            raise forms.ValidationError(
                _("%(reference)s has no metric “%(name)s”. Write it as its page does."),
                params={"reference": initiative.reference, "name": name},
            )
        self.metrics.append(metric)
