"""Many new rows of one table, sent by COPY: an INSERT of thousands spends its time on parameters.

It stands at the bottom of the house because the audit trail itself is written this way. Triggers
and constraints judge the rows as ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)

# Below this an INSERT takes fewer trips.
WORTH_COPYING = 100


def insert_many(rows: Sequence[Row]) -> list[Row]:
    """Insert unsaved rows of one model and give them their keys.

    Where the key is a number of the table's own, it is reserved first.
    """
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    if len(rows) < WORTH_COPYING:
        return model._default_manager.bulk_create(rows)
    if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
        for row, key in zip(rows, _reserve(model, len(rows)), strict=True):
            row.pk = key
    _copy(model, rows)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias
    return rows


def _reserve(model: type[models.Model], count: int) -> list[int]:
    """Keys that nobody else will get, in ascending order."""
    assert model._meta.pk is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _copy(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column or "") for field in fields)
    values = attrgetter(*(field.attname for field in fields))
    prepared = [(i, how) for i, field in enumerate(fields) if (how := _preparation(field))]
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as target:
        for row in rows:
            line = list(values(row))
            for i, how in prepared:
                line[i] = None if line[i] is None else how(line[i])
            target.write_row(line)


def _preparation(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """How a value becomes one that psycopg sends; most are sent as they are."""
    if isinstance(field, models.JSONField):
        encoder = field.encoder
        return lambda value: json.dumps(value, cls=encoder, ensure_ascii=False)
    return None
