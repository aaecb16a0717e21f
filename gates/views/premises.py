"""What an initiative rests on: the pilot's conditions beside production's, its assumptions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from gates.forms.exceptions import KillForm
from gates.forms.premises import ArchitectureForm, AssumptionForm, ContrastsForm, VerdictForm
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.services.kills import state_kill_criterion
from gates.views.loading import load
from gates.views.page import REFUSED, show
from initiatives.errors import Refused
from initiatives.models import Assumption, Initiative
from initiatives.permissions import may_edit
from initiatives.premises import (
    contrast,
    judge_assumption,
    state_assumption,
    withdraw_assumption,
)
from initiatives.services import edit_initiative
from look.forms import Form

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def back_to(reference: str, anchor: str) -> HttpResponseRedirect:
    """To the page of premises, at one of its parts."""
    return HttpResponseRedirect(f"{reverse('gates:premises', args=[reference])}#{anchor}")


@login_required
@get_or_post
def premises(request: HttpRequest, reference: str) -> HttpResponse:
    """All of it on one page; each part is saved by itself."""
    rollout = load(request, reference)
    edits = may_edit(reader(request), rollout.initiative)
    if request.method == "POST":
        rollout = load(request, reference, may=may_edit)
    forms = _forms(request, rollout)
    part = request.POST.get("part", "")
    if request.method == "POST" and part in forms and forms[part].is_valid():
        try:
            said = SAVE[part](request, rollout, forms[part])
        except Refused as refused:
            refuse(forms[part], refused)
        else:
            messages.success(request, said)
            return back_to(reference, ANCHORS[part])
    return show(
        request,
        "gates/premises.html",
        rollout,
        {
            **forms,
            "edits": edits,
            "kills": rollout.initiative.kill_criteria.select_related("agreed_by"),
            "assumptions": rollout.initiative.assumptions.open().select_related("judged_by"),
            "refused": next((form for form in forms.values() if form.errors), None),
        },
        status=REFUSED if any(form.errors for form in forms.values()) else 200,
    )


def _forms(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """Each part's form; only the one that was sent holds what was typed."""
    initiative = rollout.initiative

    def sent(part: str) -> Any:
        return request.POST if request.POST.get("part") == part else None

    stored = initiative.contrasts.select_related("described_by")
    return {
        "contrasts": ContrastsForm(
            sent("contrasts"),
            document=rollout.playbook.parsed,
            stored={row.condition: row for row in stored},
        ),
        "architecture": ArchitectureForm(
            sent("architecture"),
            initial={
                "architecture": initiative.architecture,
                "architecture_note": initiative.architecture_note,
            },
        ),
        "assumption": AssumptionForm(sent("assumption")),
        "kill": KillForm(sent("kill"), auto_id="id_kill_%s"),
    }


def _save_contrasts(request: HttpRequest, rollout: Rollout, form: ContrastsForm) -> str:
    saved = 0
    with transaction.atomic():
        for condition, pilot, production, distance in form.changed():
            contrast(
                initiative=rollout.initiative,
                condition=condition,
                pilot=pilot,
                production=production,
                distance=distance,
                by=reader(request),
                at=timezone.now(),
            )
            saved += 1
    if not saved:
        return _("Nothing was changed.")
    return ngettext("%d condition saved.", "%d conditions saved.", saved) % saved


def _save_architecture(request: HttpRequest, rollout: Rollout, form: Form) -> str:
    initiative: Initiative = rollout.initiative
    edit_initiative(
        initiative=initiative,
        fields=form.cleaned_data,
        version=initiative.version,
        by=reader(request),
        at=timezone.now(),
    )
    return _("Architecture saved.")


def _save_assumption(request: HttpRequest, rollout: Rollout, form: Form) -> str:
    state_assumption(
        initiative=rollout.initiative, by=reader(request), at=timezone.now(), **form.cleaned_data
    )
    return _("Assumption stated.")


def _save_kill(request: HttpRequest, rollout: Rollout, form: Form) -> str:
    state_kill_criterion(
        initiative=rollout.initiative, by=reader(request), at=timezone.now(), **form.cleaned_data
    )
    return _("Kill criterion stated.")


SAVE: dict[str, Any] = {
    "contrasts": _save_contrasts,
    "architecture": _save_architecture,
    "assumption": _save_assumption,
    "kill": _save_kill,
}
ANCHORS = {
    "contrasts": "conditions",
    "architecture": "architecture",
    "assumption": "assumptions",
    "kill": "kill-criteria",
}


@login_required
@get_or_post
def assumption(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """One assumption: what the pilot made of it, or that it is no longer one."""
    rollout = load(request, reference, may=may_edit)
    row = get_object_or_404(Assumption.objects.open(), pk=pk, initiative=rollout.initiative_id)
    act: dict[str, Any] = {"assumption": row, "by": reader(request), "at": timezone.now()}
    if request.method == "POST" and "withdraw" in request.POST:
        withdraw_assumption(**act)
        messages.success(request, _("Assumption withdrawn; the history keeps it."))
        return back_to(reference, "assumptions")
    form = VerdictForm(
        request.POST if request.method == "POST" else None,
        initial={"verdict": row.verdict, "finding": row.finding},
    )
    if request.method == "POST" and form.is_valid():
        try:
            judge_assumption(**act, **form.cleaned_data)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Verdict saved."))
            return back_to(reference, "assumptions")
    return show(
        request,
        "gates/assumption.html",
        rollout,
        {"form": form, "row": row},
        status=REFUSED if form.errors else 200,
    )
