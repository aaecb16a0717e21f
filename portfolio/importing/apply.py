"""Carrying out an import, and taking it back: whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.copying import insert_many
from audit.services import SYSTEM, Entry, record, record_many
from gates import standings
from gates.models import Rollout
from gates.services.rollouts import Adoption, adopt_many, move_claim
from initiatives.bulk import UnitPath, UnitTree, create_many, edit_many
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import lock_many, lock_units
from portfolio.importing.existing import OWN, SEPARATOR, known_initiatives
from portfolio.importing.mapping import Mapping, MappingError, load_data
from portfolio.importing.parsing import fold
from portfolio.importing.planning import Change, Outcome, Plan, PlannedRow, make_plan
from portfolio.importing.rows import read_rows
from portfolio.importing.sheet import Sheet
from portfolio.models import ImportBatch, ImportedRow, ImportState, pack


@dataclass(frozen=True, slots=True)
class People:
    """The address for each folded address and unambiguous name of people, and their ids."""

    addresses: MappingOf[str, str]
    ids: MappingOf[str, int]


def active_people() -> People:
    """Whom a file may name."""
    return people_among(User.objects.filter(is_active=True))


def people_among(found: QuerySet[User]) -> People:
    users = list(found.values_list("pk", "email", "name"))
    bearers: dict[str, set[str]] = {}
    for _, email, name in users:
        bearers.setdefault(fold(name), set()).add(email)
    by_name = {name: min(emails) for name, emails in bearers.items() if len(emails) == 1 and name}
    return People(
        addresses=by_name | {fold(email): email for _, email, _ in users},
        ids={email: pk for pk, email, _ in users},
    )


def prepare(*, content: bytes, file_name: str, sheet: Sheet, by: User, at: datetime) -> ImportBatch:
    """Keep the file as a draft. Nothing of the portfolio changes."""
    batch = ImportBatch(
        file_name=PurePath(file_name).name[:255],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        table=pack(sheet),
        headings=sheet.headings,
        created_by=by,
        created_at=at,
    )
    batch.file.save(batch.file_name, ContentFile(content), save=False)
    batch.save()
    return batch


@transaction.atomic
def discard_draft(*, batch: ImportBatch) -> None:
    """Drop a draft and its file. Does nothing to an import that was confirmed."""
    stored = ImportBatch.objects.select_for_update().filter(pk=batch.pk).first()
    if stored is None or stored.state != ImportState.DRAFT:
        return
    stored.delete()
    transaction.on_commit(lambda: stored.file.delete(save=False))


def plan_for(batch: ImportBatch) -> Plan:
    """What importing the draft would do to the portfolio as it is. Raises `MappingError`."""
    return make_plan_for(batch.sheet, mapping_of(batch), _answers(batch))


def mapping_of(batch: ImportBatch) -> Mapping:
    """Raises `MappingError`, also when no mapping was chosen yet."""
    if not batch.mapping:
        raise MappingError("Choose first what each column means.")
    return load_data(batch.mapping)


def make_plan_for(
    sheet: Sheet,
    mapping: Mapping,
    answers: MappingOf[int, int | str] | None = None,
    *,
    people: People | None = None,
    units: UnitTree | None = None,
) -> Plan:
    """The plan for a sheet, compared with the portfolio as it is."""
    rows = read_rows(sheet, mapping, (people or active_people()).addresses)
    return make_plan(rows, known_initiatives(mapping, units or UnitTree()), answers=answers)


def _answers(batch: ImportBatch) -> dict[int, int | str]:
    return {int(number): answer for number, answer in batch.answers.items()}


def fingerprint(plan: Plan) -> str:
    """What somebody confirms: the digest of all that the import would do."""
    steps = [
        (
            each.row.number,
            each.row.digest,
            str(each.outcome),
            each.known.id if each.known else None,
            [(change.field, change.before, change.after, change.kept) for change in each.changes],
        )
        for each in plan.rows
    ]
    return hashlib.sha256(json.dumps(steps).encode()).hexdigest()


@transaction.atomic
def confirm_import(
    *,
    batch: ImportBatch,
    by: User,
    at: datetime,
    seen: str | None = None,
    update: bool | None = None,
) -> ImportBatch:
    """Carry out the draft: add its new rows and, with `update`, apply changed ones.

    Where `update` is None the batch says whether. Rows that are invalid, unanswered or left out
    stay out. A batch that is confirmed already is returned as it is, so that sending the form
    twice does no harm. Raises Refused when there is nothing to do, or when `seen` (a
    `fingerprint`) is no longer what would happen, and `MappingError`.
    """
    stored = lock_batch(batch)
    if stored.state == ImportState.CONFIRMED:
        return stored
    if stored.state != ImportState.DRAFT:
        raise Refused("This import was taken back. Choose the file again to repeat it.")
    if update is not None:
        stored.update_changed = update
    lock_units()
    units, people = UnitTree(), active_people()
    plan = make_plan_for(
        stored.sheet, mapping_of(stored), _answers(stored), people=people, units=units
    )
    if seen is not None and seen != fingerprint(plan):
        raise Refused("The portfolio changed since this dry run. Look at it again, then import.")
    new = plan.of(Outcome.NEW)
    changed = plan.of(Outcome.CHANGED) if stored.update_changed else []
    if not new and not changed:
        raise Refused("There is nothing to import: no row is new, and no change is to be applied.")
    wanted = [_unit_path(each.row.values) for each in (*new, *changed)]
    stored.made = [unit.pk for unit in units.ensure(wanted)]
    _add(new, stored, units, people, by=by, at=at)
    _change(changed, stored, units, people, by=by, at=at)
    stored.counts = {**plan.counts, "absent": len(plan.absent)}
    stored.state = ImportState.CONFIRMED
    stored.table = b""
    stored.confirmed_by, stored.confirmed_at = by, at
    stored.save()
    record_batch(stored, "import.confirmed", f"Imported {stored.file_name}", by=by, at=at)
    return stored


def lock_batch(batch: ImportBatch) -> ImportBatch:
    """The batch as stored, with no other import under way until the transaction ends.

    Two imports at a time would not see each other's initiatives.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clearway.import'))")
    return ImportBatch.objects.select_for_update().get(pk=batch.pk)


