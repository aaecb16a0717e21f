"""The drawn charts. Every x is a percentage, so one drawing fits every width.

No chart truncates its axis, and each says in words what it shows. Long because the charts share
their scales and shapes, and are read beside each other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString

from look.glyphs import CHECKS, icon, raw, spoken_counts

# Weeks on the common axis of every glyph that shows time in a stage.
AXIS_WEEKS = 24
# The dashboard's axes leave room behind week 24 for names and figures.
AGEING_WEEKS = 28
TIME_WEEKS = 34
# Above this many marks in one stage dots would hide each other, so they are counted by the week.
MOST_DOTS = 40
# More segments than this are too thin to be told apart in a table's cell.
MOST_SEGMENTS = 14

TRIANGLE = "M0-5.5 5.5 4.5h-11z"

SEGMENTS = {
    **CHECKS,
    "n": "not met",
    "s": "stale",
    "x": "unknown",
    "o": "open",
    "e": "excepted",
}
_SEGMENT_FILLS = {
    "m": "f-met",
    "n": "f-bad",
    "l": "f-bad",
    "s": "f-warn",
    "e": "f-warn",
    "p": "f-accent",
    "a": "f-accent",
    "o": "f-open",
}


def _at(value: float, top: float) -> str:
    """A position on an axis from 0 to `top`; what lies beyond it stops just inside the edge."""
    return f"{max(0.0, min(value / top * 100, 97)):.4g}%" if top else "0%"


def _width(part: float, whole: float) -> str:
    return f"{max(0.0, min(part / whole * 100, 100)):.4g}%" if whole else "0%"


def _figure(value: float, unit: str = "") -> str:
    return f"{value:g}{f' {unit}' if unit else ''}"


def _svg(height: int, words: str, *drawn: str, css: str = "chart") -> SafeString:
    return raw(
        f'<svg class="{css}" width="100%" height="{height}" role="img" '
        f'aria-label="{escape(words)}">{"".join(drawn)}</svg>'
    )


def _mark(x: str, y: int, kind: str) -> str:
    if kind == "past":
        return f'<svg x="{x}" y="{y}"><path class="f-bad" d="{TRIANGLE}"/></svg>'
    if kind == "still":
        return f'<circle class="f-still" cx="{x}" cy="{y}" r="4"/>'
    return f'<circle class="f-ink2" cx="{x}" cy="{y}" r="4"/>'


def _plan(low: float | None, high: float | None, height: int, top: float = AXIS_WEEKS) -> str:
    if low is None or high is None:
        return ""
    return (
        f'<rect class="f-band" x="{_at(low, top)}" width="{_width(high - low, top)}" '
        f'height="{height}"/>'
    )


@lru_cache(maxsize=4096)
def weeks(
    weeks: int, low: int | None = None, high: int | None = None, mark: str = ""
) -> SafeString:
    """Weeks in a stage against its plan: a band, and a dot in it, a triangle past it.

    `mark` is "in", "past" or "still" (a ring: no recorded progress); left out, the plan decides.
    """
    kind = mark or ("past" if high is not None and weeks > high else "in")
    plan = f", planned {low} to {high}" if high is not None else ", no plan"
    ending = {"past": ", past the plan", "still": ", no progress recorded"}.get(kind, "")
    return _svg(
        12,
        f"{weeks} {'week' if weeks == 1 else 'weeks'}{plan}{ending}",
        '<line class="s-line" x2="100%" y1="6" y2="6"/>',
        _plan(low, high, 12),
        _mark(_at(weeks, AXIS_WEEKS), 6, kind),
    )


@lru_cache(maxsize=4096)
def segments(states: str, words: str = "") -> SafeString:
    """A bar of equal segments, one letter each.

    m met, n not met, s stale, x unknown, p planned, a assigned, l lapsed, u unassigned, o open,
    e excepted.
    """
    count = len(states)
    drawn = [
        f'<rect class="seg {_SEGMENT_FILLS.get(state, "f-empty")}" y=".5" '
        f'x="{_width(index, count)}" width="{_width(1, count)}" height="9"/>'
        for index, state in enumerate(states)
    ]
    return _svg(10, words or spoken_counts(states, SEGMENTS), *drawn, css="chart segs")


def criteria_bar(met: int, total: int) -> SafeString:
    """How many criteria are met, as segments. The figure stands beside it. Too many to tell apart
    are drawn as ten tenths, of which all are full only when all are met."""
    words = f"{met} of {total} criteria met"
    if total > MOST_SEGMENTS:
        met, total = met * 10 // total, 10
    return segments("m" * met + "o" * (total - met), words)


@lru_cache(maxsize=4096)
def bullet(
    value: float | None,
    target: float,
    baseline: float | None = None,
    low: float = 0,
    high: float | None = None,
    better: str = "higher",
    unit: str = "",
    labels: bool = False,
) -> SafeString:
    """A measure against its target: a bar for now, an upright target, a ring for the baseline.

    `low` and `high` bound the axis, `better` is "higher" or "lower"; with `labels` the target and
    the baseline are written below.
    """
    known = [number for number in (value, target, baseline) if number is not None]
    span = (high if high is not None else max(known) * 1.15) - low or 1
    met = value is not None and (value >= target if better == "higher" else value <= target)
    words = [
        "not measured" if value is None else f"now {_figure(value, unit)}",
        f"target {_figure(target, unit)}",
    ]
    drawn = ['<rect class="f-band" y="2" width="100%" height="12"/>']
    if value is not None:
        drawn.append(
            f'<rect class="{"f-accent" if met else "f-bad"}" y="5" '
            f'width="{_width(value - low, span)}" height="6"/>'
        )
    if baseline is not None:
        words.append(f"baseline {_figure(baseline, unit)}")
        x = _width(baseline - low, span)
        drawn.append(f'<circle class="f-ring" cx="{x}" cy="8" r="3.5"/>')
    x = _width(target - low, span)
    drawn.append(f'<line class="s-ink" x1="{x}" x2="{x}" y1="{0 if labels else 1}" y2="16"/>')
    if labels:
        drawn.append(_bullet_labels(target, baseline, low, span))
    return _svg(34 if labels else 16, ", ".join(words), *drawn)


@lru_cache(maxsize=4096)
def band(value: float | None, low: float, high: float, unit: str = "%") -> SafeString:
    """A share against the band it must stay in: a bar for now, the band behind it, its bounds.

    The scale ends at twice the upper bound; where the bar would leave it, at 100, so that no share
    below that fills it.
    """
    top = max(min(high * 2, 100), 1)
    if value is not None and value > top:
        top = max(100, value)
    out = value is not None and not low <= value <= high
    now = "not counted" if value is None else f"now {_figure(round(value, 1), unit)}"
    words = f"{now}, band {_figure(low)} to {_figure(high, unit)}{', out of it' if out else ''}"
    drawn = [
        '<line class="s-line" x2="100%" y1="10" y2="10"/>',
        f'<rect class="f-band" x="{_width(low, top)}" width="{_width(high - low, top)}" '
        f'y="2" height="16"/>',
    ]
    if value is not None:
        drawn.append(
            f'<rect class="{"f-bad" if out else "f-accent"}" y="7" height="6" '
            f'width="{_width(value, top)}"/>'
        )
    for bound in sorted({low, high} - {0}):
        x = _width(bound, top)
        drawn.append(
            f'<line class="s-ink" x1="{x}" x2="{x}" y1="1" y2="19"/>'
            f'<text x="{x}" y="33" text-anchor="{"end" if bound == top else "middle"}">'
            f"{_figure(bound, unit)}</text>"
        )
    return _svg(36, words, *drawn)


def _bullet_labels(target: float, baseline: float | None, low: float, span: float) -> str:
    places = [(target, f"target {target:g}", "strong")]
    if baseline is not None:
        places.append((baseline, f"baseline {baseline:g}", ""))
    places.sort()
    apart = (places[-1][0] - places[0][0]) / span
    close = len(places) == 2 and apart < 0.3
    drawn = []
    for index, (number, text, css) in enumerate(places):
        share = (number - low) / span
        anchor = "middle"
        if share < 0.12:
            anchor = "start"
        elif share > 0.88 or (close and index == 0):
            anchor = "end"
        elif close and apart < 0.12:
            anchor = "start"
        drawn.append(
            f'<text class="{css}" x="{_width(number - low, span)}" y="31" '
            f'text-anchor="{anchor}">{text}</text>'
        )
    return "".join(drawn)


class Mark(NamedTuple):
    """One initiative on the ageing axis: its weeks, how it stands, and a name worth writing."""

    weeks: float
    kind: str = "in"
    name: str = ""


def ageing(
    marks: Iterable[Sequence[object]], low: int | None = None, high: int | None = None
) -> SafeString:
    """A stage's initiatives by their weeks in it: (weeks, "in" | "past" | "still", name)."""
    placed = sorted(Mark(*mark) for mark in marks)  # type: ignore[arg-type]
    late = sum(mark.kind == "past" for mark in placed)
    still = sum(mark.kind == "still" for mark in placed)
    plan = f"planned {low} to {high} weeks" if high is not None else "no plan"
    drawn = [
        _plan(low, high, 46, AGEING_WEEKS),
        '<line class="s-hair" x2="100%" y1="46.5" y2="46.5"/>',
    ]
    if high is not None:
        x = _at(high, AGEING_WEEKS)
        drawn.append(f'<line class="s-limit" x1="{x}" x2="{x}" y2="46"/>')
    drawn += _dots(placed) if len(placed) <= MOST_DOTS else _by_week(placed)
    words = f"{len(placed)} initiatives, {plan}: {late} past it, {still} without progress"
    return _svg(47, words, *drawn)


