"""One kill criterion: changed before Gate 0, hit, and settled by others."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import reader
from gates.forms.exceptions import HitForm, KillForm, SettleForm, sent
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.models.kills import locked
from gates.services import kills as services
from gates.views.loading import load
from gates.views.page import REFUSED, show
from gates.views.premises import back_to
from initiatives.errors import Refused
from initiatives.models import KillCriterion
from initiatives.permissions import may_edit, may_settle

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@get_or_post
def kill(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """What would end it and whether it happened; posting words it anew, removes it or says that
    it is hit."""
    rollout, row = _load(request, reference, pk)
    if request.method == "POST" and not may_edit(reader(request), rollout.initiative):
        raise PermissionDenied
    forms = _forms(request, row)
    act: dict[str, Any] = {"kill": row, "by": reader(request), "at": timezone.now()}
    part = request.POST.get("part", "")
    try:
        if part == "remove":
            services.remove_kill_criterion(**act)
            messages.success(request, _("Removed; the history keeps it."))
            return back_to(reference, "kill-criteria")
        if part == "change" and forms["change"].is_valid():
            services.change_kill_criterion(**act, **forms["change"].cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("gates:kill", reference, pk)
        if part == "hit" and forms["hit"].is_valid():
            services.record_hit(**act, note=forms["hit"].cleaned_data["hit_note"])
            messages.success(request, _("Recorded. No gate opens before it is answered."))
            return redirect("gates:kill", reference, pk)
    except Refused as refused:
        if part == "remove":
            messages.error(request, str(refused))
            return redirect("gates:kill", reference, pk)
        refuse(forms[part], refused)
    return _shown(request, rollout, row, forms)


@login_required
@require_POST
def settle(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Say why the work may go on although the criterion is hit."""
    rollout, row = _load(request, reference, pk)
    if not may_settle(reader(request), row, rollout.initiative):
        raise PermissionDenied
    forms = {**_forms(request, row), "settle": SettleForm(request.POST)}
    form = forms["settle"]
    if form.is_valid():
        try:
            services.settle_hit(
                kill=row,
                note=form.cleaned_data["settled_note"],
                by=reader(request),
                at=timezone.now(),
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Settled. Whoever settles a hit does not decide."))
            return redirect("gates:kill", reference, pk)
    return _shown(request, rollout, row, forms)


def _load(request: HttpRequest, reference: str, pk: int) -> tuple[Rollout, KillCriterion]:
    rollout = load(request, reference)
    rows = KillCriterion.objects.select_related("agreed_by", "hit_by", "settled_by")
    return rollout, get_object_or_404(rows, pk=pk, initiative=rollout.initiative_id)


def _forms(request: HttpRequest, row: KillCriterion) -> dict[str, Any]:
    return {
        "change": KillForm(sent(request, "change"), initial={"text": row.text, "sign": row.sign}),
        "hit": HitForm(sent(request, "hit")),
        "settle": SettleForm(),
    }


def _shown(
    request: HttpRequest, rollout: Rollout, row: KillCriterion, forms: dict[str, Any]
) -> HttpResponse:
    user, initiative = reader(request), rollout.initiative
    fixed = row.open_hit or locked(initiative)
    refused = next((form for form in forms.values() if form.errors), None)
    return show(
        request,
        "gates/kill.html",
        rollout,
        {
            **forms,
            "row": row,
            "edits": may_edit(user, initiative),
            "settles": row.open_hit and may_settle(user, row, initiative),
            "fixed": fixed,
            "refused": refused,
        },
        status=REFUSED if refused else 200,
    )
