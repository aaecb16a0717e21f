"""The graveyard: what came to rest, why, at which cost, and what becomes of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.today import today
from initiatives.models import BusinessUnit
from playbook.document import Document
from portfolio import waiting
from portfolio.conversion import conversion
from portfolio.graveyard import (
    STATES,
    UNCODED,
    Plot,
    Tally,
    graves,
    graves_of,
    revivals,
    sunk,
    tally,
)

PAGE_SIZE = 50
REVIVALS_SHOWN = 6
REFERENCE = "not_sustained"


class Graves(Paginator[Any]):
    """The pages of one plot, whose size is counted anyway."""

    def __init__(self, plot: Plot, count: int) -> None:
        self._known = count
        super().__init__(graves(plot), PAGE_SIZE)

    @property
    def count(self) -> int:
        return self._known


@login_required
@require_GET
def graveyard(request: HttpRequest) -> HttpResponse:
    """What rests, longest first, with the words given, the cause coded and the cost sunk."""
    reader = reader_of(request)
    if not reader.may(Permission.SEE_ALL):
        raise PermissionDenied
    document = waiting.current_document(request)
    plot = Plot.of(request.GET, document)
    counted = tally(plot)
    page = Graves(plot, counted.found).get_page(request.GET.get("page"))
    day = today()
    context = {
        "nav": "graveyard",
        "today": day,
        "document": document,
        "plot": plot,
        "tally": counted,
        "tabs": _tabs(plot, counted),
        "modes": _modes(plot, counted, document),
        "hottest": max(counted.causes.values(), default=1),
        "units": BusinessUnit.objects.filter(Q(parent=None) | Q(pk=plot.unit)).order_by("label"),
        "page": page,
        "rows": [_row(grave, reader) for grave in graves_of(page.object_list)],
        "sunk": sunk(plot),
        "rates": conversion(plot.unit),
        "reference": document.reference(REFERENCE),
        "revivals": revivals(plot.unit, most=REVIVALS_SHOWN),
        "enough": document.compare_from,
    }
    return render(request, "portfolio/graveyard.html", context)


def _tabs(plot: Plot, counted: Tally) -> list[dict[str, Any]]:
    everything = [("", "All", counted.all)]
    states = [(state, name, counted.states[state]) for state, name in STATES.items()]
    return [
        {"name": name, "count": many, "query": plot.at(state=state), "current": plot.state == state}
        for state, name, many in everything + states
    ]


def _modes(plot: Plot, counted: Tally, document: Document) -> list[dict[str, Any]]:
    """Every failure mode with how many it stopped, and in which stage, most first; last, what
    nobody has coded."""
    modes = sorted(document.failure_modes, key=lambda mode: -counted.caused(mode.key))
    named = [*((mode.key, mode.key, mode.name) for mode in modes), (UNCODED, "", "Not named")]
    return [
        {
            "key": key,
            "name": name,
            "count": counted.caused(cause),
            "stages": [counted.causes[cause, stage.key] for stage in document.stages],
            "query": plot.at(mode=key),
        }
        for key, cause, name in named
    ]


def _row(grave: Any, reader: User) -> dict[str, Any]:
    live = grave.state in ("stalled", "paused")
    return {
        "grave": grave,
        "days": grave.days(today()),
        "change_by": grave.change_by(),
        "codes": grave.state == "stalled" and reader.may(Permission.EDIT_ALL),
        "revives": reader.may(Permission.DECIDE_ALL) or grave.sponsor == reader.pk,
        "live": live,
    }