def _dots(placed: list[Mark]) -> list[str]:
    drawn, rows = [], [-9.0, -9.0, -9.0]
    for mark in placed:
        share = min(mark.weeks / AGEING_WEEKS * 100, 97)
        row = next((i for i, last in enumerate(rows) if share - last >= 3.6), rows.index(min(rows)))
        rows[row] = share
        drawn.append(_mark(f"{share:.4g}%", 38 - 14 * row, mark.kind))
    named = [mark for mark in placed if mark.name][-1:]
    for mark in named:
        share = min(mark.weeks / AGEING_WEEKS * 100, 97)
        dx, y, anchor = (9, 42, "start") if share < 80 else (6, 28, "end")
        drawn.append(
            f'<text class="over" x="{share:.4g}%" dx="{dx}" y="{y}" text-anchor="{anchor}">'
            f"{escape(mark.name)}</text>"
        )
    return drawn


def _week(weeks: float) -> int:
    """The bar that counts it; the last also counts all beyond the axis."""
    return min(int(weeks), AGEING_WEEKS - 1)


def tallest_week(weeks: Iterable[float]) -> int:
    """How many initiatives the tallest bar of `ageing` counts; 0 where it draws marks."""
    bars = Counter(map(_week, weeks))
    return max(bars.values()) if bars.total() > MOST_DOTS else 0


