"""Gate meetings: called, changed and closed by the program office, and the minutes of each."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import needs, reader
from accounts.roles import Permission
from gates.forms.shared import refuse
from gates.views.page import REFUSED
from initiatives.errors import Refused
from portfolio.meeting import services
from portfolio.meeting.candidates import rules
from portfolio.meeting.forms import CallForm, ChangeForm, PresentForm
from portfolio.meeting.rows import not_on_it, of_minutes
from portfolio.models import ItemOutcome, Meeting

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
MEETINGS_A_PAGE = 25


def found(day: date) -> Meeting:
    """The meeting of the day. Raises Http404 where there is none."""
    return get_object_or_404(Meeting.objects.select_related("called_by", "closed_by"), day=day)


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def meetings(request: HttpRequest) -> HttpResponse:
    """Every meeting, the latest day first, with what became of its items."""
    rows = Meeting.objects.annotate(
        all_items=Count("items"),
        decided=Count("items", filter=Q(items__outcome=ItemOutcome.DECIDED)),
        deferred=Count("items", filter=Q(items__outcome=ItemOutcome.DEFERRED)),
    ).order_by("-day")
    context = {
        "nav": "decisions",
        "page": Paginator(rows, MEETINGS_A_PAGE).get_page(request.GET.get("page")),
        "may_call": reader(request).may(Permission.MEET),
    }
    return render(request, "portfolio/meeting/list.html", context)


@login_required
@get_or_post
@needs(Permission.MEET)
def call(request: HttpRequest) -> HttpResponse:
    """Call a meeting for a day; its agenda is built at once."""
    initial = {"minutes": rules().length_minutes}
    form = CallForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            called = services.call_meeting(
                **form.cleaned_data, by=reader(request), at=timezone.now()
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Called. The agenda holds what is ready now."))
            return redirect(called)
    status = REFUSED if form.errors else 200
    context = {"nav": "decisions", "form": form}
    return render(request, "portfolio/meeting/call.html", context, status=status)


@login_required
@get_or_post
@needs(Permission.MEET)
def change(request: HttpRequest, day: date) -> HttpResponse:
    """When the meeting starts, how long it is and who is there; and what is not on its agenda."""
    meeting = found(day)
    if meeting.closed_at is not None:
        return redirect("portfolio:meeting_minutes", day)
    initial = {
        "starts_at": meeting.starts_at,
        "minutes": meeting.minutes_available,
        "present": meeting.present,
    }
    form = ChangeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_meeting(
                meeting=meeting, **form.cleaned_data, by=reader(request), at=timezone.now()
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Kept."))
            return redirect("portfolio:meeting_change", day)
    context = {
        "nav": "decisions",
        "meeting": meeting,
        "form": form,
        "missing": not_on_it(meeting, services.plan(meeting, at=timezone.now())),
    }
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/meeting/change.html", context, status=status)


@login_required
@require_POST
@needs(Permission.MEET)
def build(request: HttpRequest, day: date) -> HttpResponse:
    """Put the open part of the agenda together again."""
    meeting = found(day)
    try:
        services.build_anew(meeting=meeting, by=reader(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Built anew from what is ready now."))
    return redirect(meeting)


@login_required
@get_or_post
@needs(Permission.MEET)
def close(request: HttpRequest, day: date) -> HttpResponse:
    """End the meeting: who was there, and what is left open."""
    meeting = found(day)
    if meeting.closed_at is not None:
        return redirect("portfolio:meeting_minutes", day)
    initial = {"present": meeting.present}
    form = PresentForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.close_meeting(
                meeting=meeting, **form.cleaned_data, by=reader(request), at=timezone.now()
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Closed. These are its minutes."))
            return redirect("portfolio:meeting_minutes", day)
    items = meeting.items.select_related("review__rollout__initiative", "review__decision")
    context = {
        "nav": "decisions",
        "meeting": meeting,
        "form": form,
        "left": [item for item in items if item.up_next],
    }
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/meeting/close.html", context, status=status)


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def minutes(request: HttpRequest, day: date) -> HttpResponse:
    """What came of the meeting: decisions with their conditions and money, and what waits."""
    meeting = found(day)
    items = list(of_minutes(meeting))
    context = {
        "nav": "decisions",
        "meeting": meeting,
        "decided": [item for item in items if item.outcome == ItemOutcome.DECIDED],
        "deferred": [item for item in items if item.outcome == ItemOutcome.DEFERRED],
        "left": [item for item in items if item.outcome == ItemOutcome.OPEN],
    }
    return render(request, "portfolio/meeting/minutes.html", context)
