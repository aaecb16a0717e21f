"""The table's rows and options as finished HTML.

Written here and not in the template: fifty rows of ten cells are some 1,300 template nodes, and
walking them took longer than everything else that the page does (docs/adr/0007).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from look import charts, glyphs
from portfolio.rows import Row

LABELS_SHOWN = 2
ON_COURSE = '<span class="grey">On course</span>'
NOBODY = '<span class="grey">nobody yet</span>'


def rows_html(rows: Iterable[Row], today: date, *, pick: bool) -> SafeString:
    """The rows of the table's body; with ``pick``, each with a box to tick."""
    return mark_safe("".join(_row(row, today, pick) for row in rows))  # noqa: S308


def _row(row: Row, today: date, pick: bool) -> str:
    reference = row.reference
    box = (
        f'<td class="pick"><input type="checkbox" name="pick" value="{row.initiative}" '
        f'aria-label="Select {reference}"></td>'
        if pick
        else ""
    )
    note, late = row.gate_note(today)
    gate = row.gate
    diamond = "" if gate is None else glyphs.gate("lost" if row.lost else "open", f"Gate {gate}")
    met, asked = row.criteria_met, row.criteria
    return (
        f'<tr>{box}<th scope="row"><a href="{row.url}">{escape(row.name)}</a>'
        f'<span class="sub">{reference} · {escape(row.unit)}</span></th>'
        f'<td class="desk-only">{escape(row.owner) if row.owner else NOBODY}</td>'
        f'<td class="corner">{glyphs.stage_marks(row.place or 0, row.claimed)}'
        f'<span class="sub">{row.stage_words}</span></td>'
        f'<td data-label="Weeks / plan">{_weeks(row, today)}</td>'
        f'<td data-label="Next gate">{diamond}<span class="sub{" bad" * late}">{note}</span></td>'
        f'<td data-label="Criteria"><b>{met}</b>/{asked}{charts.criteria_bar(met, asked)}</td>'
        f'<td data-label="MVP ladder"><b>{row.checks_met}</b>/{len(row.ladder)}'
        f"{glyphs.ladder(row.ladder)}</td>"
        f'<td data-label="Worst risk">{glyphs.rating(row.worst_rating or None, row.mode_name())}'
        "</td>"
        f'<td class="labels-cell"><span class="labels">{_labels(row)}</span></td></tr>'
    )


def _labels(row: Row) -> str:
    """The two worst labels, the others folded: they would make the row taller than two lines."""
    if not row.labels:
        return ON_COURSE if row.place is not None else ""
    shown = "".join(glyphs.label(label) for label in row.labels[:LABELS_SHOWN])
    others = row.labels[LABELS_SHOWN:]
    if not others:
        return shown
    rest = "".join(map(glyphs.label, others))
    return (
        f'{shown}<details class="more"><summary>+{len(others)}'
        f'<span class="vh"> more of {row.reference}</span></summary>{rest}</details>'
    )


def _weeks(row: Row, today: date) -> str:
    weeks, late, plan = row.weeks(today), row.late(today), row.plan
    if plan is None:
        words = "ongoing" if row.place else "no plan" if row.place == 0 else ""
        return f'<b>{weeks}</b><span class="sub">{words}</span>'
    mark = "past" if late else "still" if row.stall_reasons else "in"
    return (
        f'<span class="{"bad" * late}"><b>{weeks}</b> / {plan[0]}–{plan[1]}</span>'
        f"{charts.weeks(weeks, *plan, mark)}"
    )


def options_html(choices: Iterable[tuple[object, object]], chosen: object, lead: str) -> SafeString:
    """The options of a filter; ``lead`` is the words of the first, which filters nothing."""
    drawn = [f'<option value="">{escape(lead)}</option>']
    for value, words in choices:
        selected = " selected" if value == chosen else ""
        drawn.append(f'<option value="{escape(value)}"{selected}>{escape(words)}</option>')
    return mark_safe("".join(drawn))  # noqa: S308