def _by_week(placed: list[Mark]) -> list[str]:
    counts: dict[int, list[int]] = {}
    for mark in placed:
        counts.setdefault(_week(mark.weeks), [0] * 3)[("in", "still", "past").index(mark.kind)] += 1
    tallest = max(sum(pair) for pair in counts.values())
    drawn = []
    for week, pair in sorted(counts.items()):
        base = 46.0
        for number, css in zip(pair, ("f-ink2", "f-warn", "f-bad"), strict=True):
            height = number / tallest * 40
            base -= height
            drawn.append(
                f'<rect class="seg {css}" x="{_width(week, AGEING_WEEKS)}" y="{base:.3g}" '
                f'width="{_width(1, AGEING_WEEKS)}" height="{height:.3g}"/>'
            )
    return drawn


def time_in_stage(
    median: float | None,
    first: float | None,
    third: float | None,
    low: int | None = None,
    high: int | None = None,
) -> SafeString:
    """Weeks a stage took the rollouts that left it: the middle half, with the median upright."""
    if median is None or first is None or third is None:
        return raw('<p class="note">Nothing has left this stage yet</p>')
    plan = f", plan {low}–{high}" if high is not None else ""
    over = high is not None and median > high
    text = f"{median:g}, {median - (high or 0):g} over plan" if over else f"{median:g}{plan}"
    drawn = [_plan(low, high, 32)]
    if high is not None:
        x = _at(high, TIME_WEEKS)
        drawn[0] = _plan(low, high, 32, TIME_WEEKS)
        drawn.append(f'<line class="s-limit" x1="{x}" x2="{x}" y2="32"/>')
    # A long stretch would run into its own words, which then stand above it.
    y = 5 if third / TIME_WEEKS > 0.58 else 20
    start, end, middle = (_at(n, TIME_WEEKS) for n in (first, third, median))
    drawn += [
        f'<line class="s-span" x1="{start}" x2="{end}" y1="16" y2="16"/>',
        f'<line class="s-ink" x1="{middle}" x2="{middle}" y1="7" y2="25"/>',
        f'<text class="{"over" if over else ""}" x="100%" y="{y}" text-anchor="end">{text}</text>',
    ]
    return _svg(33, f"Median {median:g} weeks, middle half {first:g} to {third:g}{plan}", *drawn)


