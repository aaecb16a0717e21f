"""An import of 10,000 rows beside a plain COPY of the very rows that it writes.

Both write the same rows to the same tables, with their triggers, indexes and foreign keys, and both
are rolled back, one after the other in each round. The import is the dry run and its confirmation:
every row is checked and compared with the portfolio twice. The COPY does nothing but send.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
from itertools import cycle
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from gates.models import Claim, Rollout, Standing
from initiatives.models import BusinessUnit, Initiative
from portfolio.importing.apply import confirm_import, fingerprint, plan_for, prepare
from portfolio.importing.mapping import Mapping, load_preset
from portfolio.importing.reading import read
from portfolio.importing.suggesting import suggest_mapping
from portfolio.models import ImportBatch, ImportedRow
from tests.bench.measuring import Report, seconds
from tests.portfolio.inventory import CSV, raw_rows

ROWS, ROUNDS, MOST = 10_000, 3, 5
TABLES: tuple[type[models.Model], ...] = (
    BusinessUnit,
    Initiative,
    Claim,
    Rollout,
    Standing,
    ImportedRow,
    Event,
)
STATUSES = ("Live", "Pilot", "Planned", "Rollout", "Retired")
HEADINGS = ("Project", "Department", "Team", "Status", "Purpose", "Start date", "Vendor")
PURPOSE = "Reads what comes in, sorts it and proposes an answer that a person checks. " * 6

Line = list[Any]


def measure(report: Report) -> None:
    """Print the ratio; more than allowed fails the run."""
    by = User.objects.create_user("importer@example.org", "Bench importer")
    batch = _draft(by)
    ratios = []
    for _ in range(ROUNDS):
        with transaction.atomic():
            imported, written = _import(batch, by)
            copied = _copy(written)
            transaction.set_rollback(True)
        ratios.append(imported / copied)
    report.note(f"{ROWS:,} rows checked and imported, {sum(map(len, written.values())):,} written")
    report.line("import as a multiple of COPY of the same rows", statistics.median(ratios), MOST)


def _draft(by: User) -> ImportBatch:
    lines, mapping = _published() if CSV.exists() else _invented()
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    content = out.getvalue().encode()
    sheet = read(content, name="bench.csv")
    batch = prepare(content=content, file_name="bench.csv", sheet=sheet, by=by, at=timezone.now())
    batch.mapping = (mapping or suggest_mapping(sheet)[1]).model_dump(mode="json")
    batch.save()
    return batch


def _published() -> tuple[list[list[str]], Mapping]:
    """The published inventory's rows again and again, with the names told apart."""
    headings, *rows = raw_rows()
    some = [[f"{name} {n}", *cells] for n, (name, *cells) in zip(range(ROWS), cycle(rows))]
    return [headings, *some], load_preset("omb-2024")


def _invented() -> tuple[list[list[str]], None]:
    """As wide, for where the published inventory is not at hand."""
    more = [f"Remark {n}" for n in range(62 - len(HEADINGS))]
    lines = [[*HEADINGS, *more]]
    for n in range(ROWS):
        unit, status = f"Department {n % 40}", STATUSES[n % len(STATUSES)]
        day = f"{n % 12 + 1}/{n % 28 + 1}/2024"
        cells = [f"Assistant {n}", unit, f"Team {n % 300}", status, PURPOSE, day, "none"]
        lines.append([*cells, *(f"{remark} of {n}" for remark in more)])
    return lines, None


def _import(batch: ImportBatch, by: User) -> tuple[float, dict[type[models.Model], list[Line]]]:
    """Seconds for the import, and the rows that it wrote, which are gone again."""
    before = {table: _newest(table) for table in TABLES}
    savepoint = transaction.savepoint()

    def act() -> None:
        seen = fingerprint(plan_for(batch))
        confirm_import(batch=batch, by=by, at=timezone.now(), seen=seen)
        _check_foreign_keys()

    took = seconds(act)
    written = {table: _rows_after(table, before[table]) for table in TABLES}
    transaction.savepoint_rollback(savepoint)
    return took, written


def _copy(written: dict[type[models.Model], list[Line]]) -> float:
    def act() -> None:
        for table, lines in written.items():
            columns = ", ".join(f'"{column}"' for column in _columns(table))
            statement = f'COPY "{table._meta.db_table}" ({columns}) FROM STDIN'
            with connection.cursor() as cursor, cursor.copy(statement) as target:
                for line in lines:
                    target.write_row(line)
        _check_foreign_keys()

    return seconds(act)


def _check_foreign_keys() -> None:
    """Now, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _columns(table: type[models.Model]) -> list[str]:
    return [str(field.column) for field in table._meta.concrete_fields if not field.generated]


def _newest(table: type[models.Model]) -> int:
    newest = table._default_manager.aggregate(newest=models.Max("pk"))["newest"]
    return int(newest or 0)


def _rows_after(table: type[models.Model], newest: int) -> list[Line]:
    documents = [
        isinstance(field, models.JSONField)
        for field in table._meta.concrete_fields
        if not field.generated
    ]
    columns = ", ".join(f'"{column}"' for column in _columns(table))
    key = table._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {columns} FROM "{table._meta.db_table}" WHERE "{key.column}" > %s '
            f'ORDER BY "{key.column}"',
            [newest],
        )
        return [
            [
                value
                if not document or value is None or isinstance(value, str)
                else json.dumps(value)
                for value, document in zip(line, documents, strict=True)
            ]
            for line in cursor.fetchall()
        ]
