"""Exceptions from judged criteria: asking for one, and what others make of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import reader
from gates.forms.exceptions import AnswerExceptionForm, AskExceptionForm
from gates.forms.shared import refuse
from gates.models import CriterionException, Rollout
from gates.services import exceptions as services
from gates.today import today
from gates.views.loading import load
from gates.views.page import REFUSED, judged, named, show
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative
from initiatives.permissions import may_edit, may_oversee

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _may_end(user: User, initiative: Initiative) -> bool:
    return may_edit(user, initiative) or may_oversee(user, initiative)


@login_required
@get_or_post
def ask(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Ask that a criterion need not hold until a day."""
    rollout = load(request, reference, may=may_edit)
    case = judged(rollout)
    criterion = named(case.document.criterion, key)
    form = AskExceptionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.ask_exception(
                rollout=rollout, key=key, by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Asked. It counts once somebody else approves it."))
            return redirect("gates:exception", reference, asked.pk)
    longest, most = services.bounds(case)
    return show(
        request,
        "gates/exception_ask.html",
        rollout,
        {
            "form": form,
            "criterion": criterion,
            "against": services.against(case, key),
            "longest": longest,
            "most": most,
        },
        status=REFUSED if form.errors else 200,
    )


def _load(request: HttpRequest, reference: str, pk: int) -> tuple[Rollout, CriterionException]:
    rollout = load(request, reference)
    rows = CriterionException.objects.select_related(
        "rollout__playbook", "asked_by", "approved_by", "ended_by", "voided_by"
    )
    return rollout, get_object_or_404(rows, pk=pk, rollout__initiative=rollout.initiative_id)


@login_required
@get_or_post
def exception(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """What is asked and what became of it; posting approves or refuses it."""
    rollout, row = _load(request, reference, pk)
    user = reader(request)
    form = AnswerExceptionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not may_oversee(user, rollout.initiative):
            raise PermissionDenied
        if form.is_valid():
            refuses = "refuse" in request.POST
            act = services.refuse_exception if refuses else services.approve_exception
            try:
                act(exception=row, note=form.cleaned_data["note"], by=user, at=timezone.now())
            except (Refused, NotAllowed) as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("Refused.") if refuses else _("Approved."))
                return redirect("gates:exception", reference, pk)
    return _shown(request, rollout, row, form)


def _shown(
    request: HttpRequest, rollout: Rollout, row: CriterionException, form: AnswerExceptionForm
) -> HttpResponse:
    user, state = reader(request), row.state_on(today())
    oversees = may_oversee(user, rollout.initiative)
    document = row.rollout.playbook.parsed
    return show(
        request,
        "gates/exception.html",
        rollout,
        {
            "form": form,
            "row": row,
            "state": state,
            "criterion": named(document.criterion, row.criterion),
            "gate": document.gate_of_criterion(row.criterion),
            "answers": state == "asked" and oversees and user.pk not in services.barred(row),
            "oversees": oversees,
            "ends": state in ("asked", "approved") and _may_end(user, rollout.initiative),
        },
        status=REFUSED if form.errors else 200,
    )


@login_required
@require_POST
def end(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Withdraw a request, or end an exception before its day."""
    rollout, row = _load(request, reference, pk)
    if not _may_end(reader(request), rollout.initiative):
        raise PermissionDenied
    try:
        services.end_exception(exception=row, by=reader(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("It is over. The criterion has to hold again."))
    return redirect("gates:exception", reference, pk)
