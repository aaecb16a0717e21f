"""Filling tables by the hundred thousand rows: ids reserved first, rows sent by COPY.

For invented portfolios only. Real changes go through services, which lock and keep the trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models


def check_at_once() -> None:
    """Check foreign keys at the end of each statement of this transaction.

    Left to the commit they pile up, and every trigger call that enters a subtransaction walks the
    whole pile: ten thousand rollouts took 24 seconds instead of one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@contextmanager
def in_one_piece() -> Iterator[None]:
    """Let the services called within share the transaction around them, without savepoints.

    Nothing is kept unless all of it is, so there is nothing to go back to; and five thousand acts
    spare ten thousand statements.
    """
    features = connection.features
    before = features.uses_savepoints
    features.uses_savepoints = False
    try:
        yield
    finally:
        features.uses_savepoints = before


def reserve(model: type[models.Model], count: int) -> list[int]:
    """Primary keys that nobody else will get, in ascending order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def numbered(rows: Sequence[models.Model]) -> None:
    """Give each row of one model a reserved primary key."""
    if rows:
        for row, pk in zip(rows, reserve(type(rows[0]), len(rows)), strict=True):
            row.pk = pk


def copy(rows: Sequence[models.Model]) -> None:
    """Send rows of one model to its table. Triggers and constraints judge them as ever."""
    if not rows:
        return
    if rows[0].pk is None:
        numbered(rows)
    meta = type(rows[0])._meta
    fields = [field for field in meta.concrete_fields if not field.generated]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column or "") for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(meta.db_table)} ({columns}) FROM STDIN") as target,
    ):
        for row in rows:
            target.write_row([_value(field, row) for field in fields])
    # The next statement joins this table, and the planner still believes it is empty.
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {quote(meta.db_table)}")


def _value(field: models.Field[Any, Any], row: models.Model) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)
