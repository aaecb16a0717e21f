"""The small signs: icons, statuses, labels, ratings, gate diamonds, stage marks, ladder squares.

A sign is always a shape and a word; colour comes third. List pages show thousands of them, so
each is built once, as a finished string, and served from a cache afterwards.
"""

from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# What a row or an answer can be -> (symbol in the sprite, colour class).
STATUSES = {
    "met": ("met", "met"),
    "signed": ("met", "met"),
    "in_place": ("met", "met"),
    "not_met": ("notmet", "bad"),
    "objects": ("notmet", "bad"),
    "stalled": ("notmet", "bad"),
    "invalid": ("notmet", "bad"),
    "unknown": ("unknown", "unknown"),
    "stale": ("stale", "warn"),
    "due": ("due", "warn"),
    "warning": ("due", "warn"),
    "overdue": ("due", "bad"),
    "lapsed": ("due", "bad"),
    "progress": ("progress", "accent"),
    "planned": ("progress", "accent"),
    "asked": ("progress", "accent"),
    "assigned": ("todo", "accent"),
    "todo": ("todo", "todo"),
    "unassigned": ("todo", "todo"),
    "none": ("todo", "todo"),
    "locked": ("locked", "locked"),
    "hold": ("hold", "hold"),
    "paused": ("hold", "hold"),
    "new": ("plus", "accent"),
    "changed": ("arrows-exchange", "warn"),
    "unchanged": ("met", "grey"),
    "waiting": ("gate", "accent"),
}

# The labels derived from facts -> (symbol, word, drawn as an outline rather than a tint).
LABELS = {
    "proven": ("met", "Proven", False),
    "qualifying": ("progress", "Qualifying", False),
    "extended_pilot": ("due", "Extended pilot", False),
    "claimed": ("unknown", "Claimed", True),
    "learning_exercise": ("todo", "Learning exercise", True),
    "stalled": ("notmet", "Stalled", False),
    "handoff_risk": ("arrows-exchange", "Handoff risk", False),
    "breach": ("due", "Out of its band", False),
    "slipping": ("gate-lost", "Gate giving way", False),
    "paused": ("hold", "Paused", True),
}

GATES = {
    "go": ("gate-go", "go"),
    "conditional": ("gate-half", "conditional go"),
    "open": ("gate-open", "not yet decided"),
    "lost": ("gate-lost", "no longer met"),
}

RATINGS = {
    "low": (1, "Low", "met"),
    "medium": (2, "Medium", "ink"),
    "high": (3, "High", "warn"),
    "critical": (4, "Critical", "bad"),
}

CHECKS = {
    "m": "met",
    "p": "planned",
    "a": "assigned",
    "l": "lapsed",
    "u": "unassigned",
}


def raw(markup: str) -> SafeString:
    """Markup made only of this package's own constants, numbers and escaped text."""
    return mark_safe(markup)  # noqa: S308


@lru_cache(maxsize=256)
def icon(name: str, css: str = "") -> SafeString:
    """A symbol of the sprite, hidden from screen readers: the word beside it is what they hear."""
    return raw(
        f'<svg class="{escape(("i " + css).strip())}" width="16" height="16" aria-hidden="true">'
        f'<use href="{static("icons.svg")}#{escape(name)}"/></svg>'
    )


@lru_cache(maxsize=2048)
def status(kind: str, word: str, css: str = "") -> SafeString:
    """A status glyph and its word. Raises KeyError for a kind that has no shape."""
    symbol, colour = STATUSES[kind]
    return raw(
        f'<span class="st {escape(css or colour)}">{icon(symbol)}<span>{escape(word)}</span></span>'
    )


@lru_cache(maxsize=256)
def mark(kind: str, word: str = "") -> SafeString:
    """A status glyph alone, where its line says the rest. `word` is what a reader hears."""
    symbol, colour = STATUSES[kind]
    spoken = f'<span class="vh">{escape(word)}</span>' if word else ""
    return raw(icon(symbol, colour) + spoken)


@lru_cache(maxsize=64)
def label(key: str) -> SafeString:
    """One of the labels derived from facts, as a tag."""
    symbol, word, outlined = LABELS[key]
    css = "outline" if outlined else key
    return raw(f'<span class="label {css}">{icon(symbol)}{word}</span>')


