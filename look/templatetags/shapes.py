"""The shapes as template tags, available in every template without `{% load %}`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString

from look import charts, glyphs
from look.glyphs import raw
from look.quadrant import quadrant

register = template.Library()

for tag in (glyphs.icon, glyphs.mark, glyphs.label, glyphs.stage_marks, glyphs.ladder):
    register.simple_tag(tag, name=tag.__name__)
for chart in (
    charts.segments,
    charts.criteria_bar,
    charts.band,
    charts.bullet,
    charts.ageing,
    charts.time_in_stage,
    charts.weeks_axis,
    charts.stacked,
    charts.funnel,
    charts.agenda,
    quadrant,
):
    register.simple_tag(chart, name=chart.__name__)
register.simple_tag(charts.weeks, name="weeks")


@register.simple_tag
def status(kind: str, word: object = "") -> SafeString:
    """`{% status "met" "Met" %}`: the glyph and its word."""
    return glyphs.status(kind, str(word) or kind.replace("_", " ").capitalize())


@register.simple_tag
def rating(level: str | None, what: object = "") -> SafeString:
    """`{% rating "high" "Data quality" %}`: rising bars, the word, and what is rated."""
    return glyphs.rating(level or None, str(what))


@register.simple_tag
def gate_diamond(state: str, text: object = "") -> SafeString:
    """`{% gate_diamond "go" %}` alone, or `{% gate_diamond "open" "Gate 3" %}` with its name.

    States: go, conditional, open, lost.
    """
    return glyphs.gate(state, str(text))


@register.simple_tag
def stage_tag(number: int, claimed: bool = False) -> SafeString:
    """A stage's number in a small chevron; intake has a dash. The name stands beside it."""
    css = "stage-tag claimed" if claimed else "stage-tag"
    return raw(f'<span class="{css}" aria-hidden="true">{int(number) or "–"}</span>')


@register.simple_tag
def heat(count: int, most: int, critical: bool = False, url: str = "") -> SafeString:
    """A heatmap's cell: the stronger the tint the more initiatives, `most` being the strongest.

    A diamond marks a cell with a critical failure mode that nobody treats.
    """
    if not count:
        return raw('<td><span aria-hidden="true">·</span><span class="vh">none</span></td>')
    step = max(1, min(5, -(-count * 5 // most)))
    sign = f'{glyphs.icon("gate")}<span class="vh">critical, untreated: </span>' if critical else ""
    inner = f"{sign}{int(count)}"
    if url:
        inner = f'<a href="{escape(url)}">{inner}</a>'
    return raw(f'<td class="h{step}">{inner}</td>')


_STAGE_WORDS = {
    "passed": "passed",
    "now": "now",
    "todo": "to come",
    "claimed": "claimed, not proven",
}


@register.simple_tag
def way(stages: Iterable[Mapping[str, Any]]) -> SafeString:
    """The way through: big chevrons with the gates between them, upright on a phone.

    Each stage: `number`, `name`, `note`, `state` (passed | now | todo | claimed), optionally `url`
    and `gate`: its way out, with `number`, `state` (go | conditional | open | lost), `note`.
    """
    drawn = []
    for stage in stages:
        current = ' aria-current="step"' if stage["state"] == "now" else ""
        name: str = conditional_escape(stage["name"])
        number = f"{stage['number']}&ensp;" if stage["number"] else ""
        if stage.get("url"):
            name = f'<a href="{escape(stage["url"])}">{name}</a>'
        drawn.append(
            f'<li class="stage {escape(stage["state"])}"{current}>'
            f'<b>{number}{name}</b><span class="vh">, {_STAGE_WORDS[stage["state"]]}: </span>'
            f"{conditional_escape(stage.get('note', ''))}</li>"
        )
        gate = stage.get("gate")
        if gate:
            symbol, word = glyphs.GATES[gate["state"]]
            css = "lost" if gate["state"] == "lost" else ""
            drawn.append(
                f'<li class="gate">{glyphs.icon(symbol, css)}<p><b>Gate {int(gate["number"])}</b>'
                f'<span class="vh"> ({word}) </span>{conditional_escape(gate.get("note", ""))}</p>'
                "</li>"
            )
    return raw(f'<ol class="way">{"".join(drawn)}</ol>')
