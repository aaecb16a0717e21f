"""What the figures of a failure mode suggest. A person may judge otherwise, and says why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import Any

from playbook.document import FailureMode, Indicator, Threshold

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "below": lt,
    "at_most": le,
    "at_least": ge,
    "above": gt,
    "is": eq,
}


@dataclass(frozen=True, slots=True)
class Fired:
    """A threshold that the value of its indicator reached."""

    indicator: Indicator
    threshold: Threshold


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The highest degrees that any figure calls for; None where no figure says anything.

    What fired comes gravest first.
    """

    likelihood: int | None
    impact: int | None
    fired: tuple[Fired, ...]


def suggest(mode: FailureMode, values: Mapping[str, Any]) -> Suggestion:
    """What the values, by indicator key, suggest. A value that is missing or None says nothing.

    Values are of their indicator's kind: numbers for percent and number, a bool for yes_no, the
    chosen words for choice.
    """
    reached = [
        Fired(indicator, threshold)
        for indicator in mode.indicators
        if (threshold := _reached(indicator, values)) is not None
    ]
    fired = tuple(sorted(reached, key=_gravity, reverse=True))
    impacts = [each.threshold.impact for each in fired if each.threshold.impact is not None]
    return Suggestion(
        likelihood=max((each.threshold.likelihood for each in fired), default=None),
        impact=max(impacts, default=None),
        fired=fired,
    )


def _gravity(fired: Fired) -> tuple[int, int]:
    return fired.threshold.likelihood, fired.threshold.impact or 0


def _reached(indicator: Indicator, values: Mapping[str, Any]) -> Threshold | None:
    """The first threshold that fires: a playbook lists the gravest first."""
    value = values.get(indicator.key)
    if value is None:
        return None
    for threshold in indicator.thresholds:
        limit = threshold.figure if threshold.than is None else values.get(threshold.than)
        if limit is not None and _COMPARE[threshold.when](value, limit):
            return threshold
    return None
