"""What initiatives share, and what failed in it: all of it, and one by one."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.permissions import needs
from accounts.roles import Permission
from initiatives.models import Dependency, DependencyKind, Fault
from portfolio.dependencies import MENDED_SHOWN, Shown, answers_of, relying, stage_at, weighed
from portfolio.waiting import current_document

DEPENDENCIES_A_PAGE = 50
INITIATIVES_A_PAGE = 50


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def dependencies(request: HttpRequest) -> HttpResponse:
    """Everything shared, by kind, with what is at stake."""
    shown = Shown.of(request.GET)
    pages = Paginator(weighed(shown.dependencies()), DEPENDENCIES_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "nav": "dependencies",
        "shown": shown,
        "page": page,
        "rows": [(row, stage_at(row.farthest)) for row in page],
        "kinds": DependencyKind.choices,
    }
    return render(request, "portfolio/dependencies.html", context)


@login_required
@require_safe
@needs(Permission.SEE_ALL)
def dependency(request: HttpRequest, pk: int) -> HttpResponse:
    """One shared thing: who relies on it, and what each says of its failures."""
    row = get_object_or_404(
        weighed(Dependency.objects.select_related("named_by").filter(pk=pk)),
    )
    told = Fault.objects.filter(dependency=row).select_related("found_in", "found_by", "mended_by")
    faults = list(told.open())
    rows = relying().filter(dependency=row).select_related("initiative")
    page = Paginator(rows.order_by("initiative__number"), INITIATIVES_A_PAGE).get_page(
        request.GET.get("page")
    )
    modes = {mode.key: mode.short_name for mode in current_document(request).failure_modes}
    context = {
        "nav": "dependencies",
        "row": row,
        "farthest": stage_at(row.farthest),
        "faults": [(fault, modes.get(fault.mode, fault.mode)) for fault in faults],
        "page": page,
        "relying": answers_of(list(page), faults),
        "mended": told.filter(mended_at__isnull=False).order_by("-mended_at", "-pk")[:MENDED_SHOWN],
    }
    return render(request, "portfolio/dependency.html", context)
