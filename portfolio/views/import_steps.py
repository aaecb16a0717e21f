"""The steps of an import between its file and its confirmation. Nothing is written before that."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import needs, reader
from accounts.roles import Permission
from initiatives.errors import Refused
from portfolio.importing.apply import confirm_import, fingerprint, plan_for
from portfolio.importing.forms import ColumnsForm, ReadingForm, ValuesForm, answers_from
from portfolio.importing.mapping import Mapping, MappingError, load_data
from portfolio.importing.overview import overview
from portfolio.importing.planning import Outcome
from portfolio.importing.reading import ReadError, read
from portfolio.importing.safe import safe_cell
from portfolio.importing.suggesting import suggest_mapping
from portfolio.models import ImportBatch, ImportState, pack

REFUSED, STALE = 422, 409
ROWS_A_PAGE = 50


def _draft(pk: int) -> ImportBatch:
    """The draft. Raises Http404 for an import that is no longer one."""
    return get_object_or_404(ImportBatch, pk=pk, state=ImportState.DRAFT)


def _mapping(batch: ImportBatch) -> Mapping | None:
    try:
        return load_data(batch.mapping) if batch.mapping else None
    except MappingError:
        return None


@login_required
@needs(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: which column becomes what."""
    batch = _draft(pk)
    table = batch.sheet
    mapping = _mapping(batch)
    sent = request.POST if request.method == "POST" else None
    form = ColumnsForm(sent, table=table, mapping=mapping)
    if form.is_valid():
        after = form.cleaned_data["mapping"]
        if mapping is None or after.columns != mapping.columns:
            batch.preset = ""
        batch.mapping = after.model_dump(mode="json")
        batch.save(update_fields=["mapping", "preset"])
        return redirect("portfolio:import_values", pk)
    context = {
        "nav": "import",
        "batch": batch,
        "table": table,
        "form": form,
        "reading": ReadingForm(table=table),
    }
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/import/columns.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_POST
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the same file in another way: another sheet, encoding or separator."""
    batch = _draft(pk)
    form = ReadingForm(request.POST, table=batch.sheet)
    if form.is_valid():
        with batch.file.open("rb") as file:
            content = file.read()
        try:
            table = read(content, name=batch.file_name, **form.cleaned_data)
        except ReadError as error:
            messages.error(request, str(error))
            return redirect("portfolio:import_columns", pk)
        batch.table, batch.headings = pack(table), table.headings
        try:
            batch.preset, mapping = suggest_mapping(table)
            batch.mapping = mapping.model_dump(mode="json")
        except MappingError:
            batch.preset, batch.mapping = "", None
        batch.save(update_fields=["table", "headings", "preset", "mapping"])
    return redirect("portfolio:import_columns", pk)


@login_required
@needs(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def values(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: what each word of a choice becomes."""
    batch = _draft(pk)
    mapping = _mapping(batch)
    if mapping is None:
        return redirect("portfolio:import_columns", pk)
    sent = request.POST if request.method == "POST" else None
    try:
        form = ValuesForm(sent, table=batch.sheet, mapping=mapping)
    except MappingError:
        return redirect("portfolio:import_columns", pk)
    if form.is_valid():
        batch.mapping = form.cleaned_data["mapping"].model_dump(mode="json")
        batch.save(update_fields=["mapping"])
        return redirect("portfolio:import_dry_run", pk)
    context = {"nav": "import", "batch": batch, "form": form}
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/import/values.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_safe
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: what would happen to each row."""
    return _dry_run(request, _draft(pk))


def _dry_run(
    request: HttpRequest, batch: ImportBatch, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    try:
        plan = plan_for(batch)
    except MappingError as error:
        messages.error(request, str(error))
        return redirect("portfolio:import_columns", batch.pk)
    context: dict[str, Any] = {
        "nav": "import",
        "batch": batch,
        "refusal": refusal,
        "seen": fingerprint(plan),
        **overview(plan, load_data(batch.mapping or {}), batch.sheet),
    }
    return render(request, "portfolio/import/dry_run.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_safe
def rows(request: HttpRequest, pk: int, outcome: str) -> HttpResponse:
    """Every row of one outcome."""
    batch = _draft(pk)
    if outcome not in list(Outcome):
        raise Http404
    found = plan_for(batch).of(Outcome(outcome))
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"nav": "import", "batch": batch, "outcome": outcome, "page": page}
    return render(request, "portfolio/import/rows.html", context)


@login_required
@needs(Permission.IMPORT)
@require_safe
def invalid_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The invalid rows as they are in the file, each with its row number and the reasons."""
    batch = _draft(pk)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Row", "Why it is invalid", *map(safe_cell, batch.sheet.headings)])
    for each in plan_for(batch).of(Outcome.INVALID):
        why = "; ".join(f"{remark.column}: {remark.why}" for remark in each.row.problems)
        writer.writerow([each.row.number, why, *map(safe_cell, each.row.cells)])
    # The byte order mark makes Excel read it as UTF-8.
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="invalid-rows.csv"'
    return response


@login_required
@needs(Permission.IMPORT)
@require_POST
def answers(request: HttpRequest, pk: int) -> HttpResponse:
    """Which initiative a row belongs to, where the file alone cannot tell."""
    batch = _draft(pk)
    batch.answers = {**batch.answers, **answers_from(request.POST.dict())}
    batch.save(update_fields=["answers"])
    return redirect("portfolio:import_dry_run", pk)


@login_required
@needs(Permission.IMPORT)
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 5: import. Sent twice, it imports once."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batch.state == ImportState.DRAFT:
        batch.update_changed = "update" in request.POST
        batch.save(update_fields=["update_changed"])
    try:
        done = confirm_import(
            batch=batch, by=reader(request), at=timezone.now(), seen=request.POST.get("seen", "")
        )
    except Refused as error:
        if batch.state != ImportState.DRAFT:
            return redirect("portfolio:import_batch", pk)
        return _dry_run(request, batch, refusal=str(error), status=STALE)
    messages.success(request, f"{done.file_name} was imported. Nobody was mailed.")
    return redirect("portfolio:import_batch", pk)
