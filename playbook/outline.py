"""A playbook laid out for reading: every part with its words and figures, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playbook.comparing import said
from playbook.drafting import ADDABLE
from playbook.places import NAMES, SECTIONS, Data, Path, alone, is_parts, keyed, own_leaves, word

# What tells what a part is about, in the order of preference; it is read before the rest.
LEADS = ("needs", "purpose", "asks", "pattern", "problem", "says", "text", "opens", "why")
UNSAID = frozenset({"key", "number", "degree", "gate", "from_stage", "to_stage"})
# What one more of each list is called.
ONE_MORE = {
    "criteria": "a criterion",
    "measures": "a measure",
    "checks": "an MVP check",
    "questions": "a question",
    "thresholds": "a threshold",
    "reminders": "a reminder",
    "terms": "a term",
    "polite_words": "polite words",
    "steady_practices": "a practice",
    "organisation": "a way of organising",
    "references": "a published figure",
}


@dataclass(frozen=True)
class Entry:
    """One part: its heading, what it is about, its values in words. ``level`` counts from 0."""

    path: Path
    title: str
    level: int
    lead: str
    facts: tuple[tuple[str, str], ...]
    more: tuple[tuple[str, str], ...]
    """What can be added to it: the words, and where it goes."""

    @property
    def where(self) -> str:
        return "/".join(self.path)

    @property
    def anchor(self) -> str:
        return "-".join(self.path)

    @property
    def heading(self) -> int:
        return min(self.level + 3, 6)


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    entries: tuple[Entry, ...]
    more: tuple[tuple[str, str], ...] = ()

    @property
    def groups(self) -> list[tuple[Entry, list[Entry]]]:
        """Each part of the section with the parts inside it."""
        groups: list[tuple[Entry, list[Entry]]] = []
        for entry in self.entries:
            if entry.level == 0:
                groups.append((entry, []))
            else:
                groups[-1][1].append(entry)
        return groups


def outline(data: Data) -> list[Section]:
    """The playbook as sections of entries."""
    figures = tuple(_figures(alone(data), {"title", "purpose"}))
    whole = Entry((), data["title"], 0, data["purpose"], figures, ())
    sections = [Section("playbook", "The playbook", (whole,))]
    for key, title in SECTIONS.items():
        here: Any = data.get(key)
        if is_parts(here):
            entries = tuple(e for k, p in keyed(key, here) for e in _entries((key, k), p, 0))
        elif isinstance(here, dict):
            entries = tuple(_entries((key,), here, 0))
        else:
            continue
        more = ((f"Add {ONE_MORE[key]}", key),) if key in ADDABLE else ()
        sections.append(Section(key, title, entries, more))
    return sections


def _entries(path: Path, part: dict[str, Any], level: int) -> Iterator[Entry]:
    lead_field = next((name for name in LEADS if part.get(name)), "")
    name_field = next((name for name in NAMES if part.get(name)), "")
    skipped = {lead_field, name_field if path[-2:-1] != ("gates",) else ""}
    more = tuple(
        (f"Add {ONE_MORE[name]}", "/".join((*path, name)))
        for name, value in part.items()
        if name in ADDABLE and isinstance(value, list)
    )
    yield Entry(
        path=path,
        title=heading(path, part),
        level=level,
        lead=str(part.get(lead_field, "")),
        facts=tuple(_figures(part, skipped)),
        more=more,
    )
    for name, value in part.items():
        if is_parts(value):
            for key, inner in keyed(name, value):
                yield from _entries((*path, name, key), inner, level + 1)


def heading(path: Path, part: dict[str, Any]) -> str:
    if len(path) == 1:
        return SECTIONS[path[0]]
    kind, key = path[-2:]
    if kind in {"gates", "additions"}:
        return f"Gate {key}"
    if kind == "thresholds":
        return f"Threshold {key}"
    return next((str(part[name]) for name in NAMES if part.get(name)), key)


def _figures(part: dict[str, Any], skipped: set[str] | None = None) -> Iterator[tuple[str, str]]:
    for field, value in own_leaves(part):
        if field[-1] in UNSAID or value in (None, []) or field[0] in (skipped or ()):
            continue
        shown = value if isinstance(value, str) else said(value)
        yield word(field).split(", one ")[0].capitalize(), shown
