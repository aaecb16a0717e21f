"""The standing funds: how much each holds, for whom, and how much is left."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import needs, reader
from accounts.roles import Permission
from gates.forms.shared import refuse
from gates.views.page import REFUSED
from initiatives.errors import Refused
from initiatives.models import Fund
from initiatives.money import change_fund, set_up_fund
from portfolio import funds as kept

INITIATIVES_A_PAGE = 50


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def funds(request: HttpRequest) -> HttpResponse:
    """Every fund: what it holds, what was asked of it, approved, released, and what is left."""
    context = {
        "nav": "funds",
        "holdings": kept.holdings(),
        "may_manage": reader(request).may(Permission.MANAGE_MONEY),
    }
    return render(request, "portfolio/funds.html", context)


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def fund(request: HttpRequest, pk: int) -> HttpResponse:
    """One fund, by stage and by initiative."""
    try:
        holding = kept.holding(pk)
    except Fund.DoesNotExist as unknown:
        raise Http404 from unknown
    rows = Paginator(kept.by_initiative(holding.fund), INITIATIVES_A_PAGE)
    page = rows.get_page(request.GET.get("page"))
    context = {
        "nav": "funds",
        "holding": holding,
        "fund": holding.fund,
        "sums": holding.sums,
        "stages": kept.by_stage(holding.fund),
        "page": page,
        "initiatives": [
            (row["initiative__reference"], row["initiative__name"], kept.Sums.of(row))
            for row in page
        ],
        "may_manage": reader(request).may(Permission.MANAGE_MONEY),
    }
    return render(request, "portfolio/fund.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_MONEY)
def edit_fund(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Set up a fund, or change one."""
    stored = None if pk is None else get_object_or_404(Fund, pk=pk)
    form = kept.FundForm(request.POST if request.method == "POST" else None, fund=stored)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {
            "fields": form.cleaned_data,
            "by": reader(request),
            "at": timezone.now(),
        }
        try:
            saved = change_fund(fund=stored, **act) if stored else set_up_fund(**act)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Kept: %s.") % saved)
            return redirect("portfolio:fund", saved.pk)
    status = REFUSED if form.errors else 200
    context = {"nav": "funds", "form": form, "fund": stored}
    return render(request, "portfolio/fund_edit.html", context, status=status)
