"""The playbook as a reader meets it: what its words mean, and what its evidence shows elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.today import today
from playbook.glossary import glossary, matching, named_items
from portfolio.crosswalk import Reach, Shown, shown_on
from portfolio.files import table_file
from portfolio.keeping import kept
from portfolio.waiting import current_document


@login_required
@require_GET
def terms(request: HttpRequest) -> HttpResponse:
    """Everything that the current playbook names, explained."""
    document = current_document(request)
    asked = " ".join((request.GET.get("q") or "").split())
    context = {
        "nav": "glossary",
        "chapters": glossary(document),
        "asked": asked,
        "found": matching(document, asked) if asked else (),
        "sees_crosswalk": reader_of(request).may(Permission.SEE_ALL),
    }
    return render(request, "portfolio/glossary.html", context)


@login_required
@require_GET
def crosswalk(request: HttpRequest) -> HttpResponse:
    """Each framework's clauses, and how many initiatives show them."""
    shown = _shown(request)
    document = current_document(request)
    asked = request.GET.get("framework")
    chosen = (each for each in document.frameworks if each.key == asked)
    framework = next(chosen, next(iter(document.frameworks), None))
    reach = shown.reach(framework) if framework else []
    items = named_items(document)
    context = {
        "nav": "crosswalk",
        "frameworks": document.frameworks,
        "framework": framework,
        "rows": [(each, [items[item] for item in each.clause.shown_by]) for each in reach],
        "reached": sum(1 for each in reach if each.whole),
        "initiatives": shown.initiatives,
        "may_export": reader_of(request).may(Permission.EXPORT),
    }
    return render(request, "portfolio/crosswalk.html", context)


HEADINGS = {
    "Framework": 34,
    "Clause": 16,
    "Asks": 60,
    "Shown by": 70,
    "Initiatives": 12,
    "Show it": 10,
    "Show part": 10,
}


@login_required
@require_GET
def crosswalk_export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """Every framework's clauses as .xlsx or .csv."""
    if not reader_of(request).may(Permission.EXPORT):
        raise PermissionDenied
    shown = _shown(request)
    lines = (
        [f"{framework.name} {framework.edition}", *_values(each, shown.initiatives)]
        for framework in current_document(request).frameworks
        for each in shown.reach(framework)
    )
    name = f"crosswalk-{today():%Y-%m-%d}"
    return table_file(kind, name=name, title="Crosswalk", headings=HEADINGS, lines=lines)


def _values(each: Reach, initiatives: int) -> Iterator[Any]:
    yield each.clause.code
    yield each.clause.says
    yield ", ".join(each.clause.shown_by)
    yield initiatives
    yield each.whole
    yield each.part


def _shown(request: HttpRequest) -> Shown:
    """What the whole portfolio shows. Raises PermissionDenied for who may not see all of it."""
    if not reader_of(request).may(Permission.SEE_ALL):
        raise PermissionDenied
    day = today()
    return kept(request, "crosswalk", lambda: shown_on(day))
