"""What an initiative shares with others, and what failures in it mean here and elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import reader
from accounts.roles import Permission
from gates.forms.dependencies import AnswerForm, FaultForm, KnownForm, MendForm, NewForm
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.views.loading import load
from gates.views.page import REFUSED, show
from initiatives.dependencies import (
    answer_fault,
    mend_fault,
    name_and_rely_on,
    record_fault,
    rely_on,
    take_off,
)
from initiatives.errors import Refused
from initiatives.models import (
    Dependency,
    DependencyKind,
    Fault,
    FaultAnswer,
    Initiative,
    Reliance,
)
from initiatives.permissions import may_edit
from initiatives.similar import similar_names
from look.forms import Form
from playbook.document import Document, FailureMode
from risks.models import SourceSystem

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
MENDED_SHOWN = 10
# What a source system can be among the things that are shared.
AS_SOURCES = (DependencyKind.DATA_SOURCE, DependencyKind.PLATFORM)


@dataclass(frozen=True)
class FaultRow:
    """A failure as this initiative sees it."""

    fault: Fault
    mode: str
    answer: FaultAnswer | None


@login_required
@get_or_post
def dependencies(request: HttpRequest, reference: str) -> HttpResponse:
    """What it relies on, what failed in it, and the forms to list something more."""
    posted = request.method == "POST"
    rollout = load(request, reference, may=may_edit if posted else None)
    initiative, part = rollout.initiative, request.POST.get("part", "") if posted else ""
    forms: dict[str, Any] = {
        "known": KnownForm(request.POST if part == "known" else None, initiative=initiative),
        "new": NewForm(request.POST if part == "new" else None),
    }
    if part in forms and forms[part].is_valid() and _list(request, initiative, forms[part]):
        return redirect("gates:dependencies", reference)
    refused = next((form for form in forms.values() if form.errors), None)
    return show(
        request,
        "gates/dependencies.html",
        rollout,
        {
            **forms,
            **_listed(rollout),
            "refused": refused,
            "edits": may_edit(reader(request), initiative),
            "sees_all": reader(request).may(Permission.SEE_ALL),
        },
        status=REFUSED if refused else 200,
    )


def _list(request: HttpRequest, initiative: Initiative, form: Form) -> bool:
    """List what the form names; False when it has to be shown again."""
    act: dict[str, Any] = {"initiative": initiative, "by": reader(request), "at": timezone.now()}
    said = dict(form.cleaned_data)
    if isinstance(form, NewForm):
        if form.tell_alike(similar_names(said["name"], among=Dependency.objects.all())):
            return False
        del said["none_of"]
    try:
        listed = (name_and_rely_on if isinstance(form, NewForm) else rely_on)(**said, **act)
    except Refused as refused:
        refuse(form, refused)
        return False
    messages.success(request, _("%(name)s: listed.") % {"name": listed.dependency})
    return True


def _listed(rollout: Rollout) -> dict[str, Any]:
    """What the page shows of the initiative, in a fixed number of queries."""
    initiative, document = rollout.initiative, rollout.playbook.parsed
    reliances = list(
        initiative.reliances.select_related("dependency").annotate(
            others=Count("dependency__reliances") - 1
        )
    )
    faults = Fault.objects.filter(dependency__in=[row.dependency_id for row in reliances])
    rows = fault_rows(faults.open(), initiative, document)
    mended = faults.filter(mended_at__isnull=False).order_by("-mended_at", "-pk")
    return {
        "reliances": reliances,
        "listed": {row.dependency_id for row in reliances},
        "failing": {row.fault.dependency_id for row in rows},
        "elsewhere": [row for row in rows if row.fault.found_in_id != initiative.pk],
        "here": [row for row in rows if row.fault.found_in_id == initiative.pk],
        "mended": fault_rows(mended[:MENDED_SHOWN], initiative, document),
        "offers": _offers(initiative),
    }


def fault_rows(
    faults: QuerySet[Fault], initiative: Initiative, document: Document
) -> list[FaultRow]:
    """The failures with what was said of them in this initiative, in two queries."""
    found = list(faults.select_related("dependency", "found_in", "found_by", "mended_by"))
    said = FaultAnswer.objects.filter(initiative=initiative, fault__in=found)
    answers = {answer.fault_id: answer for answer in said.select_related("answered_by")}
    modes = {mode.key: mode for mode in document.failure_modes}
    return [
        FaultRow(fault, _mode_name(modes.get(fault.mode), fault), answers.get(fault.pk))
        for fault in found
    ]


def _mode_name(mode: FailureMode | None, fault: Fault) -> str:
    """The mode's short name; its key where the rollout's playbook does not have it."""
    return mode.short_name if mode else fault.mode.replace("_", " ")


def _offers(initiative: Initiative) -> Sequence[Dependency]:
    """What others share under the name of one of this initiative's source systems."""
    listed = SourceSystem.objects.live().filter(initiative=initiative)
    names = [name.strip().lower() for name in listed.values_list("name", flat=True)]
    shared = Dependency.objects.not_listed_by(initiative).filter(kind__in=AS_SOURCES)
    return list(shared.alias(lowered=Lower("name")).filter(lowered__in=names)) if names else []


