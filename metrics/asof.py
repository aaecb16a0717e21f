"""What a metric showed on a day, as it was known by a moment: for what is settled later."""

from datetime import date, datetime, timedelta

from metrics.models import Cadence, Metric, Observation
from metrics.models.metrics import CADENCE_DAYS
from metrics.moments import moment_of


def figure_on(metric: Metric, day: date, *, since: date, known_by: datetime) -> Observation | None:
    """The figure of the latest moment up to the end of the day, from what was recorded before
    ``known_by``; None where it would be older than the metric's rhythm allows, or of a day before
    ``since``.

    Whether it was corrected later makes no difference.
    """
    oldest = max(since, day - timedelta(days=CADENCE_DAYS[Cadence(metric.cadence)]))
    return (
        metric.observations.filter(
            at__gte=moment_of(oldest),
            at__lt=moment_of(day + timedelta(days=1)),
            recorded_at__lt=known_by,
        )
        .order_by("-at", "-pk")
        .first()
    )