def weeks_axis(chart: str = "ageing") -> SafeString:
    """The axis under the ageing column, or with "time" under the time in stage."""
    top = TIME_WEEKS if chart == "time" else AGEING_WEEKS
    drawn = []
    for week in (0, 4, 8, 12, 16, AXIS_WEEKS):
        last = week == AXIS_WEEKS
        anchor = "start" if not week else "middle"
        drawn.append(
            f'<text x="{_width(week, top)}" y="14" text-anchor="{anchor}">'
            f"{week}{' weeks' if last else ''}</text>"
        )
    return _svg(18, "Axis in weeks, 0 to 24", *drawn)


_PARTS = {
    "moved": ("f-soft", "moved on", ""),
    "here": ("f-accent", "here now", "on"),
    "out": ("", "stopped or retired", "strong"),
    "steady": ("f-ink", "reached steady state", "on"),
    "live": ("f-soft", "still under way", "strong"),
    "claimed": ("f-claim", "claimed", "strong"),
    "new": ("f-accent", "new", "on"),
    "changed": ("f-warn", "changed", "on"),
    "unchanged": ("f-band", "unchanged", ""),
    "invalid": ("f-bad", "invalid", "on"),
    "ask": ("f-claim", "to be answered", "strong"),
    "left_out": ("", "left out", "strong"),
}


def stacked(
    parts: Iterable[tuple[str, int]],
    total: int,
    reference: float | None = None,
    figures: bool = True,
) -> SafeString:
    """Counts beside each other on one axis up to `total`.

    Each part is (kind, count); kinds are moved, here, out, steady, live, new, changed, unchanged,
    invalid, ask and left_out. `reference` is a share (0 to 1) drawn as a dashed upright.
    """
    drawn, said, start = [], [], 0
    for kind, count in parts:
        fill, word, text = _PARTS[kind]
        said.append(f"{count} {word}")
        x, width = _width(start, total), _width(count, total)
        paint = f'class="{fill}"' if fill else 'class="hatched" fill="url(#hatch)"'
        if count:
            drawn.append(f'<rect {paint} x="{x}" y=".5" width="{width}" height="21"/>')
        if figures and total and count / total > 0.045:
            drawn.append(
                f'<text class="{text or "strong"}" x="{_width(start + count / 2, total)}" y="15" '
                f'text-anchor="middle">{count}</text>'
            )
        start += count
    if reference is not None:
        x = _width(reference, 1)
        drawn.append(f'<line class="s-ref" x1="{x}" x2="{x}" y1="-8" y2="30"/>')
    return _svg(22, ", ".join(said), *drawn)


def funnel(moved: int, here: int, out: int, total: int) -> SafeString:
    """Of all that ever entered a stage: moved on, here now, ended. The figures stand beside it."""
    return stacked((("moved", moved), ("here", here), ("out", out)), total, figures=False)


def agenda(marks: Iterable[tuple[int, str, str]], days: int = 90) -> SafeString:
    """The next days as a dashed centreline: (days from today, sprite symbol, colour class)."""
    placed = list(marks)
    drawn = ['<line class="s-road" x2="100%" y1="12" y2="12"/>']
    for day, symbol, colour in placed:
        x = _width(day, days)
        drawn.append(
            f'<svg x="{x}" y="4"><g transform="translate(-8)">{icon(symbol, colour)}</g></svg>'
        )
    return _svg(24, f"{len(placed)} dates in the next {days} days, listed below", *drawn)
