"""The form that adds an endpoint."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from look.forms import Form
from webhooks.kinds import KINDS

VERB = re.compile(r"([a-z_]{1,30})(\.[a-z_]{1,29})?")


class EndpointForm(Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Where events are sent by POST, such as https://example.org/hooks/clearway."),
        widget=forms.URLInput(),
    )
    verbs = forms.CharField(
        label=_("Only these events"),
        required=False,
        max_length=1000,
        help_text=_("Kinds such as review or decision, or single ones such as review.submitted."),
    )

    use_required_attribute = False

    def clean_verbs(self) -> list[str]:
        verbs = sorted({*self.cleaned_data["verbs"].replace(",", " ").split()})
        for verb in verbs:
            read = VERB.fullmatch(verb)
            if read is None or read[1] not in KINDS:
                raise forms.ValidationError(
                    _("There are no events called “%(verb)s”. The kinds are: %(kinds)s."),
                    params={"verb": verb, "kinds": ", ".join(sorted(KINDS))},
                )
        return verbs
