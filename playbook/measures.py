"""What a computed criterion asks of the metrics: docs/measuring.md says what it means."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from playbook.base import Key, Part

DAY_SECONDS = 86_400
MOST_DAYS = 91
MetricKind = Literal[
    "business", "adoption", "latency", "reliability", "quality", "data_quality", "cost", "model"
]


def seconds_in(span: str) -> int:
    """The length of a span such as ``7d`` or ``30s`` in seconds; a day has 24 hours."""
    return int(span[:-1]) * (DAY_SECONDS if span.endswith("d") else 1)


def _not_too_long(span: str) -> str:
    if seconds_in(span) > 3660 * DAY_SECONDS:
        raise ValueError("is longer than ten years")
    return span


Span = Annotated[
    str, StringConstraints(pattern=re.compile(r"^[1-9]\d{0,8}[sd]$")), AfterValidator(_not_too_long)
]
"""A number of days (``7d``) or of seconds (``30s``)."""


class Measure(Part):
    """One thing that metrics must show for a criterion to be met."""

    key: Key
    metric: MetricKind
    statistic: Literal["last", "average", "every"]
    compare: Literal["target", "baseline"] = "target"
    period: Span = "7d"
    periods: int = Field(default=1, ge=1, le=MOST_DAYS)
    """How many complete periods the window has; it means nothing for ``last``."""
    least: int = Field(default=1, ge=1, le=10_000)
    """Figures that there must be in the window."""
    fresh: Span = "14d"
    """For how long the latest figure counts."""
    better_percent: float = Field(default=0, ge=0, le=100)
    """By how much of the baseline a figure must be better than it, in percent."""

    @model_validator(mode="after")
    def _window_in_reach(self) -> Self:
        if (self.periods + 1) * seconds_in(self.period) > MOST_DAYS * DAY_SECONDS:
            raise ValueError(
                f"a window and the period under way take at most {MOST_DAYS} days together"
            )
        return self

    @property
    def by_the_day(self) -> bool:
        """Whether its periods are made of whole days of the organisation's calendar."""
        return self.period.endswith("d")
