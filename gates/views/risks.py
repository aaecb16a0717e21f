"""The seven failure modes: what each looks like, and how it stands here."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import reader
from gates.causes import BaseRates, base_rates
from gates.figures import TELLERS, implied, told_now
from gates.forms.risks import AssessmentForm, initial_of
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.today import today
from gates.views.loading import load
from gates.views.page import REFUSED, judged, named, show
from initiatives.errors import Refused
from initiatives.permissions import may_edit
from playbook.document import Document, FailureMode
from playbook.indicators import suggest
from playbook.parts import Reference
from risks.models import Assessment
from risks.services import assess


def _base_rates(rollout: Rollout, mode: str = "") -> dict[str, Any]:
    """How often the failure modes were behind the stalls, returns and stops of other initiatives
    like this one, in one query; ``times`` of them this mode."""
    initiative, document = rollout.initiative, rollout.playbook.parsed
    rates: BaseRates = base_rates(
        initiative.impact_class, compare_from=document.compare_from, besides=initiative.pk
    )
    kinds = {kind.key: kind.name.lower() for kind in document.impact_classes}
    counts = [(each, rates.counts.get(each.key, 0)) for each in document.failure_modes]
    return {
        "base_rates": rates,
        "base_kind": kinds.get(rates.impact_class, ""),
        "compare_from": document.compare_from,
        "times": rates.counts.get(mode, 0),
        "times_each": sorted((pair for pair in counts if pair[1]), key=lambda pair: -pair[1]),
    }


@login_required
@require_GET
def risks(request: HttpRequest, reference: str) -> HttpResponse:
    """All seven, each with its rating with no response, now and once treated."""
    rollout = load(request, reference)
    case = judged(rollout)
    current = Assessment.objects.current().filter(initiative=rollout.initiative_id)
    stored = {row.mode: row for row in current.select_related("assessed_by", "owner")}
    return show(
        request,
        "gates/risks.html",
        rollout,
        {
            "modes": [
                {
                    "mode": mode,
                    "suggestion": suggest(mode, case.facts.figures.get(mode.key, {})),
                    **_rated(case.document, stored.get(mode.key)),
                }
                for mode in case.document.failure_modes
            ],
            "may_edit": may_edit(reader(request), rollout.initiative),
            "today": case.facts.today,
            **_base_rates(rollout),
        },
    )


def _rated(document: Document, row: Assessment | None) -> dict[str, Any]:
    """An assessment with its three ratings."""
    if row is None:
        return {"row": None}
    rate = document.rating.rate
    return {
        "row": row,
        "inherent": rate(row.inherent_likelihood, row.inherent_impact),
        "rating": rate(row.likelihood, row.impact),
        "residual": rate(row.residual_likelihood, row.residual_impact),
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def risk(request: HttpRequest, reference: str, mode: str) -> HttpResponse:
    """One failure mode: its figures, how it stands, and every assessment there was."""
    rollout = load(request, reference, may=may_edit)
    document = rollout.playbook.parsed
    asked = named(document.mode, mode)
    told = told_now(rollout.initiative).get(mode, {})
    if request.method == "GET" and request.htmx:  # type: ignore[attr-defined]
        form = _form(rollout, asked, told, request.GET)
        form.is_valid()
        return render(request, "gates/risk.html#preview", _preview(document, form))
    history = list(
        Assessment.objects.filter(initiative=rollout.initiative_id, mode=mode).select_related(
            "assessed_by", "owner"
        )
    )
    current = next((row for row in history if row.superseded_at is None), None)
    initial = initial_of(current, asked) if current else {"owner": rollout.initiative.owner_id}
    data = request.POST if request.method == "POST" else None
    form = _form(rollout, asked, told, data, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _assess(request, rollout, form)
        except Refused as refused:
            refuse(form, refused)
        else:
            said = {"name": asked.name, "rating": form.ratings["now"]}
            messages.success(request, _("%(name)s: rated %(rating)s.") % said)
            return redirect("gates:risk", reference, mode)
    known = {**(current.indicators if current else {}), **told}
    known |= implied(known)
    return show(
        request,
        "gates/risk.html",
        rollout,
        {
            "form": form,
            "mode": asked,
            "teller": TELLERS.get(mode),
            "rules": document.rating,
            "history": [_rated(document, row) for row in history],
            **_rated(document, current),
            **_base_rates(rollout, mode),
            "live": _preview(document, form) if form.is_bound else _said(document, asked, known),
        },
        status=REFUSED if form.errors else 200,
    )


def _form(
    rollout: Rollout, mode: FailureMode, told: dict[str, Any], data: Any, **more: Any
) -> AssessmentForm:
    return AssessmentForm(
        data,
        initiative=rollout.initiative,
        document=rollout.playbook.parsed,
        mode=mode,
        told=told,
        today=today(),
        **more,
    )


def _assess(request: HttpRequest, rollout: Rollout, form: AssessmentForm) -> None:
    names = (
        "likelihood",
        "impact",
        "override_reason",
        "inherent_likelihood",
        "inherent_impact",
        "response",
        "response_text",
        "residual_likelihood",
        "residual_impact",
        "owner",
    )
    assess(
        initiative=rollout.initiative,
        mode=form.mode,
        reassess_by=form.due_again(),
        indicators=form.values,
        figures=form.figures,
        by=reader(request),
        at=timezone.now(),
        **{name: form.cleaned_data[name] for name in names},
    )


def _preview(document: Document, form: AssessmentForm) -> dict[str, Any]:
    """What the figures typed so far suggest, and the ratings of the degrees chosen so far."""
    known = {**form.values, **form.figures}
    return {**_said(document, form.mode, known), **form.ratings}


def _said(document: Document, mode: FailureMode, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the known figures suggest, and the published figures that say what it costs: of the
    thresholds that fired, and of those that nobody has answered yet."""
    suggestion = suggest(mode, known)
    thresholds = [each.threshold for each in suggestion.fired]
    for indicator in mode.indicators:
        if indicator.key not in known:
            thresholds += indicator.thresholds
    keys = dict.fromkeys(threshold.reference for threshold in thresholds)
    references: list[Reference] = [document.reference(key) for key in keys if key]
    return {"suggestion": suggestion, "references": references}
