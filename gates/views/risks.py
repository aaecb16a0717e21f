"""The seven failure modes: what each looks like, and how it stands here."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import reader
from gates.forms.risks import AssessmentForm, initial_of
from gates.forms.shared import refuse
from gates.today import today
from gates.views.loading import load
from gates.views.page import REFUSED, judged, named, show
from initiatives.errors import Refused
from initiatives.permissions import may_edit
from playbook.document import Document
from playbook.indicators import suggest
from risks.models import Assessment
from risks.services import assess


@login_required
@require_GET
def risks(request: HttpRequest, reference: str) -> HttpResponse:
    """All seven, each with its rating now and once treated."""
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
                {"mode": mode, **_rated(case.document, stored.get(mode.key))}
                for mode in case.document.failure_modes
            ],
            "may_edit": may_edit(reader(request), rollout.initiative),
            "today": case.facts.today,
        },
    )


def _rated(document: Document, row: Assessment | None) -> dict[str, Any]:
    if row is None:
        return {"row": None}
    rate = document.rating.rate
    return {
        "row": row,
        "rating": rate(row.likelihood, row.impact),
        "residual": rate(row.residual_likelihood, row.residual_impact),
    }


def _preview(request: HttpRequest, document: Document) -> HttpResponse:
    """The rating of the degrees chosen so far, while the form is being filled in."""
    rated = {}
    for name, prefix in (("rating", ""), ("residual", "residual_")):
        degrees = [
            request.GET.get(f"{prefix}{part}") or request.GET.get(part, "")
            for part in ("likelihood", "impact")
        ]
        if all(degree in {"1", "2", "3", "4", "5"} for degree in degrees):
            rated[name] = document.rating.rate(*map(int, degrees))
    return render(request, "gates/risk.html#preview", rated)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def risk(request: HttpRequest, reference: str, mode: str) -> HttpResponse:
    """One failure mode: the figures, what they suggest, the judgement, the response."""
    rollout = load(request, reference, may=may_edit)
    document = rollout.playbook.parsed
    asked = named(document.mode, mode)
    if request.method == "GET" and request.htmx:  # type: ignore[attr-defined]
        return _preview(request, document)
    history = list(
        Assessment.objects.filter(initiative=rollout.initiative_id, mode=mode).select_related(
            "assessed_by", "owner"
        )
    )
    current = next((row for row in history if row.superseded_at is None), None)
    form = AssessmentForm(
        request.POST if request.method == "POST" else None,
        initiative=rollout.initiative,
        document=document,
        mode=asked,
        today=today(),
        initial=initial_of(current, asked) if current else {"owner": rollout.initiative.owner_id},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        names = ("likelihood", "impact", "response", "response_text", "owner")
        try:
            assess(
                initiative=rollout.initiative,
                mode=asked,
                residual_likelihood=typed["residual_likelihood"],
                residual_impact=typed["residual_impact"],
                reassess_by=form.due_again(),
                indicators=form.values,
                by=reader(request),
                at=timezone.now(),
                **{name: typed[name] for name in names},
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            rating = document.rating.rate(typed["likelihood"], typed["impact"])
            messages.success(
                request, _("%(name)s: rated %(rating)s.") % {"name": asked.name, "rating": rating}
            )
            return redirect("gates:risk", reference, mode)
    return show(
        request,
        "gates/risk.html",
        rollout,
        {
            "form": form,
            "mode": asked,
            "rules": document.rating,
            "history": [_rated(document, row) for row in history],
            "suggestion": suggest(asked, current.indicators) if current else None,
            **_rated(document, current),
        },
        status=REFUSED if form.errors else 200,
    )
