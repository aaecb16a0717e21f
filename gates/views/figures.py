"""What is connected and what is measured: rows whose figures tell of a failure mode themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import reader
from gates.case import Case
from gates.forms.figures import EndMetricForm, MetricForm, SourceForm
from gates.forms.shared import refuse
from gates.views.loading import load
from gates.views.page import REFUSED, judged, show
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.permissions import may_edit
from look.forms import Form, ModelForm
from metrics.models import Metric, MetricKind, Source
from metrics.moments import moment_of
from metrics.observations import Reading, record_observations
from metrics.services import add_metric, change_metric, end_metric
from playbook.document import FailureMode
from playbook.indicators import Suggestion, suggest
from risks.models import SourceSystem
from risks.sources import change_source, list_source, remove_source

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Kind:
    """Rows of one kind: their form, their page, and the services that change them."""

    rows: Callable[[], QuerySet[Any]]
    ended: Callable[[], QuerySet[Any]]
    form: type[ModelForm]
    leaving: type[Form]
    page: str
    mode: str
    noun: str
    given_as: str
    add: Callable[..., Any]
    change: Callable[..., Any]
    remove: Callable[..., Any]
    removed: str


SOURCES = Kind(
    SourceSystem.objects.live,
    SourceSystem.objects.none,
    SourceForm,
    Form,
    "sources",
    "integration",
    "source system",
    "source",
    list_source,
    change_source,
    remove_source,
    gettext_noop("%(name)s: taken off; the history keeps it."),
)


@transaction.atomic
def _add_metric(
    *, initiative: Initiative, fields: dict[str, Any], by: User, at: datetime
) -> Metric:
    """Name a metric, and record its figure where there is one."""
    metric = add_metric(initiative=initiative, fields=fields, by=by, at=at)
    if fields["latest"] is not None:
        reading = Reading(metric.pk, moment_of(fields["latest_on"]), fields["latest"])
        record_observations(
            initiative=initiative, readings=[reading], source=Source.FORM, by=by, at=at
        )
    return metric


METRICS = Kind(
    Metric.objects.live,
    Metric.objects.ended,
    MetricForm,
    EndMetricForm,
    "metrics",
    "value",
    "metric",
    "metric",
    _add_metric,
    change_metric,
    end_metric,
    gettext_noop("%(name)s: ended. This page keeps it, with who and why."),
)


@dataclass(frozen=True)
class Told:
    """What the rows make of their failure mode: its figures, and what these call for."""

    mode: FailureMode
    figures: dict[str, Any]
    suggestion: Suggestion
    rating: str
    assessed: bool


def _told(case: Case, key: str) -> Told | None:
    """None where the rollout's playbook has no such failure mode."""
    mode = next((each for each in case.document.failure_modes if each.key == key), None)
    if mode is None:
        return None
    figures = dict(case.facts.figures.get(key, {}))
    suggestion = suggest(mode, figures)
    degrees = (suggestion.likelihood, suggestion.impact)
    rating = case.document.rating.rate(*degrees) if all(degrees) else ""  # type: ignore[arg-type]
    return Told(mode, figures, suggestion, rating, key in case.facts.risks)


@login_required
@get_or_post
def sources(request: HttpRequest, reference: str) -> HttpResponse:
    """Every system that production needs, and what it takes to connect them all."""
    return _all(request, reference, SOURCES)


@login_required
@get_or_post
def source(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    return _one(request, reference, pk, SOURCES)


@login_required
@get_or_post
def metrics(request: HttpRequest, reference: str) -> HttpResponse:
    """What is measured, and whether it makes a case."""
    return _all(request, reference, METRICS)


@login_required
@get_or_post
def metric(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    return _one(request, reference, pk, METRICS)


def _all(request: HttpRequest, reference: str, kind: Kind) -> HttpResponse:
    posted = request.method == "POST"
    rollout = load(request, reference, may=may_edit if posted else None)
    form = kind.form(request.POST if posted else None)
    if posted and form.is_valid():
        try:
            row = kind.add(
                initiative=rollout.initiative,
                fields=form.cleaned_data,
                by=reader(request),
                at=timezone.now(),
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("%(name)s: added.") % {"name": row.name})
            return redirect(f"gates:{kind.page}", reference)
    case = judged(rollout)
    rows = list(kind.rows().filter(initiative=rollout.initiative_id))
    ended = kind.ended().filter(initiative=rollout.initiative_id)
    business = [row for row in rows if getattr(row, "kind", "") == MetricKind.BUSINESS]
    return show(
        request,
        f"gates/{kind.page}.html",
        rollout,
        {
            "rows": rows,
            "ended": ended,
            "business": business,
            "counting": sum(row.counts for row in business),
            "recorded": sum(bool(row.measured_by) for row in business),
            "form": form,
            "told": _told(case, kind.mode),
            "edits": may_edit(reader(request), rollout.initiative),
        },
        status=REFUSED if form.errors else 200,
    )


def _one(request: HttpRequest, reference: str, pk: int, kind: Kind) -> HttpResponse:
    rollout = load(request, reference, may=may_edit)
    row = get_object_or_404(kind.rows(), pk=pk, initiative=rollout.initiative_id)
    name = row.name  # a form that is sent back writes over the row's
    act: dict[str, Any] = {kind.given_as: row, "by": reader(request), "at": timezone.now()}
    removing = request.method == "POST" and "remove" in request.POST
    leaving = kind.leaving(request.POST if removing else None)
    if removing and leaving.is_valid():
        try:
            kind.remove(**leaving.cleaned_data, **act)
        except Refused as refused:
            messages.error(request, " ".join(refused.reasons))
            return redirect(request.path)
        messages.success(request, _(kind.removed) % {"name": name})
        return redirect(f"gates:{kind.page}", reference)
    changing = request.method == "POST" and not removing
    form = kind.form(request.POST if changing else None, instance=row)
    if changing and form.is_valid():
        try:
            kind.change(fields=form.cleaned_data, **act)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("%(name)s: saved.") % {"name": row.name})
            return redirect(f"gates:{kind.page}", reference)
    return show(
        request,
        "gates/figure_row.html",
        rollout,
        {
            "form": form,
            "leaving": leaving,
            "name": name,
            "noun": kind.noun,
            "fields": f"gates/{kind.page}_fields.html",
            "back": f"gates:{kind.page}",
        },
        status=REFUSED if form.errors or leaving.errors else 200,
    )
