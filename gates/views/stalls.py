"""What came to rest: the words given for it, the failure mode behind them, and its revival."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from audit.canonical import digest_of
from gates.case import Case
from gates.differences import Difference, differences
from gates.forms.shared import refuse
from gates.forms.stalls import ReviveForm, StallForm
from gates.models import Rollout, Stage
from gates.models.rollouts import END_OF
from gates.resting import words_of
from gates.services import stalls
from gates.services.decisions import FactsChanged
from gates.views.deciders import may_decide, who_decides, why_not
from gates.views.loading import load
from gates.views.page import CHANGED, REFUSED, judged, show
from gates.views.signed import read_signed, sign
from initiatives.errors import NotAllowed, Refused
from initiatives.permissions import may_edit
from playbook.labels import stall_reasons


@login_required
@require_http_methods(["GET", "POST"])
def stall(request: HttpRequest, reference: str) -> HttpResponse:
    """Write down what is said of a stall, and code the failure mode behind it."""
    rollout = load(request, reference, may=may_edit)
    case = judged(rollout)
    form = StallForm(request.POST or None, document=case.document)
    if request.method == "POST" and form.is_valid():
        try:
            stalls.note_stall(
                rollout=rollout, by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Noted. The stall goes on until the work does."))
            return redirect(rollout.initiative)
    context = {
        "form": form,
        "case": case,
        "stalls": stall_reasons(case.document, case.facts),
        "awaits": stalls.awaits_words(case),
        "said": words_of(rollout, case.document),
    }
    status = REFUSED if form.is_bound else 200
    return show(request, "gates/stall.html", rollout, context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def revive(request: HttpRequest, reference: str) -> HttpResponse:
    """Decide that what is paused, stalled or over goes on, signed on the facts shown."""
    rollout = load(request, reference)
    case = judged(rollout)
    if request.method == "GET":
        return _revive_page(request, rollout, case, None)
    if not may_decide(case, reader(request)):
        return _revive_page(request, rollout, case, None, status=403)
    changes: Sequence[Difference] = ()
    status = REFUSED
    form = ReviveForm(request.POST, over=not rollout.live, today=case.facts.today)
    try:
        seen = read_signed(request.POST.get("seen", ""))
        if digest_of(seen) != case.digest:
            raise FactsChanged(differences(case.document, seen, case.seen))
        if form.is_valid():
            made = stalls.revive(
                rollout=rollout,
                reason=form.cleaned_data["reason"],
                change_by=form.cleaned_data.get("change_by"),
                seen=seen,
                by=reader(request),
                at=timezone.now(),
            )
            messages.success(request, _("Decided. %s.") % made)
            return redirect(rollout.initiative)
    except FactsChanged as changed:
        changes, status = changed.changes, CHANGED
        refuse(form, changed)
        case = judged(rollout)
    except Refused as refused:
        refuse(form, refused)
    except NotAllowed:
        return _revive_page(request, rollout, judged(rollout), None, status=403)
    return _revive_page(request, rollout, case, form, changes=changes, status=status)


def _revive_page(
    request: HttpRequest,
    rollout: Rollout,
    case: Case,
    form: ReviveForm | None,
    *,
    changes: Sequence[Difference] = (),
    status: int = 200,
) -> HttpResponse:
    user = reader(request)
    context: dict[str, Any] = {
        "nav": "decisions",
        "form": form or ReviveForm(None, over=not rollout.live, today=case.facts.today),
        "changes": changes,
        "seen": sign(case),
        "at_rest": stalls.at_rest(case),
        "retires": END_OF.get(rollout.stage) == Stage.RETIRED,
        "stalls": stall_reasons(case.document, case.facts),
        "said": words_of(rollout, case.document),
        "may_decide": may_decide(case, user),
        "why_not": why_not(case, user),
        "who_decides": who_decides(case, user),
    }
    return show(request, "gates/revive.html", rollout, context, status=status)
