"""Measuring so that a busy machine slows both sides: interleaved, in rounds, as ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 5
REPEATS = 40


@dataclass(frozen=True)
class Ratio:
    """Times as multiples of the reference's median in the same round; the median of the rounds."""

    p50: float
    p95: float


def interleaved(
    reference: Callable[[], object], tried: Mapping[str, Callable[[], object]]
) -> dict[str, Ratio]:
    """How long each takes beside the reference, one after the other, again and again."""
    for warm_up in (reference, *tried.values()):
        warm_up()
    rounds: dict[str, list[Ratio]] = {name: [] for name in tried}
    for _ in range(ROUNDS):
        base: list[float] = []
        times: dict[str, list[float]] = {name: [] for name in tried}
        for _ in range(REPEATS):
            base.append(seconds(reference))
            for name, page in tried.items():
                times[name].append(seconds(page))
        for name, measured in times.items():
            rounds[name].append(
                Ratio(
                    statistics.median(measured) / statistics.median(base),
                    _percentile(measured, 95) / statistics.median(base),
                )
            )
    return {
        name: Ratio(
            statistics.median(ratio.p50 for ratio in ratios),
            statistics.median(ratio.p95 for ratio in ratios),
        )
        for name, ratios in rounds.items()
    }


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


@dataclass
class Report:
    """Lines of what was measured beside what is allowed."""

    failed: bool = False

    def line(self, what: str, value: float, most: float, unit: str = "") -> None:
        """One figure; more than ``most`` fails the run."""
        good = value <= most
        self.failed |= not good
        sign = "ok  " if good else "OVER"
        print(f"{sign}  {what:<58} {value:>8.2f}{unit:<4}  allowed {most:g}{unit}", flush=True)

    def note(self, text: str) -> None:
        print(f"      {text}", flush=True)
