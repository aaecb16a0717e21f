"""Imports as such: choosing a file, what came of each, taking one back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import needs, reader
from accounts.roles import Permission
from initiatives.errors import Refused
from initiatives.models import Initiative
from portfolio.importing.apply import discard_draft, prepare
from portfolio.importing.forms import FileForm
from portfolio.importing.mapping import MappingError, letters
from portfolio.importing.overview import in_stage_order
from portfolio.importing.suggesting import suggest_mapping
from portfolio.importing.undo import hindrance, undo_import
from portfolio.models import ImportBatch, ImportState

REFUSED = 422
ROWS_A_PAGE = 50
SHOWN = 30


@login_required
@needs(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Choose a file; below it, the imports so far."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_valid():
        data = form.cleaned_data
        batch = prepare(
            content=data["content"],
            file_name=data["file"].name or "inventory",
            sheet=data["sheet"],
            by=reader(request),
            at=timezone.now(),
        )
        try:
            batch.preset, mapping = suggest_mapping(data["sheet"])
            batch.mapping = mapping.model_dump(mode="json")
            batch.save(update_fields=["preset", "mapping"])
        except MappingError:
            pass  # the next step asks for what could not be guessed
        return redirect("portfolio:import_columns", batch.pk)
    context = {
        "nav": "import",
        "form": form,
        "batches": ImportBatch.objects.defer("table").select_related("created_by")[:SHOWN],
    }
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/import/imports.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """What an import did, row by row."""
    found = get_object_or_404(
        ImportBatch.objects.defer("table").select_related("confirmed_by", "undone_by"), pk=pk
    )
    if found.state == ImportState.DRAFT:
        return redirect("portfolio:import_dry_run", pk)
    rows = found.rows.select_related("initiative__unit").order_by("number")
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    placed = found.rows.values_list("values__stage").annotate(Count("pk"))
    context = {
        "nav": "import",
        "batch": found,
        "page": page,
        "placed": in_stage_order(placed),
        "hindrance": hindrance(found) if found.state == ImportState.CONFIRMED else "",
    }
    return render(request, "portfolio/import/batch.html", context)


@login_required
@needs(Permission.IMPORT)
@require_safe
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was given; at most 20 MB, so it is sent in one piece."""
    found = get_object_or_404(ImportBatch.objects.defer("table"), pk=pk)
    with found.file.open("rb") as file:
        response = HttpResponse(file.read(), content_type="application/octet-stream")
    name = content_disposition_header(as_attachment=True, filename=found.file_name)
    response["Content-Disposition"] = name or "attachment"
    return response


@login_required
@needs(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an import back, after saying what goes."""
    found = get_object_or_404(ImportBatch.objects.defer("table"), pk=pk)
    if found.state == ImportState.DRAFT:
        return redirect("portfolio:import_dry_run", pk)
    refusal = ""
    if request.method == "POST":
        try:
            undo_import(batch=found, by=reader(request), at=timezone.now())
        except Refused as error:
            refusal = str(error)
        else:
            messages.success(request, f"The import of {found.file_name} was taken back.")
            return redirect("portfolio:import_batch", pk)
    added = found.rows.filter(version_before__isnull=True).count()
    context = {
        "nav": "import",
        "batch": found,
        "refusal": refusal,
        "hindrance": "" if found.state == ImportState.UNDONE else hindrance(found),
        "added": added,
        "changed": found.rows.count() - added,
    }
    status = REFUSED if refusal else 200
    return render(request, "portfolio/import/undo.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop a draft. The portfolio never knew of it."""
    discard_draft(batch=get_object_or_404(ImportBatch.objects.defer("table"), pk=pk))
    messages.success(request, "The draft was dropped. Nothing was imported.")
    return redirect("portfolio:imports")


@login_required
@require_safe
def imported_row(request: HttpRequest, reference: str) -> HttpResponse:
    """The row that an initiative came from, whole, for everybody who may see the initiative."""
    initiative = get_object_or_404(
        Initiative.objects.visible_to(reader(request)).select_related("unit"), reference=reference
    )
    rows = initiative.imported_rows.order_by("-pk").select_related("batch__confirmed_by")
    row = rows.defer("batch__table").first()
    if row is None:
        raise Http404
    cells = [
        (letters(at), heading, text)
        for at, (heading, text) in enumerate(zip(row.batch.headings, row.cells, strict=True))
    ]
    context = {"nav": "portfolio", "initiative": initiative, "row": row, "cells": cells}
    return render(request, "portfolio/import/row.html", context)
