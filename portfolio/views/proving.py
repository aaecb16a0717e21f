"""The proving queue: claims from inventories that nobody answers for yet."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Func, IntegerField, Q, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.models import Stage
from initiatives.models import BusinessUnit
from portfolio.filters import Filters
from portfolio.views.table import table_context

QUEUE = Filters(labels=("claimed",), owner="none")
UNITS_SHOWN = 12


@login_required
@require_GET
def proving(request: HttpRequest) -> HttpResponse:
    """How long the queue is, where it comes from, and its first initiatives to assign."""
    reader = reader_of(request)
    if not reader.may(Permission.SEE_ALL):
        raise PermissionDenied
    context = {"nav": "proving", **_sizes(reader), **table_context(request, QUEUE)}
    return render(request, "portfolio/proving.html", context)


def _sizes(reader: User) -> dict[str, Any]:
    queue = QUEUE.rollouts(reader)
    top = Cast(
        Func(F("initiative__unit__path"), Value("/"), Value(1), function="split_part"),
        IntegerField(),
    )
    found = list(
        queue.order_by()
        .annotate(top=top)
        .values("top")
        .annotate(claims=Count("pk"), steady=Count("pk", filter=Q(stage=Stage.STEADY)))
        .order_by("-claims", "top")
    )
    names = dict(BusinessUnit.objects.filter(parent=None).values_list("pk", "name"))
    units = [
        {
            "name": names[row["top"]],
            "claims": row["claims"],
            "steady": row["steady"],
            "query": Filters(labels=("claimed",), owner="none", unit=row["top"]).query,
        }
        for row in found[:UNITS_SHOWN]
    ]
    return {
        "claims": sum(row["claims"] for row in found),
        "steady": sum(row["steady"] for row in found),
        "units": units,
        "other_units": len(found) - len(units),
    }
