"""Taking an import back. The audit keeps both events; no domain row stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import User
from audit.services import Entry, record_many
from gates.models import Rollout
from gates.services.claims import withdraw_claim
from initiatives.bulk import UnitTree, edit_many, remove_many
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import lock_many
from portfolio.importing.apply import as_columns, lock_batch, people_among, record_batch
from portfolio.models import ImportBatch, ImportedRow, ImportState

NAMED = 10


@transaction.atomic
def undo_import(*, batch: ImportBatch, by: User, at: datetime) -> ImportBatch:
    """Remove what the import added and put back what it changed.

    Raises Refused, by name, when somebody has touched one of the initiatives since.
    """
    stored = lock_batch(batch)
    if stored.state == ImportState.UNDONE:
        return stored
    if stored.state != ImportState.CONFIRMED:
        raise Refused("This import was never carried out; there is nothing to take back.")
    rows = list(stored.rows.all())
    initiatives = {each.pk: each for each in lock_many(row.initiative_id for row in rows)}
    if reason := hindrance(stored):
        raise Refused(f"Not taken back: {reason}")
    _put_back([row for row in rows if row.version_before is not None], stored, by=by, at=at)
    added = [initiatives[row.initiative_id] for row in rows if row.version_before is None]
    _remove(added, stored, by=by, at=at)
    stored.state = ImportState.UNDONE
    stored.undone_by, stored.undone_at = by, at
    stored.save(update_fields=["state", "undone_by", "undone_at"])
    record_batch(stored, "import.undone", f"Took the import of {stored} back", by=by, at=at)
    return stored


def hindrance(batch: ImportBatch) -> str:
    """What keeps an import that was carried out from being taken back; empty when nothing does."""
    rows = batch.rows.exclude(version=F("initiative__version")).order_by("number")
    touched = list(rows.select_related("initiative"))
    if not touched:
        return ""
    named = "; ".join(str(row.initiative) for row in touched[:NAMED])
    more = f" and {len(touched) - NAMED} more" if len(touched) > NAMED else ""
    return (
        f"somebody has worked since on {named}{more}. "
        "Stop or retire what should not be here by a decision."
    )


def _remove(
    initiatives: Sequence[Initiative], batch: ImportBatch, *, by: User, at: datetime
) -> None:
    record_many(
        entries=[
            Entry(
                chain=initiative.chain,
                verb="initiative.import_undone",
                summary=f"Removed: the import of {batch.file_name} was taken back",
                data={"batch": batch.pk, "reference": initiative.reference},
            )
            for initiative in initiatives
        ],
        by=by,
        at=at,
    )
    remove_many(initiatives=initiatives, units=batch.made)


def _put_back(rows: Sequence[ImportedRow], batch: ImportBatch, *, by: User, at: datetime) -> None:
    if not rows:
        return
    # Whoever owned it before owns it again, also when they have left meanwhile.
    units, people = UnitTree(), people_among(User.objects.all())
    now = dict(
        Initiative.objects.filter(pk__in=[row.initiative_id for row in rows]).values_list(
            "pk", "unit_id"
        )
    )
    edits, said = {}, {}
    for row in rows:
        unit = units.names[now[row.initiative_id]]
        whole = {"unit": unit[0], "subunit": " › ".join(unit[1:])}
        before = {field: value for field, value, _ in row.changes}
        edits[row.initiative_id] = as_columns(before, whole, units, people)
        said[row.initiative_id] = {"batch": batch.pk, "changes": row.changes}
    edit_many(
        changes=edits,
        verb="initiative.import_undone",
        summaries=dict.fromkeys(edits, f"Changes from {batch.file_name} were taken back"),
        data=said,
        by=by,
        at=at,
    )
    moved = [row.initiative_id for row in rows if any(c[0] == "stage" for c in row.changes)]
    for rollout in Rollout.objects.filter(initiative__in=moved, claim__source=batch.file_name):
        withdraw_claim(rollout=rollout, by=by, at=at)
    _restore_earlier_rows(rows)


def _restore_earlier_rows(rows: Sequence[ImportedRow]) -> None:
    """The import before this one describes its initiatives again, and can be undone in turn."""
    ids = [row.initiative_id for row in rows]
    before = {row.initiative_id: row.version_before for row in rows}
    ImportedRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    earlier = list(
        ImportedRow.objects.filter(initiative__in=ids)
        .select_related("initiative")
        .order_by("initiative_id", "-pk")
        .distinct("initiative_id")
    )
    for row in earlier:
        row.latest = True
        if row.version == before[row.initiative_id]:
            row.version = row.initiative.version
    ImportedRow.objects.bulk_update(earlier, ["latest", "version"], batch_size=2000)
