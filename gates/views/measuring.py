"""Criteria that metrics compute, and recording figures: by numbers on one screen, or as lines."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from gates.forms.measuring import FiguresForm, LinesForm
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.views.loading import load
from gates.views.page import REFUSED, judged, show
from initiatives.errors import Refused
from initiatives.permissions import may_edit
from metrics.models import Metric, MetricKind, Source
from metrics.observations import record_observations
from playbook.document import Criterion
from playbook.evaluate import criterion_finding
from playbook.measuring import lines


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, reference: str) -> HttpResponse:
    """The figures of one day, or pasted lines; back to where the reader came from."""
    rollout = load(request, reference, may=may_edit)
    metrics = list(Metric.objects.live().filter(initiative=rollout.initiative_id))
    at = timezone.now()
    lines = request.method == "POST" and "lines" in request.POST
    typed = request.POST if request.method == "POST" else None
    figures = FiguresForm(None if lines else typed, metrics=metrics, at=at)
    pasted = LinesForm(typed if lines else None, request.FILES if lines else None, metrics=metrics)
    form: FiguresForm | LinesForm = pasted if lines else figures
    back = _back(request, reference)
    if typed is not None and form.is_valid():
        try:
            recorded = record_observations(
                initiative=rollout.initiative,
                readings=form.readings,
                source=Source.PASTE if lines else Source.FORM,
                by=reader(request),
                at=at,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            said = ngettext("%d figure recorded.", "%d figures recorded.", recorded.new)
            messages.success(request, said % recorded.new)
            return redirect(back)
    return show(
        request,
        "gates/figures_record.html",
        rollout,
        {"form": form, "figures": figures, "pasted": pasted, "lines": lines, "back": back},
        status=REFUSED if form.errors else 200,
    )


def _back(request: HttpRequest, reference: str) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("gates:metrics", args=[reference])


def computed(request: HttpRequest, rollout: Rollout, asked: Criterion) -> HttpResponse:
    """A criterion that metrics tell by themselves: how it stands, and the fields to record in."""
    case = judged(rollout)
    kinds = {measure.metric for measure in asked.measures}
    metrics = [
        metric
        for metric in Metric.objects.live().filter(initiative=rollout.initiative_id)
        if metric.kind in kinds
    ]
    return show(
        request,
        "gates/criterion_computed.html",
        rollout,
        {
            "asked": asked,
            "gate": case.document.gate_of_criterion(asked.key),
            "mode": case.document.mode(asked.failure_mode),
            "finding": criterion_finding(asked, case.facts),
            "lines": lines(asked, case.facts.measured_of(asked.key)),
            "missing": [
                MetricKind(kind).label
                for kind in sorted(kinds - {metric.kind for metric in metrics})
            ],
            "form": FiguresForm(metrics=metrics, at=timezone.now()),
            "days_valid": None,
        },
        status=405 if request.method == "POST" else 200,
    )
