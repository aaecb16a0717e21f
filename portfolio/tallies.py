"""Counting many querysets in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import CharField, QuerySet, Value


def tally(querysets: Mapping[str, QuerySet[Any, Any]]) -> dict[str, int]:
    """How many rows each queryset has. They may be of different models."""
    if not querysets:
        return {}
    first, *others = [
        rows.order_by().annotate(counted=Value(key, CharField())).values_list("counted", flat=True)
        for key, rows in querysets.items()
    ]
    sql, parameters = first.union(*others, all=True).query.sql_with_params()
    with connection.cursor() as cursor:
        # Nothing of a reader's is in the text: all of it is Django's own.
        cursor.execute(f"SELECT counted, count(*) FROM ({sql}) c GROUP BY counted", parameters)  # noqa: S608
        found = dict(cursor.fetchall())
    return {key: found.get(key, 0) for key in querysets}
