"""Value against feasibility, as a field of four quarters. The table beside it says the same."""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Protocol

from django.utils.html import escape
from django.utils.safestring import SafeString

from look.glyphs import raw

HEIGHT = 300
LEFT, RIGHT = 4.0, 88.0  # per cent of the width at which feasibility 1 and 5 stand
TOP, BOTTOM = 40, HEIGHT - 48  # pixels at which value 5 and 1 stand
MOST = 12  # radius of the largest dot, in pixels


class Dot(Protocol):
    """Things of one value and one feasibility, both from 1 to 5, and their ranks in words."""

    @property
    def value(self) -> float: ...
    @property
    def feasibility(self) -> float: ...
    @property
    def count(self) -> int: ...
    @property
    def label(self) -> str: ...


def _x(feasibility: float) -> float:
    return LEFT + (feasibility - 1) / 4 * (RIGHT - LEFT)


def _y(value: float) -> int:
    return round(BOTTOM - (value - 1) / 4 * (BOTTOM - TOP))


def quadrant(
    dots: Iterable[Dot], high_from: float, names: Mapping[tuple[bool, bool], str]
) -> SafeString:
    """Each dot with its ranks; a larger one stands for more. ``names`` is what the quarters are
    called, by whether value and feasibility are high, which they are from ``high_from``."""
    shown = list(dots)
    split, split_y = _x(high_from), _y(high_from)
    split_x = f"{split:.4g}%"
    drawn = [
        f'<rect class="f-band" x="{split_x}" width="{100 - split:.4g}%" height="{split_y}"/>',
        f'<line class="s-limit" x1="{split_x}" x2="{split_x}" y2="{HEIGHT - 24}"/>',
        f'<line class="s-limit" x2="100%" y1="{split_y}" y2="{split_y}"/>',
        *_names(names),
        *(_dot(dot) for dot in sorted(shown, key=lambda dot: -dot.count)),
        f'<text x="0" y="{HEIGHT - 6}">Feasibility: low</text>',
        f'<text x="100%" y="{HEIGHT - 6}" text-anchor="end">high</text>',
    ]
    many = sum(dot.count for dot in shown)
    words = f"{many} judged, by value upwards and feasibility to the right; the table has each"
    return raw(
        f'<svg class="chart" width="100%" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(words)}">{"".join(drawn)}</svg>'
    )


def _names(names: Mapping[tuple[bool, bool], str]) -> Iterable[str]:
    for (worth, easy), name in names.items():
        x, anchor = ("100%", "end") if easy else ("0", "start")
        y = 14 if worth else HEIGHT - 28
        css = ' class="strong"' if worth and easy else ""
        yield f'<text{css} x="{x}" y="{y}" text-anchor="{anchor}">{escape(name)}</text>'


def _dot(dot: Dot) -> str:
    radius = min(MOST, 4 + round(2 * sqrt(dot.count)))
    return (
        f'<svg x="{_x(dot.feasibility):.4g}%" y="{_y(dot.value)}" overflow="visible">'
        f'<circle class="f-soft" r="{radius}"/>'
        f'<text class="strong" x="{radius + 3}" y="4">{escape(dot.label)}</text></svg>'
    )
