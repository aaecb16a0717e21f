"""One metric's figures as they came, and the addresses that they are fetched from."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import reader
from gates.forms.feeds import FeedForm
from gates.forms.shared import refuse
from gates.views.loading import load
from gates.views.page import REFUSED, show
from initiatives.errors import Refused
from initiatives.permissions import may_edit
from metrics.feeds import end_feed, set_up_feed
from metrics.models import Feed, Metric, Observation

ON_A_PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def figures(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Every figure of the metric, latest first; posting sets up a feed."""
    posted = request.method == "POST"
    rollout = load(request, reference, may=may_edit if posted else None)
    metric = get_object_or_404(Metric.objects.live(), pk=pk, initiative=rollout.initiative_id)
    form = FeedForm(request.POST if posted else None)
    if posted and form.is_valid():
        try:
            set_up_feed(metric=metric, by=reader(request), at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Set up. The first figure comes within a minute."))
            return redirect("gates:metric_figures", reference, pk)
    observations = Observation.objects.filter(metric=metric).select_related("recorded_by")
    return show(
        request,
        "gates/metric_figures.html",
        rollout,
        {
            "metric": metric,
            "page": Paginator(observations, ON_A_PAGE).get_page(request.GET.get("page")),
            "feeds": Feed.objects.running().filter(metric=metric).select_related("made_by"),
            "form": form,
            "edits": may_edit(reader(request), rollout.initiative),
        },
        status=REFUSED if form.errors else 200,
    )


@login_required
@require_POST
def end(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Fetch from this address no more."""
    rollout = load(request, reference, may=may_edit)
    feed = get_object_or_404(
        Feed.objects.select_related("metric"), pk=pk, metric__initiative=rollout.initiative_id
    )
    end_feed(feed=feed, by=reader(request), at=timezone.now())
    messages.success(request, _("It is no longer fetched. What was recorded stays."))
    return redirect("gates:metric_figures", reference, feed.metric_id)
