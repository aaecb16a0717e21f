"""The money of one initiative: its tranches, what opens the next one, and what it costs."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import reader
from accounts.roles import Permission
from gates import money
from gates.forms.money import (
    SEEN_AT_ONCE,
    ApproveForm,
    AskForm,
    CostForm,
    PasteForm,
    month_after,
)
from gates.forms.shared import refuse
from gates.models import GatedTranche, Rollout
from gates.services import money as services
from gates.today import today
from gates.views.loading import Right, load
from gates.views.page import REFUSED, judged, show
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Cost, Fund
from initiatives.money import (
    approve_tranche,
    approved_from,
    currency_of,
    enter_costs,
    left_in,
    request_tranche,
    told,
)
from initiatives.permissions import may_approve_money, may_edit, may_release_money

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def money_page(request: HttpRequest, reference: str) -> HttpResponse:
    """Tranches by stage with how each stands, the gate that releases the next, and the costs."""
    rollout = load(request, reference)
    initiative, user = rollout.initiative, reader(request)
    case = judged(rollout)
    lines = money.lines(initiative, case)
    rows = list(Cost.objects.filter(initiative=initiative))
    gate = None if case.facts.gate is None else case.document.gate(case.facts.gate)
    edits = may_edit(user, initiative)
    rights = {
        "approve": may_approve_money(user, initiative),
        "release": may_release_money(user, initiative),
        "thaw": may_release_money(user, initiative),
        "withdraw": edits,
    }
    return show(
        request,
        "gates/money.html",
        rollout,
        {
            "currency": _currency(lines, rows),
            "lines": [
                (line, [act for act in line.acts if _may(rights, act, line, user.pk)])
                for line in lines
            ],
            "sums": money.sums(lines),
            "flagged": [line for line in lines if line.flagged],
            "gate": gate,
            "next": money.would_release(initiative, case.facts.gate),
            "blockers": len(case.evaluation.blockers),
            "asked": len(case.evaluation.findings),
            "costs": money.costs(rows) if rows else None,
            "burn": money.burn(rollout, case, rows),
            "edits": edits and rollout.live,
            "sees_funds": user.may(Permission.SEE_ALL),
        },
    )


def _currency(lines: list[money.Line], rows: list[Cost]) -> str:
    """All of one initiative's money is in one currency, but for what was withdrawn."""
    standing = [line.tranche for line in lines if line.tranche.withdrawn_at is None]
    kept = [*(tranche.currency for tranche in standing), *(row.currency for row in rows)]
    return kept[0] if kept else ""


def _may(rights: dict[str, bool], act: str, line: money.Line, reader_id: int) -> bool:
    if act == "approve" and reader_id in line.tranche.askers:
        return False
    return rights[act] and not (act == "release" and reader_id in line.tranche.hands)


@login_required
@get_or_post
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask for the money of one stage."""
    rollout = load(request, reference, may=may_edit)
    document, initiative = rollout.playbook.parsed, rollout.initiative
    funds = list(Fund.objects.open_on(today()))
    form = AskForm(
        request.POST if request.method == "POST" else None,
        document=document,
        funds=funds,
        left=left_in(funds),
        currency=currency_of(initiative),
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            tranche = request_tranche(
                initiative=initiative,
                stage=typed["stage"],
                stage_name=document.stage(typed["stage"]).name,
                budget=form.budget,
                fund=form.fund,
                amount=typed["amount"],
                currency=typed["currency"],
                purpose=typed["purpose"],
                by=reader(request),
                at=timezone.now(),
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            asked = told(tranche.requested, tranche.currency)
            messages.success(request, _("Asked for %s.") % asked)
            return redirect("gates:money", reference)
    return _shown(request, "gates/money_ask.html", rollout, form)


def _shown(
    request: HttpRequest, template: str, rollout: Rollout, form: Any, **more: Any
) -> HttpResponse:
    context = {"form": form, **more}
    return show(request, template, rollout, context, status=REFUSED if form.errors else 200)


def _tranche(
    request: HttpRequest, reference: str, pk: int, may: Right
) -> tuple[Rollout, GatedTranche]:
    rollout = load(request, reference, may=may)
    rows = GatedTranche.objects.select_related("fund", "requested_by", "approved_by", "release")
    return rollout, get_object_or_404(rows, pk=pk, initiative=rollout.initiative_id)


@login_required
@get_or_post
def approve(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Approve what was asked, or less; the gate releases it."""
    rollout, tranche = _tranche(request, reference, pk, may_approve_money)
    form = ApproveForm(request.POST if request.method == "POST" else None, tranche=tranche)
    if request.method == "POST" and form.is_valid():
        amount = form.cleaned_data["amount"]
        try:
            approve_tranche(tranche=tranche, amount=amount, by=reader(request), at=timezone.now())
        except (Refused, NotAllowed) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Approved %s.") % told(amount, tranche.currency))
            return redirect("gates:money", reference)
    fund = tranche.fund
    return _shown(
        request,
        "gates/money_approve.html",
        rollout,
        form,
        tranche=tranche,
        stage=rollout.playbook.parsed.stage(tranche.stage),
        gate=services.gate_into(tranche.stage),
        left=fund.amount - approved_from(fund, but=tranche) if fund else None,
    )


