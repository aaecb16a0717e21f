"""Emptying the database between tests that commit: quickly, and although some tables refuse it."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

KEPT = ("django_content_type", "auth_permission")
"""Rows of Django's own that are the same for every test, and that a flush would write anew."""


@pytest.fixture(scope="session", autouse=True)
def empty_quickly() -> Iterable[None]:
    """Delete the few rows that a test left instead of making every table anew, which takes ten
    times as long, and without the triggers, some of which refuse it."""

    def sql_flush(self: Any, style: Any, tables: Iterable[str], **_: Any) -> list[str]:
        return [table for table in tables if table not in KEPT]

    def execute_sql_flush(self: DatabaseOperations, tables: list[str]) -> None:
        quoted = [self.quote_name(table) for table in tables]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"SELECT {', '.join(f'EXISTS (SELECT FROM {it})' for it in quoted)}")
            for table, filled in zip(quoted, cursor.fetchone() or (), strict=True):
                if filled:
                    cursor.execute(f"DELETE FROM {table}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