def record_batch(batch: ImportBatch, verb: str, summary: str, *, by: User, at: datetime) -> None:
    data = {"batch": batch.pk, "sha256": batch.sha256, "counts": batch.counts}
    record(entry=Entry(chain=SYSTEM, verb=verb, summary=summary, data=data), by=by, at=at)


def _unit_path(values: MappingOf[str, Any]) -> UnitPath:
    parts = (str(values["unit"]), *str(values.get("subunit") or "").split(SEPARATOR))
    return tuple(part.strip() for part in parts if part.strip())


def _add(
    rows: Sequence[PlannedRow],
    batch: ImportBatch,
    units: UnitTree,
    people: People,
    *,
    by: User,
    at: datetime,
) -> None:
    if not rows:
        return
    initiatives = create_many(
        fields=[
            {
                **{name: each.row.values[name] for name in OWN},
                "unit": units.at(_unit_path(each.row.values)),
                "owner_id": people.ids.get(str(each.row.values["owner"])),
                "sponsor_id": people.ids.get(str(each.row.values["sponsor"])),
            }
            for each in rows
        ],
        at=at,
    )
    rollouts = adopt_many(
        adoptions=[
            Adoption(initiative, str(each.row.values["stage"]), each.row.number, each.row.words)
            for initiative, each in zip(initiatives, rows, strict=True)
        ],
        source=batch.file_name,
        by=by,
        at=at,
    )
    insert_many(standings.standings_of_new(rollouts, at=at))
    insert_many(
        [
            _imported(each, batch, initiative.pk, version=initiative.version)
            for initiative, each in zip(initiatives, rows, strict=True)
        ]
    )
    record_many(
        entries=[
            Entry(
                chain=initiative.chain,
                verb="initiative.imported",
                summary=f"Imported from row {each.row.number} of {batch.file_name}",
                data={
                    "batch": batch.pk,
                    "row": each.row.number,
                    "name": initiative.name,
                    "stage": each.row.values["stage"],
                    "words": each.row.words,
                },
            )
            for initiative, each in zip(initiatives, rows, strict=True)
        ],
        by=by,
        at=at,
    )


def _imported(
    each: PlannedRow,
    batch: ImportBatch,
    initiative: int,
    *,
    version: int,
    before: int | None = None,
) -> ImportedRow:
    return ImportedRow(
        batch=batch,
        initiative_id=initiative,
        number=each.row.number,
        occurrence=each.occurrence,
        cells=each.row.cells,
        digest=each.row.digest,
        values=dict(each.row.values),
        changes=[[change.field, change.before, change.after] for change in each.applied],
        version_before=before,
        version=version,
    )


def _change(
    rows: Sequence[PlannedRow],
    batch: ImportBatch,
    units: UnitTree,
    people: People,
    *,
    by: User,
    at: datetime,
) -> None:
    if not rows:
        return
    touched = {each.known.id: each for each in rows if each.known is not None}
    lock_many(touched)
    before = _versions(touched)
    edits = {
        pk: as_columns({c.field: c.after for c in each.applied}, each.row.values, units, people)
        for pk, each in touched.items()
    }
    edit_many(
        changes=edits,
        verb="initiative.reimported",
        summaries={pk: _summary(each.changes, each, batch) for pk, each in touched.items()},
        data={
            pk: {
                "batch": batch.pk,
                "row": each.row.number,
                "changes": [[c.field, c.before, c.after, c.kept] for c in each.changes],
            }
            for pk, each in touched.items()
        },
        by=by,
        at=at,
    )
    moving = {pk: e for pk, e in touched.items() if any(c.field == "stage" for c in e.applied)}
    latest = Rollout.objects.filter(initiative__in=moving).order_by(
        "initiative_id", "-started_at", "-pk"
    )
    for rollout in latest.distinct("initiative_id"):
        each = moving[rollout.initiative_id]
        move_claim(
            rollout=rollout,
            stage=str(each.row.values["stage"]),
            source=batch.file_name,
            row=each.row.number,
            words=each.row.words,
            by=by,
            at=at,
        )
    ImportedRow.objects.filter(initiative__in=touched, latest=True).update(latest=False)
    versions = _versions(touched)
    insert_many(
        [
            _imported(each, batch, pk, version=versions[pk], before=before[pk])
            for pk, each in touched.items()
        ]
    )


def _versions(initiatives: Iterable[int]) -> dict[int, int]:
    return dict(Initiative.objects.filter(pk__in=initiatives).values_list("pk", "version"))


def as_columns(
    values: MappingOf[str, Any],
    whole: MappingOf[str, Any],
    units: UnitTree,
    people: People,
) -> dict[str, Any]:
    """Imported values as fields of the initiative; `whole` supplies the other half of a unit."""
    columns: dict[str, Any] = {name: value for name, value in values.items() if name in OWN}
    if {"unit", "subunit"} & values.keys():
        columns["unit"] = units.at(_unit_path({**whole, **values}))
    for name in ("owner", "sponsor"):
        if name in values:
            columns[f"{name}_id"] = people.ids.get(str(values[name]))
    return columns


def _summary(changes: Sequence[Change], each: PlannedRow, batch: ImportBatch) -> str:
    names = ", ".join(change.label for change in changes)
    return f"Row {each.row.number} of {batch.file_name} changed: {names}"