def _act(request: HttpRequest, reference: str, pk: int, act: Any, may: Right, done: str) -> Any:
    """Carry out something that takes no form, and go back to the page, which says how it went."""
    _rollout, tranche = _tranche(request, reference, pk, may)
    try:
        act(tranche=tranche, by=reader(request), at=timezone.now())
    except (Refused, NotAllowed) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done % told(tranche.amount, tranche.currency))
    return redirect("gates:money", reference)


@login_required
@require_POST
def release(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Release what was approved after its gate, by that gate's decision."""
    return _act(request, reference, pk, services.release, may_release_money, _("Released %s."))


@login_required
@require_POST
def thaw(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Let what a return froze count again, once its gate is passed anew."""
    return _act(request, reference, pk, services.thaw, may_release_money, _("Thawed %s."))


@login_required
@get_or_post
def withdraw(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Take back what was asked, once the page has said how much and what follows."""
    if request.method == "POST":
        return _act(request, reference, pk, services.withdraw, may_edit, _("Withdrew %s."))
    rollout, tranche = _tranche(request, reference, pk, may_edit)
    if tranche.withdrawn_at is not None or hasattr(tranche, "release"):
        messages.error(request, _("It is released or withdrawn, so nothing is left to withdraw."))
        return redirect("gates:money", reference)
    return show(
        request,
        "gates/money_withdraw.html",
        rollout,
        {
            "tranche": tranche,
            "stage": rollout.playbook.parsed.stage(tranche.stage),
            "gate": services.gate_into(tranche.stage),
        },
    )


@login_required
@get_or_post
def costs(request: HttpRequest, reference: str) -> HttpResponse:
    """Planned and actual cost of a few months, as a table or as pasted lines."""
    rollout = load(request, reference, may=may_edit)
    initiative = rollout.initiative
    first = _first_month(request.GET.get("from", ""))
    months = [month_after(first, n) for n in range(SEEN_AT_ONCE)]
    currency = currency_of(initiative)
    known = list(Cost.objects.filter(initiative=initiative, month__in=months))
    pasting = request.POST.get("part") == "pasted"
    data = request.POST if request.method == "POST" else None
    table = CostForm(None if pasting else data, months=months, known=known, currency=currency)
    paste = PasteForm(data if pasting else None, currency=currency)
    form: CostForm | PasteForm = paste if pasting else table
    if request.method == "POST" and form.is_valid():
        rows = paste.cleaned_data["pasted"] if pasting else table.rows()
        try:
            changed = enter_costs(
                initiative=initiative,
                rows=rows,
                currency=form.cleaned_data["currency"],
                by=reader(request),
                at=timezone.now(),
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Costs kept; figures changed: %d.") % changed)
            return redirect("gates:money", reference)
    return _shown(
        request,
        "gates/money_costs.html",
        rollout,
        form,
        table=table,
        paste=paste,
        currency=currency,
        first=first,
        last=months[-1],
        earlier=month_after(first, -SEEN_AT_ONCE),
        later=month_after(first, SEEN_AT_ONCE),
    )


def _first_month(text: str) -> date:
    """The month asked for in the address; else such that this month comes last."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return month_after(today().replace(day=1), 1 - SEEN_AT_ONCE)
    return min(max(asked, date(2000, 1, 1)), date(2099, 1, 1))
