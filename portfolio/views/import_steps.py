"""The steps of an import between its file and its confirmation. Nothing is written before that."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import wraps
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
from portfolio.importing.apply import confirm_import, fingerprint, mapping_of, plan_for
from portfolio.importing.drafts import answer_rows, choose_mapping, read_anew
from portfolio.importing.forms import ColumnsForm, ReadingForm, ValuesForm, answers_from
from portfolio.importing.mapping import Mapping, MappingError, letters
from portfolio.importing.overview import overview, twins_of
from portfolio.importing.planning import Outcome
from portfolio.importing.reading import ReadError, read
from portfolio.importing.safe import safe_cell
from portfolio.models import ImportBatch, ImportState

REFUSED, STALE = 422, 409
ROWS_A_PAGE = 50
TWINS_A_PAGE = 25
PREVIEWED = 5


def step(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of the draft; an import that is no longer one shows what it did instead.

    What the mapping cannot do leads back to the columns, in words.
    """

    @wraps(view)
    def opened(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        batch = get_object_or_404(ImportBatch, pk=pk)
        if batch.state != ImportState.DRAFT:
            return redirect("portfolio:import_batch", pk)
        try:
            return view(request, batch, **kwargs)
        except MappingError as error:
            messages.error(request, str(error))
            return redirect("portfolio:import_columns", pk)
        except Refused as error:
            messages.error(request, str(error))
            return redirect("portfolio:import_batch", pk)

    return opened


def _mapping(batch: ImportBatch) -> Mapping | None:
    try:
        return mapping_of(batch)
    except MappingError:
        return None


@login_required
@needs(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
@step
def columns(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Step 2: which column becomes what."""
    table = batch.sheet
    mapping = _mapping(batch)
    sent = request.POST if request.method == "POST" else None
    form = ColumnsForm(sent, table=table, mapping=mapping)
    if form.is_valid():
        after = form.cleaned_data["mapping"]
        same = mapping is not None and after.columns == mapping.columns
        choose_mapping(batch=batch, mapping=after, same_columns=same)
        return redirect("portfolio:import_values", batch.pk)
    context = {
        "nav": "import",
        "batch": batch,
        "table": table,
        "form": form,
        "reading": ReadingForm(table=table),
        "columns": [(letters(at), heading) for at, heading in enumerate(table.headings)],
        "first_rows": table.rows[:PREVIEWED],
    }
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/import/columns.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_POST
@step
def reading(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Read the same file in another way: another sheet, encoding or separator."""
    form = ReadingForm(request.POST, table=batch.sheet)
    if form.is_valid():
        with batch.file.open("rb") as file:
            content = file.read()
        try:
            sheet = read(content, name=batch.file_name, **form.cleaned_data)
        except ReadError as error:
            messages.error(request, str(error))
        else:
            read_anew(batch=batch, sheet=sheet)
    return redirect("portfolio:import_columns", batch.pk)


@login_required
@needs(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
@step
def values(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Step 3: what each word of a choice becomes."""
    mapping = _mapping(batch)
    if mapping is None:
        return redirect("portfolio:import_columns", batch.pk)
    sent = request.POST if request.method == "POST" else None
    form = ValuesForm(sent, table=batch.sheet, mapping=mapping)
    if form.is_valid():
        choose_mapping(batch=batch, mapping=form.cleaned_data["mapping"], same_columns=True)
        return redirect("portfolio:import_dry_run", batch.pk)
    context = {"nav": "import", "batch": batch, "form": form}
    status = REFUSED if form.errors else 200
    return render(request, "portfolio/import/values.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_safe
@step
def dry_run(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Step 4: what would happen to each row."""
    return _dry_run(request, batch)


def _dry_run(
    request: HttpRequest, batch: ImportBatch, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    plan = plan_for(batch)
    context: dict[str, Any] = {
        "nav": "import",
        "batch": batch,
        "refusal": refusal,
        "seen": fingerprint(plan),
        **overview(plan, mapping_of(batch), batch.sheet),
    }
    return render(request, "portfolio/import/dry_run.html", context, status=status)


@login_required
@needs(Permission.IMPORT)
@require_safe
@step
def rows(request: HttpRequest, batch: ImportBatch, outcome: str) -> HttpResponse:
    """Every row of one outcome."""
    if outcome not in list(Outcome):
        raise Http404
    found = plan_for(batch).of(Outcome(outcome))
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    said = outcome.replace("_", " ")
    context = {"nav": "import", "batch": batch, "said": said, "page": page}
    return render(request, "portfolio/import/rows.html", context)


@login_required
@needs(Permission.IMPORT)
@require_safe
@step
def twins(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Every set of rows that share a key, with the text that tells one from another."""
    page = Paginator(twins_of(plan_for(batch)), TWINS_A_PAGE).get_page(request.GET.get("page"))
    context = {"nav": "import", "batch": batch, "page": page}
    return render(request, "portfolio/import/twins.html", context)


@login_required
@needs(Permission.IMPORT)
@require_safe
@step
def invalid_rows(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """The invalid rows as they are in the file, each with its row number and the reasons."""
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
@step
def answers(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Which initiative a row belongs to, where the file alone cannot tell."""
    answer_rows(batch=batch, answers=answers_from(request.POST.dict()))
    return redirect("portfolio:import_dry_run", batch.pk)


@login_required
@needs(Permission.IMPORT)
@require_POST
@step
def confirm(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Step 5: import. Sent twice, it imports once."""
    try:
        done = confirm_import(
            batch=batch,
            by=reader(request),
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
            update="update" in request.POST,
        )
    except Refused as error:
        batch.refresh_from_db()
        if batch.state != ImportState.DRAFT:
            raise
        return _dry_run(request, batch, refusal=str(error), status=STALE)
    messages.success(request, f"{done.file_name} was imported. Nobody was mailed.")
    return redirect("portfolio:import_batch", batch.pk)
