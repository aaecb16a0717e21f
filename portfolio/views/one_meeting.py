"""A gate meeting under way: its agenda, and the item that is decided now."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import needs, reader
from accounts.roles import Permission
from gates.differences import Difference
from gates.forms.decisions import DecisionForm
from gates.forms.shared import refuse
from gates.pagefacts import mode_rows
from gates.views.deciders import may_decide
from gates.views.decisions import decision_context
from gates.views.page import CHANGED, REFUSED
from gates.views.signed import attempt
from initiatives.errors import NotAllowed, Refused
from portfolio.meeting import services
from portfolio.meeting.forms import DeferForm
from portfolio.meeting.rows import Row, agenda
from portfolio.models import AgendaItem, ItemOutcome, Meeting
from portfolio.views.meetings import found

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@never_cache
@get_or_post
@needs(Permission.SEE_ALL)
def meeting(request: HttpRequest, day: date) -> HttpResponse:
    """The agenda and one item of it, the next unless ``item`` names another; posting decides the
    item on the facts shown, and the next comes up."""
    held = found(day)
    if held.closed_at is not None:
        return redirect("portfolio:meeting_minutes", day)
    rows = agenda(held, at=timezone.now())
    row = _chosen(rows, request.GET.get("item"))
    if request.method != "POST":
        return _page(request, held, rows, row)
    if row is None or not row.decidable:
        return _page(request, held, rows, row, status=CHANGED)
    if not may_decide(row.case, reader(request)):
        return _page(request, held, rows, row, status=403)
    sign_it = partial(services.decide_item, item=row.item)
    try:
        tried = attempt(request, row.rollout, row.case, sign_it)
    except NotAllowed:
        return _page(request, held, rows, row, status=403)
    if tried.made is not None:
        messages.success(request, _("Decided. %s: %s.") % (row.initiative.name, tried.made))
        return _to_item(held)
    rows = agenda(held, at=timezone.now())
    row = _chosen(rows, str(row.item.pk))
    return _page(request, held, rows, row, tried.form, changes=tried.changes, status=tried.status)


@login_required
@require_POST
@needs(Permission.MEET)
def move(request: HttpRequest, day: date, pk: int) -> HttpResponse:
    """Take an item one place up, or down."""
    item = _item(day, pk)
    up = request.POST.get("way") == "up"
    try:
        services.move_item(item=item, up=up, by=reader(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    return HttpResponseRedirect(f"{item.meeting.get_absolute_url()}#agenda")


@login_required
@require_POST
@needs(Permission.MEET)
def defer(request: HttpRequest, day: date, pk: int) -> HttpResponse:
    """Leave an item for another meeting, with a reason; the next comes up."""
    item = _item(day, pk)
    form = DeferForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            services.defer_item(item=item, reason=reason, by=reader(request), at=timezone.now())
        except Refused as refused:
            refuse(form, refused)
        else:
            return _to_item(item.meeting)
    rows = agenda(item.meeting, at=timezone.now())
    row = _chosen(rows, str(pk))
    return _page(request, item.meeting, rows, row, deferring=form, status=REFUSED)


def _item(day: date, pk: int) -> AgendaItem:
    items = AgendaItem.objects.select_related("meeting")
    return get_object_or_404(items, pk=pk, meeting__day=day)


def _to_item(held: Meeting) -> HttpResponse:
    return HttpResponseRedirect(f"{held.get_absolute_url()}#item")


def _chosen(rows: Sequence[Row], named: str | None) -> Row | None:
    """The item that was asked for, or the next; None when nothing is left. Raises Http404 for an
    item of no such number."""
    if named is None:
        return next((row for row in rows if row.up_next), None)
    for row in rows:
        if str(row.item.pk) == named:
            return row
    raise Http404


def _page(
    request: HttpRequest,
    held: Meeting,
    rows: Sequence[Row],
    row: Row | None,
    form: DecisionForm | None = None,
    *,
    changes: Sequence[Difference] = (),
    deferring: DeferForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = reader(request)
    context: dict[str, Any] = {
        "nav": "decisions",
        "meeting": held,
        "rows": rows,
        "row": row,
        "settled": sum(1 for each in rows if not each.up_next),
        "taken": sum(e.item.minutes for e in rows if e.item.outcome != ItemOutcome.DEFERRED),
        "leads": user.may(Permission.MEET),
        "deferring": deferring or DeferForm(),
    }
    if row is not None and row.decidable:
        context |= decision_context(row.rollout, row.case, form, user, changes=changes)
        context |= {
            "rollout": row.rollout,
            "initiative": row.initiative,
            "playbook": row.rollout.playbook,
            "modes": mode_rows(row.case, context["work"].said.assessments.values()),
            "action": f"?item={row.item.pk}",
        }
    elif status in (REFUSED, CHANGED):
        context["too_late"], status = True, CHANGED
    return render(request, "portfolio/meeting/meeting.html", context, status=status)
