"""Stand-ins: who gives a reviewer's voice while the reviewer is away, and until when."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import needs, reader
from accounts.roles import Permission
from gates.forms.delegations import DelegationForm
from gates.forms.shared import refuse
from gates.models import Delegation
from gates.services.delegations import end_delegation, may_delegate, name_stand_in
from gates.today import today
from gates.views.page import REFUSED
from initiatives.errors import Refused


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """The reader's own stand-ins, and for whom the reader stands in."""
    if request.method == "POST" and not reader(request).remits:
        raise PermissionDenied
    return _page(request, reader(request))


@needs(Permission.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def of_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody's stand-ins, kept by the administrator on their behalf."""
    return _page(request, get_object_or_404(User, pk=pk))


def _page(request: HttpRequest, person: User) -> HttpResponse:
    day = today()
    form = DelegationForm(
        request.POST if request.method == "POST" else None, reviewer=person, day=day
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = name_stand_in(
                reviewer=person, by=reader(request), at=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("%(name)s stands in.") % {"name": made.delegate_to})
            return redirect(request.path)
    kept = (
        Delegation.objects.filter(Q(delegate_from=person) | Q(delegate_to=person))
        .filter(ended_at__isnull=True, last_day__gte=day)
        .select_related("delegate_from", "delegate_to", "made_by")
        .order_by("first_day", "pk")
    )
    context: dict[str, Any] = {
        "person": person,
        "own": person == reader(request),
        "form": form,
        "given": [each for each in kept if each.delegate_from_id == person.pk],
        "held": [each for each in kept if each.delegate_to_id == person.pk],
        "today": day,
        "nav": "profile" if person == reader(request) else "people",
    }
    status = REFUSED if form.errors else 200
    return render(request, "gates/stand_ins.html", context, status=status)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a delegation now; what was signed under it stays."""
    delegation = get_object_or_404(Delegation.objects.select_related("delegate_from"), pk=pk)
    reviewer = delegation.delegate_from
    if not may_delegate(reader(request), reviewer):
        raise PermissionDenied
    end_delegation(delegation=delegation, by=reader(request), at=timezone.now())
    messages.success(request, _("Ended. What was signed stays."))
    if reviewer == reader(request):
        return redirect("gates:stand_ins")
    return redirect("gates:stand_ins_of", reviewer.pk)
