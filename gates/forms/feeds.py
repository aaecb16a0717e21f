"""Where a metric's figure is fetched from."""

from django import forms
from django.utils.translation import gettext_lazy as _

from look.forms import Form
from metrics.feeds import LEAST_SECONDS
from metrics.models import FeedKind

DAY_SECONDS = 24 * 3600


class FeedForm(Form):
    kind = forms.ChoiceField(
        label=_("What is asked"), choices=FeedKind.choices, widget=forms.RadioSelect
    )
    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Of the Prometheus server, or of the JSON itself."),
    )
    query = forms.CharField(
        label=_("Query, or way to the number"),
        max_length=1000,
        help_text=_("PromQL that ends in one value; for JSON names and places, as “data.0.value”."),
    )
    every_seconds = forms.IntegerField(
        label=_("Every so many seconds"),
        min_value=LEAST_SECONDS,
        max_value=31 * DAY_SECONDS,
        initial=3600,
    )

    use_required_attribute = False
