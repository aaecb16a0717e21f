"""What an initiative measures, what was observed of it, and by whom or what."""

from metrics.models.feeds import Feed, FeedKind
from metrics.models.metrics import Cadence, Direction, Metric, MetricKind
from metrics.models.observations import BY_HAND, Day, Observation, Source
from metrics.models.scopes import TokenScope

__all__ = [
    "BY_HAND",
    "Cadence",
    "Day",
    "Direction",
    "Feed",
    "FeedKind",
    "Metric",
    "MetricKind",
    "Observation",
    "Source",
    "TokenScope",
]