@lru_cache(maxsize=64)
def gate(state: str, text: str = "") -> SafeString:
    """A gate's diamond. Alone it carries its own words; with `text` the line says the state."""
    symbol, word = GATES[state]
    colour = "bad" if state == "lost" else "accent"
    if text:
        return raw(f'<span class="st gate-of">{icon(symbol, colour)}<b>{escape(text)}</b></span>')
    return raw(
        f'<svg class="i {colour}" width="16" height="16" role="img" aria-label="{word}">'
        f'<use href="{static("icons.svg")}#{symbol}"/></svg>'
    )


@lru_cache(maxsize=8)
def _bars(level: int) -> str:
    bars = [f"M{4 * i} {9 - 3 * i}h3v{3 + 3 * i}h-3z" for i in range(4)]
    return (
        '<svg class="i rt" width="16" height="12" viewBox="0 0 15 12" aria-hidden="true">'
        f'<path d="{"".join(bars[:level])}"/><path class="off" d="{"".join(bars[level:])}"/></svg>'
    )


@lru_cache(maxsize=512)
def rating(level: str | None, what: str = "") -> SafeString:
    """One to four rising bars and the rating's word; `what` names the failure mode under it."""
    under = f'<span class="sub">{escape(what)}</span>' if what else ""
    if not level:
        return raw('<span class="grey">Not assessed</span>' + under)
    bars, word, colour = RATINGS[level]
    return raw(f'<span class="st {colour}">{_bars(bars)}{word}</span>{under}')


_CHEVRON = "h5l4 5-4 5h-5l4-5z"


@lru_cache(maxsize=16)
def stage_marks(number: int, claimed: bool = False) -> SafeString:
    """Five small chevrons: filled up to the stage reached (0 is intake), dashed when claimed."""
    drawn = [f"M{0.5 + 8.6 * i:g} .5{_CHEVRON}" for i in range(5)]
    words = f"Stage {number} of 5" if number else "Intake, before stage 1"
    return raw(
        '<svg class="marks" width="45" height="11" role="img" '
        f'aria-label="{words}{", claimed" if claimed else ""}">'
        f'<path class="{"claim" if claimed else "on"}" d="{"".join(drawn[:number])}"/>'
        f'<path class="off" d="{"".join(drawn[number:])}"/></svg>'
    )


def spoken_counts(states: str, words: dict[str, str]) -> str:
    """`17 met, 1 lapsed`: how often each state occurs, in the order of `words`."""
    counted = [(states.count(key), word) for key, word in words.items()]
    return ", ".join(f"{count} {word}" for count, word in counted if count) or "none"


@lru_cache(maxsize=4096)
def ladder(states: str) -> SafeString:
    """The MVP ladder as squares, ten in a row.

    One letter a check, in the playbook's order: m met, p planned, a assigned, l lapsed,
    u unassigned.
    """
    paths: dict[str, list[str]] = {"on": [], "half": [], "edge": [], "cross": []}
    for index, state in enumerate(states):
        x, y = index % 10 * 8, index // 10 * 8
        if state == "m":
            paths["on"].append(f"M{x} {y}h7v7h-7z")
        elif state == "l":
            paths["cross"].append(f"M{x + 0.5} {y + 0.5}l6 6m0-6-6 6")
        else:
            paths["edge"].append(f"M{x + 0.5} {y + 0.5}h6v6h-6z")
            if state == "p":
                paths["half"].append(f"M{x} {y + 3}h7v4h-7z")
            elif state == "a":
                paths["half"].append(f"M{x + 2.5} {y + 2.5}h2v2h-2z")
    classes = {"edge": "f-none", "on": "f-met", "half": "f-met", "cross": "s-bad"}
    drawn = "".join(
        f'<path class="{css}" d="{"".join(paths[key])}"/>'
        for key, css in classes.items()
        if paths[key]
    )
    return raw(
        f'<svg class="squares" width="80" height="{-(-len(states) // 10) * 8}" role="img" '
        f'aria-label="Ladder: {spoken_counts(states, CHECKS)}">{drawn}</svg>'
    )
