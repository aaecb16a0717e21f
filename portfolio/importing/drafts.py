"""What the steps of an import write to its draft: under its lock, and never once it is confirmed.

A step that was opened before somebody confirmed comes too late: the import's table, headings and
mapping are then the record of what was imported.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from django.db import transaction

from initiatives.errors import Refused
from portfolio.importing.apply import lock_batch
from portfolio.importing.mapping import Mapping, MappingError
from portfolio.importing.sheet import Sheet
from portfolio.importing.suggesting import suggest_mapping
from portfolio.models import ImportBatch, ImportState, pack


@transaction.atomic
def read_anew(*, batch: ImportBatch, sheet: Sheet) -> ImportBatch:
    """Take what another reading of the file found; its columns are guessed anew."""
    stored = _locked_draft(batch)
    stored.table, stored.headings = pack(sheet), sheet.headings
    try:
        stored.preset, mapping = suggest_mapping(sheet)
        stored.mapping = mapping.model_dump(mode="json")
    except MappingError:
        stored.preset, stored.mapping = "", None  # the columns step asks for it
    stored.save(update_fields=["table", "headings", "preset", "mapping"])
    return stored


@transaction.atomic
def choose_mapping(*, batch: ImportBatch, mapping: Mapping, same_columns: bool) -> ImportBatch:
    """Take what the columns and values become; with other columns it is no preset any more."""
    stored = _locked_draft(batch)
    stored.mapping = mapping.model_dump(mode="json")
    if not same_columns:
        stored.preset = ""
    stored.save(update_fields=["mapping", "preset"])
    return stored


@transaction.atomic
def answer_rows(*, batch: ImportBatch, answers: MappingOf[str, int | str]) -> ImportBatch:
    """Add answers, by row number, to those given before."""
    stored = _locked_draft(batch)
    stored.answers = {**stored.answers, **answers}
    stored.save(update_fields=["answers"])
    return stored


def _locked_draft(batch: ImportBatch) -> ImportBatch:
    stored = lock_batch(batch)
    if stored.state != ImportState.DRAFT:
        raise Refused("This import is no draft any more; nothing of it was changed.")
    return stored
