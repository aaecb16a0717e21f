"""Days of the organisation's calendar, and the sums that are kept of them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from metrics.models import Day


def zone() -> ZoneInfo:
    """The zone in which the organisation's days begin."""
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def day_of(moment: datetime) -> date:
    return moment.astimezone(zone()).date()


ADD = """
    INSERT INTO metrics_day AS d (metric_id, day, count, total, low, high)
    SELECT metric, day, count(*), sum(value), min(value), max(value)
    FROM unnest(%s::bigint[], %s::date[], %s::float8[]) AS new (metric, day, value)
    GROUP BY metric, day ORDER BY metric, day
    ON CONFLICT (metric_id, day) DO UPDATE SET
        count = d.count + excluded.count, total = d.total + excluded.total,
        low = least(d.low, excluded.low), high = greatest(d.high, excluded.high)
"""
COUNT = """
    INSERT INTO metrics_day (metric_id, day, count, total, low, high)
    SELECT o.metric_id, wanted.day, count(*), sum(o.value), min(o.value), max(o.value)
    FROM unnest(%s::bigint[], %s::date[]) AS wanted (metric, day)
    JOIN metrics_observation o ON o.metric_id = wanted.metric AND NOT o.corrected
        AND o.at >= wanted.day - interval '2 days' AND o.at < wanted.day + interval '3 days'
        AND (o.at AT TIME ZONE %s)::date = wanted.day
    GROUP BY o.metric_id, wanted.day
"""
COUNT_ALL = """
    INSERT INTO metrics_day (metric_id, day, count, total, low, high)
    SELECT metric_id, (at AT TIME ZONE %s)::date, count(*), sum(value), min(value), max(value)
    FROM metrics_observation WHERE NOT corrected GROUP BY 1, 2
"""


def add_up(
    figures: Iterable[tuple[int, datetime, float]], *, anew: Collection[tuple[int, date]]
) -> None:
    """Add counting figures, each with its metric and moment, to their days. The days in ``anew``,
    on which a figure was corrected, are counted from the observations. Call it under the
    initiative's lock."""
    added = [(metric, day_of(moment), float(value)) for metric, moment, value in figures]
    added = [row for row in added if row[:2] not in anew]
    with connection.cursor() as cursor:
        if added:
            cursor.execute(ADD, [list(column) for column in zip(*added, strict=True)])
        if anew:
            metrics, days = (list(column) for column in zip(*anew, strict=True))
            cursor.execute(
                "DELETE FROM metrics_day d USING unnest(%s::bigint[], %s::date[])"
                " AS gone (metric, day) WHERE d.metric_id = gone.metric AND d.day = gone.day",
                [metrics, days],
            )
            cursor.execute(COUNT, [metrics, days, settings.ORGANISATION_TIME_ZONE])


@transaction.atomic
def recount_all() -> int:
    """Count every day anew, after the zone changed; return how many days there are."""
    with connection.cursor() as cursor:
        # Whoever records figures meanwhile waits, and then adds to what was counted.
        cursor.execute("LOCK TABLE metrics_day IN EXCLUSIVE MODE")
        Day.objects.all().delete()
        cursor.execute(COUNT_ALL, [settings.ORGANISATION_TIME_ZONE])
        return cursor.rowcount