@login_required
@get_or_post
def dependency(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """One thing that it relies on: what failed in it here, or that it is no longer needed."""
    rollout = load(request, reference, may=may_edit)
    row = get_object_or_404(
        Reliance.objects.select_related("dependency"),
        initiative=rollout.initiative_id,
        dependency=pk,
    )
    document = rollout.playbook.parsed
    act: dict[str, Any] = {"by": reader(request), "at": timezone.now()}
    if request.method == "POST" and "remove" in request.POST:
        try:
            take_off(reliance=row, **act)
        except Refused as refused:
            messages.error(request, " ".join(refused.reasons))
            return redirect("gates:dependency", reference, pk)
        messages.success(
            request, _("%(name)s: taken off; the history keeps it.") % {"name": row.dependency}
        )
        return redirect("gates:dependencies", reference)
    form = FaultForm(request.POST if request.method == "POST" else None, document=document)
    if request.method == "POST" and form.is_valid():
        try:
            record_fault(
                dependency=row.dependency,
                found_in=rollout.initiative,
                mode=document.mode(form.cleaned_data["mode"]),
                text=form.cleaned_data["text"],
                **act,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            said = _("Recorded. Whoever else relies on %(name)s is asked at their next gate.")
            messages.success(request, said % {"name": row.dependency})
            return redirect("gates:dependencies", reference)
    others = Reliance.objects.filter(dependency=pk).exclude(initiative=rollout.initiative_id)
    context = {"form": form, "row": row, "others": others.count()}
    status = REFUSED if form.errors else 200
    return show(request, "gates/dependency.html", rollout, context, status=status)


@login_required
@get_or_post
def fault(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """One failure: mended where it was found, answered where it was found elsewhere."""
    rollout = load(request, reference, may=may_edit)
    initiative = rollout.initiative
    concerns = Q(found_in=initiative) | Q(dependency__in=initiative.reliances.values("dependency"))
    found = fault_rows(Fault.objects.filter(concerns, pk=pk), initiative, rollout.playbook.parsed)
    if not found:
        raise Http404
    (row,) = found
    here = row.fault.found_in_id == initiative.pk
    data = request.POST if request.method == "POST" else None
    form: Form = MendForm(data) if here else AnswerForm(data, initial=_said(row.answer))
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"fault": row.fault, "by": reader(request), "at": timezone.now()}
        try:
            if here:
                mend_fault(**form.cleaned_data, **act)
            else:
                answer_fault(initiative=initiative, **form.cleaned_data, **act)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Mended.") if here else _("Your answer is kept."))
            return redirect("gates:dependencies", reference)
    context = {"form": form, "row": row, "here": here}
    status = REFUSED if form.errors else 200
    return show(request, "gates/fault.html", rollout, context, status=status)


def _said(answer: FaultAnswer | None) -> dict[str, str]:
    return {"verdict": answer.verdict, "text": answer.text} if answer else {}
