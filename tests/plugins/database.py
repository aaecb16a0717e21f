"""Emptying the database between tests that commit, although some of its tables refuse it."""

from collections.abc import Iterable

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

NEVER_EMPTIED = (
    "audit_event",
    "gates_reconciliation",
    "gates_release",
    "playbook_playbooktext",
    "playbook_playbookversion",
)


@pytest.fixture(scope="session", autouse=True)
def flush_past_what_refuses_it() -> Iterable[None]:
    """Let the flush after such a test, and nothing else, pass by the triggers that refuse it."""
    flush = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, sql_list: Iterable[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in NEVER_EMPTIED:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            flush(self, sql_list)
            for table in NEVER_EMPTIED:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield
