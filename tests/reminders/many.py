"""Reviews in bulk, for measuring: as the services would have left them, made in one statement."""

from datetime import datetime
from functools import partial

from django.db import connection

from accounts.models import User
from gates.models import Rollout
from initiatives.models import Initiative
from initiatives.services import next_numbers
from tests.factories import make_playbook, make_unit
from tests.together import eventually

# The first review of each rollout is under way, the others were withdrawn over the last two
# years. As in a table that grew with time, those under way lie among those long over.
REVIEWS = """
    INSERT INTO gates_review
        (rollout_id, gate, state, due, opened_by_id, opened_at, closed_at)
    SELECT rollout, 0,
        CASE WHEN pass = 1 THEN 'open' ELSE 'withdrawn' END,
        CASE WHEN pass > 1 THEN %(today)s::date - pass * 70 - (place %% 70)::int
             WHEN place <= %(overdue)s THEN %(today)s::date - 1
             ELSE %(today)s::date + 60 END,
        %(by)s, %(at)s,
        CASE WHEN pass > 1 THEN %(at)s END
    FROM unnest(%(rollouts)s::bigint[]) WITH ORDINALITY AS one(rollout, place),
        generate_series(1, %(each)s) AS pass
    ORDER BY md5((place * 1000 + pass)::text)
"""


def many_rollouts(count: int, *, owner: User, at: datetime) -> list[int]:
    """The ids of rollouts at intake, of initiatives of this owner."""
    unit, playbook = make_unit(), make_playbook()
    initiatives = Initiative.objects.bulk_create(
        Initiative(
            number=number,
            name=f"Measured {number}",
            unit=unit,
            owner=owner,
            owner_since=at.date(),
            created_at=at,
            touched_at=at,
        )
        for number in next_numbers(count)
    )
    rollouts = Rollout.objects.bulk_create(
        Rollout(initiative=initiative, playbook=playbook, stage_entered_at=at, started_at=at)
        for initiative in initiatives
    )
    return [rollout.pk for rollout in rollouts]


def many_reviews(
    rollouts: list[int], *, each: int = 1, overdue: int, by: User, at: datetime
) -> None:
    """``each`` reviews a rollout, one of them open; of the open ones ``overdue`` are a day late."""
    with connection.cursor() as cursor:
        cursor.execute(
            REVIEWS,
            {
                "today": at.date(),
                "at": at,
                "by": by.pk,
                "rollouts": rollouts,
                "each": each,
                "overdue": overdue,
            },
        )


def settle(*tables: str) -> None:
    """What autovacuum does in time: statistics, and the map of pages that everybody may see."""
    for table in tables:
        eventually(partial(_vacuumed, table), f"every page of {table} is seen by all")


def _vacuumed(table: str) -> bool:
    """Whether the pages are all visible now; an older snapshot elsewhere still keeps them back."""
    with connection.cursor() as cursor:
        # Else the few dead rows of tests before keep their page from being seen by all.
        cursor.execute(f"VACUUM (ANALYZE, INDEX_CLEANUP ON) {table}")
        cursor.execute(
            "SELECT relallvisible >= relpages FROM pg_class WHERE oid = %s::regclass", [table]
        )
        return bool(cursor.fetchone()[0])
