"""Emptying the database between tests that commit, although the audit trail refuses it."""

from collections.abc import Iterable

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations


@pytest.fixture(scope="session", autouse=True)
def flush_past_the_audit_trail() -> Iterable[None]:
    """Let the flush after such a test, and nothing else, pass by the trigger that refuses it."""
    flush = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, sql_list: Iterable[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
            flush(self, sql_list)
            cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield
