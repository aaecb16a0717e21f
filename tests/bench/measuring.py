"""Measuring so that a busy machine slows both sides: interleaved, in rounds, as ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Times:
    """Seconds of one act, by rounds."""

    rounds: Sequence[Sequence[float]]

    @property
    def p50(self) -> float:
        return statistics.median(self.percentiles(50))

    @property
    def p95(self) -> float:
        return statistics.median(self.percentiles(95))

    def percentiles(self, share: int) -> list[float]:
        """One a round."""
        return [
            statistics.quantiles(one, n=100, method="inclusive")[share - 1] for one in self.rounds
        ]

    def beside(self, reference: Times, share: int) -> float:
        """This percentile as a multiple of the reference's in the same round; of the rounds the
        median."""
        pairs = zip(self.percentiles(share), reference.percentiles(share), strict=True)
        return statistics.median(own / other for own, other in pairs)


def interleaved(
    acts: Mapping[str, Callable[[], object]], *, rounds: int, repeats: int
) -> dict[str, Times]:
    """How long each act takes: one after the other, again and again."""
    for warm_up in acts.values():
        warm_up()
    times: dict[str, list[list[float]]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name in acts:
            times[name].append([])
        for _ in range(repeats):
            for name, act in acts.items():
                times[name][-1].append(seconds(act))
    return {name: Times(measured) for name, measured in times.items()}


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@dataclass
class Report:
    """Lines of what was measured beside what is allowed."""

    over: list[str] = field(default_factory=list)

    def title(self, text: str) -> None:
        print(f"\n{text.strip().splitlines()[0]}", flush=True)

    def line(self, what: str, value: float, most: float, unit: str = "") -> None:
        """One figure; more than ``most`` fails the run."""
        good = value <= most
        shown = f"{value:.0f}" if value == int(value) else f"{value:.2f}"
        print(
            f"  {'ok  ' if good else 'OVER'}  {what:<52} {shown:>8} {unit:<3}  "
            f"at most {most:g} {unit}".rstrip(),
            flush=True,
        )
        if not good:
            self.over.append(what)

    def fact(self, what: str, good: bool) -> None:
        """Something that holds or does not."""
        print(f"  {'ok  ' if good else 'OVER'}  {what}", flush=True)
        if not good:
            self.over.append(what)

    def note(self, text: str) -> None:
        print(f"        {text}", flush=True)
