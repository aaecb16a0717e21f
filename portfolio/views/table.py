"""The portfolio table: one view of the portfolio, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import reader as reader_of
from accounts.roles import Permission
from gates.models import Stage
from gates.today import today
from initiatives.models import BusinessUnit, ImpactClass, Initiative
from look.glyphs import LABELS
from playbook.glossary import called
from portfolio.counts import VIEWS, view_counts
from portfolio.filters import CLAIMS, GATES, OWNERS, WORST_FIRST, Filters, number_of
from portfolio.keeping import kept
from portfolio.markup import options_html, rows_html
from portfolio.rows import rows_of, values_of
from portfolio.waiting import current_document

PAGE_SIZE = 50
LABEL_CHOICES = [(key, word) for key, (_symbol, word, _outlined) in LABELS.items()]
GATE_CHOICES = [(number, f"Gate {number}") for number in GATES]
COLUMNS = (
    ("initiative", "Initiative"),
    ("owner", "Owner"),
    ("stage", "Stage"),
    ("weeks", "Weeks / plan"),
    ("gate", "Next gate"),
    ("criteria", "Criteria"),
    ("ladder", "MVP ladder"),
    ("risk", "Worst risk"),
)


class Rows(Paginator[Any]):
    """The pages; the count is known where the view is one that is counted anyway."""

    def __init__(self, filters: Filters, reader: User, known: int | None, size: int) -> None:
        self._known, self._plain = known, filters.rollouts(reader)
        super().__init__(values_of(self._plain.order_by(*filters.ordering())), size)

    @property
    def count(self) -> int:
        if self._known is None:
            self._known = self._plain.count()
        return self._known


@login_required
@require_GET
def table(request: HttpRequest) -> HttpResponse:
    """The initiatives that the address asks for, fifty at a time; for htmx, the rows alone."""
    filters = Filters.of(request.GET)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "portfolio/_fragment.html", _found(request, filters))
    context = {"nav": "portfolio", **table_context(request, filters)}
    return render(request, "portfolio/table.html", context)


def table_context(request: HttpRequest, filters: Filters, size: int = PAGE_SIZE) -> dict[str, Any]:
    """Everything that the table's template needs for this view of the portfolio."""
    return {
        **_found(request, filters, size),
        "options": _options(filters, reader_of(request)),
        "may_add": reader_of(request).may(Permission.ADD),
    }


def _found(request: HttpRequest, filters: Filters, size: int = PAGE_SIZE) -> dict[str, Any]:
    """What is found: the rows of one page, and how many there are beside it."""
    reader = reader_of(request)
    counts = view_counts(request, reader)
    unsorted = replace(filters, sort=WORST_FIRST)
    known = next((counts[key] for key, _name, view in VIEWS if view == unsorted), None)
    day, may_assign = today(), reader.may(Permission.ASSIGN)
    asked = number_of(request.GET.get("page"))

    def look() -> tuple[int, int, SafeString]:
        page = Rows(filters, reader, known, size).get_page(asked)
        rows = rows_html(rows_of(page.object_list), day, pick=may_assign)
        return page.paginator.count, page.number, rows

    if filters.common and reader.may(Permission.SEE_ALL):
        found = kept(request, f"rows:{filters.query}:{asked}:{size}:{may_assign}", look)
    else:
        found = look()
    count, number, rows = found
    return {
        "filters": filters,
        "page": Paginator(range(count), size).page(number),
        "rows": rows,
        "tabs": tabs(unsorted, counts),
        "columns": [_column(filters, key, name) for key, name in COLUMNS],
        "table_url": reverse("portfolio:table"),
        "export_url": reverse("portfolio:export", args=["x"])[:-1],
        "may_assign": may_assign,
        "may_export": reader.may(Permission.EXPORT),
    }


@dataclass(frozen=True)
class Tab:
    name: str
    query: str
    count: int
    current: bool


def tabs(current: Filters, counts: dict[str, int]) -> list[Tab]:
    return [
        Tab(name, view.query, counts[key], view == current)
        for key, name, view in VIEWS
        if counts[key] or view == current or key == "all"
    ]


def _column(filters: Filters, key: str, name: str) -> dict[str, str]:
    sorted_now = filters.sort.removeprefix("-") == key
    direction = "descending" if filters.sort.startswith("-") else "ascending"
    return {
        "name": name,
        "query": filters.sorted_by(key).query,
        "sorted": direction if sorted_now else "",
    }


def _options(filters: Filters, reader: User) -> dict[str, SafeString]:
    """The options of each filter. Of the units: the top of the tree, and what lies under the
    chosen one; for who sees only some initiatives, the units that hold one of these."""
    shown = Q(parent=None)
    if filters.unit:
        shown |= Q(pk=filters.unit) | Q(parent=filters.unit)
    units = BusinessUnit.objects.filter(shown)
    if not reader.may(Permission.SEE_ALL):
        held = Initiative.objects.visible_to(reader).filter(unit__path__startswith=OuterRef("path"))
        units = units.filter(Exists(held))
    claims = {key: f"Claims: {words}" for key, words in CLAIMS.items()}
    owners = {key: f"Owner: {words}" for key, words in OWNERS.items()}
    if filters.owner and filters.owner not in OWNERS:
        owners[filters.owner] = "Owner: one person"
    label = filters.labels[0] if filters.labels else ""
    return {
        "unit": options_html(units.values_list("pk", "label"), filters.unit, "Unit: all"),
        "stage": options_html(Stage.choices, filters.stage, "Stage: all live"),
        "label": options_html(LABEL_CHOICES, label, "Label: any"),
        "owner": options_html(owners.items(), filters.owner, "Owner: any"),
        "impact": options_html(ImpactClass.choices, filters.impact, "Impact: any"),
        "gate": options_html(GATE_CHOICES, filters.gate, "Gate: any"),
        "claims": options_html(claims.items(), filters.claims, "Claims: with them"),
    }


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The search field of every page: to the initiative of a reference, to the stage that somebody
    calls by another name, to what the playbook says of a word that no initiative has, else the
    table."""
    reader, words = reader_of(request), (request.GET.get("q") or "").strip()
    seen = Initiative.objects.visible_to(reader)
    if words and (initiative := seen.filter(reference__iexact=words).first()):
        return redirect(initiative)
    document = current_document(request)
    if stage := document.stage_called(words):
        said = _("“%(words)s” is a name for the stage %(stage)s, which is what you see.")
        messages.info(request, said % {"words": words, "stage": stage.name})
        return redirect(reverse("portfolio:table") + Filters(stage=stage.key).query)
    entry = called(document, words)
    if entry and not seen.filter(pk__in=Initiative.objects.matching(words)).exists():
        return redirect(f"{reverse('portfolio:glossary')}#{entry.id}")
    return redirect(reverse("portfolio:table") + Filters(q=words[:200]).query)
