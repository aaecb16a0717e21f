"""Recording how a system runs: each kind of record is a row of a table here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import reader
from gates.forms import practice, reach
from gates.forms.records import RecordForm
from gates.forms.shared import refuse
from gates.models import Rollout
from gates.today import today
from gates.views.loading import load
from gates.views.page import REFUSED, show
from initiatives.errors import Refused
from initiatives.permissions import may_edit
from operations.models import CapacityOffer, FeedbackItem, Improvement, UserGroup, Wave
from operations.services import adoption, capacity
from operations.services import practice as practices

ADDS: Mapping[str, type[RecordForm]] = {
    "count": reach.CountForm,
    "reduction": reach.ReductionForm,
    "wave": reach.WaveForm,
    "group": reach.GroupForm,
    "feedback": reach.FeedbackForm,
    "review": practice.ReviewForm,
    "update": practice.UpdateForm,
    "improvement": practice.ImprovementForm,
    "capacity": practice.CapacityForm,
}
CHANGES: Mapping[str, tuple[type[Model], type[RecordForm]]] = {
    "wave": (Wave, reach.WaveForm),
    "release": (Wave, reach.ReleaseForm),
    "group": (UserGroup, reach.GroupForm),
    "use": (UserGroup, reach.UseForm),
    "action": (UserGroup, reach.LagForm),
    "feedback": (FeedbackItem, reach.CloseFeedbackForm),
    "rank": (Improvement, practice.RankForm),
    "improvement": (Improvement, practice.CloseImprovementForm),
    "capacity": (CapacityOffer, practice.TakeForm),
}


@dataclass(frozen=True)
class Act:
    """Something done to a record by one button."""

    model: type[Model]
    carry_out: Callable[[Any, User, datetime], object]
    place: tuple[str, str]
    """The page and the part of it that show the record."""


ACTS: Mapping[str, Act] = {
    "action-done": Act(
        UserGroup,
        lambda row, by, at: adoption.finish_action(group=row, by=by, at=at),
        ("reach", "groups"),
    ),
    "start": Act(
        Improvement,
        lambda row, by, at: practices.start_improvement(improvement=row, by=by, at=at),
        ("practice", "backlog"),
    ),
    "withdraw": Act(
        CapacityOffer,
        lambda row, by, at: capacity.end_offer(offer=row, by=by, at=at),
        ("practice", "capacity"),
    ),
}


def _found(kinds: Mapping[str, Any], kind: str) -> Any:
    if kind not in kinds:
        raise Http404
    return kinds[kind]


def _back(reference: str, page: str, anchor: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(f'gates:{page}', args=[reference])}#{anchor}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, reference: str, kind: str) -> HttpResponse:
    """A new record."""
    rollout = load(request, reference, may=may_edit)
    return _handle(request, rollout, _found(ADDS, kind), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, reference: str, kind: str, pk: int) -> HttpResponse:
    """What becomes of a record."""
    rollout = load(request, reference, may=may_edit)
    model, form = _found(CHANGES, kind)
    if not form.may(reader(request), rollout.initiative):
        raise PermissionDenied
    row = get_object_or_404(model, pk=pk, initiative=rollout.initiative_id)
    return _handle(request, rollout, form, row)


def _handle(
    request: HttpRequest, rollout: Rollout, kind: type[RecordForm], row: Model | None
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = kind(data, rollout=rollout, today=today(), row=row)
    if form.is_valid():
        try:
            said = form.save(by=reader(request), at=timezone.now())
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, said)
            return _back(rollout.initiative.reference, form.page, form.anchor)
    return show(
        request,
        "gates/record.html",
        rollout,
        {"form": form, "new": row is None},
        status=REFUSED if form.errors else 200,
    )


@login_required
@require_POST
def act(request: HttpRequest, reference: str, kind: str, pk: int) -> HttpResponse:
    """One button: done, begun, or taken back."""
    rollout = load(request, reference, may=may_edit)
    found: Act = _found(ACTS, kind)
    row = get_object_or_404(found.model, pk=pk, initiative=rollout.initiative_id)
    try:
        found.carry_out(row, reader(request), timezone.now())
    except Refused as refused:
        messages.error(request, " ".join(refused.reasons))
    else:
        messages.success(request, _("Saved."))
    return _back(reference, *found.place)
