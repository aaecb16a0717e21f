"""A worker that is killed while it reconciles a promise loses nothing and repeats nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from gates.models import Promise, Reconciliation, Rollout
from gates.tasks import reconcile_promises
from initiatives.services import lock
from tests.factories import make_initiative, make_passed, make_rollout
from tests.plugins.worker import kill, worker
from tests.together import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def waits_for_a_lock() -> bool:
    """Whether a session of this database, other than ours, waits for a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # kept for as long as a transaction
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
        )
        (count,) = cursor.fetchone()
    return bool(count)


def test_a_worker_killed_while_reconciling_loses_no_promise(
    queue: None,
    ada: User,
    maya: User,
    carol: User,
    lena: User,
    hannah: User,
    reviewers: list[User],
    tmp_path: Path,
) -> None:
    log, then = tmp_path / "worker.log", timezone.now() - timedelta(days=110)
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=then)
    make_passed(
        make_rollout(initiative, by=hannah, at=then),
        gates=2,
        owner=maya,
        verifier=lena,
        reviewers=reviewers,
        decider=carol,
        at=then,
    )
    promised = Promise.objects.count()
    assert promised
    with worker(log) as first:
        with transaction.atomic():
            lock(initiative.pk)
            reconcile_promises.delay()
            eventually(waits_for_a_lock, f"the worker is about to reconcile; see {log.read_text()}")
            kill(first)
        assert not Reconciliation.objects.exists()
    with worker(log):
        for _ in range(2):
            reconcile_promises.delay()
        eventually(lambda: Reconciliation.objects.count() == promised, "all are reconciled")
    assert Rollout.objects.get().stage == "readiness"
    assert Event.objects.filter(verb="promise.reconciled").count() == promised
