"""How one playbook differs from another, in words."""

from dataclasses import dataclass
from typing import Any

from playbook.document import Document
from playbook.places import Data, Path, at, data_of, leaves, of_part, own_leaves, title_of, word

KINDS = {
    "criteria": "criterion",
    "checks": "MVP check",
    "questions": "design question",
    "reminders": "reminder",
    "terms": "term",
    "thresholds": "threshold",
    "indicators": "indicator",
    "steady_practices": "practice",
    "polite_words": "polite words",
    "clauses": "clause",
    "references": "published figure",
    "additions": "addition",
}
NOWHERE = object()


@dataclass(frozen=True)
class Change:
    """One thing that differs. A part that is new has no ``before``, one that is gone no
    ``after``; ``field`` is empty for both."""

    path: Path
    title: str
    kind: str  # added | removed | changed
    field: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        if self.kind == "added":
            return f"{self.title}: added. {self.after}".strip()
        if self.kind == "removed":
            return f"{self.title}: taken out."
        return ended(f"{self.title}: {self.field} from {self.before} to {self.after}")


def compare(before: Document, after: Document) -> list[Change]:
    """Everything that differs, in the order of the newer one; what is gone comes last."""
    return compare_data(data_of(before), data_of(after))


def compare_data(old: Data, new: Data) -> list[Change]:
    then, now = dict(leaves(old)), dict(leaves(new))
    changes: dict[Path, Change] = {}
    for path, value in now.items():
        if then.get(path, NOWHERE) == value:
            continue
        part, field = of_part(new, path)
        if path in then:
            changes[path] = _changed(new, part, field, then[path], value)
        elif (fresh := _topmost(old, path)) is not None and len(fresh) <= len(part):
            changes.setdefault(fresh, _whole(new, fresh, "added"))
        else:
            changes[path] = _changed(new, part, field, None, value)
    for path, value in then.items():
        if path not in now and value is not None:
            part, field = of_part(old, path)
            gone = _topmost(new, path)
            if gone is not None and len(gone) <= len(part):
                changes.setdefault(gone, _whole(old, gone, "removed"))
            else:
                changes.setdefault(path, _changed(old, part, field, value, None))
    return list(changes.values())


def _topmost(other: Data, path: Path) -> Path | None:
    """The first part on the way to the path that the other playbook does not have."""
    for length in range(1, len(path) + 1):
        try:
            at(other, path[:length])
        except KeyError:
            return path[:length]
    return None


def _changed(data: Data, part: Path, field: Path, before: Any, after: Any) -> Change:
    return Change(
        path=(*part, *field),
        title=title_of(data, part),
        kind="changed",
        field=word(field),
        before=said(before),
        after=said(after),
    )


def _whole(data: Data, path: Path, kind: str) -> Change:
    here = at(data, path)
    noun = KINDS.get(path[-2], "") if len(path) > 1 else ""
    words = ""
    if kind == "added" and isinstance(here, dict):
        skipped = {"key", "name", "question", "number", "gate"}
        told = (
            (field, value)
            for field, value in own_leaves(here)
            if field[-1] not in skipped and value is not None
        )
        words = " ".join(
            ended(f"{word(field).capitalize()}: {said(value)}") for field, value in told
        )
    return Change(
        path=path,
        title=title_of(data, path),
        kind=kind,
        field=noun,
        before="",
        after=words,
    )


def ended(words: str) -> str:
    """A sentence with its full stop, once."""
    return words if words.endswith((".", ".”", "?", "?”")) else f"{words}."


def said(value: Any) -> str:
    """A value in words."""
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        words = [str(each) for each in value]
        return (" " if all(each.endswith(".") for each in words) else "; ").join(words)
    return f"“{value}”" if isinstance(value, str) and " " in value else str(value)
