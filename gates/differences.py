"""What changed between two sets of canonical facts, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playbook.document import Document

PLAIN = {
    "stage": "Stage",
    "gate": "Gate",
    "owed_gates": "Gates still to be proven",
    "claimed": "Placed by a claim",
    "impact_class": "Impact class",
    "name": "Name",
    "owner": "Owner",
    "funding_missing": "Missing in the funding path",
    "handoff_lacks": "Missing for the handoff",
    "paused_since": "Paused since",
    "stage_since": "In this stage since",
    "holds": "Holds at this gate",
    "review": "Review",
    "conditions": "Open conditions",
}
KEYED = ("design", "answers", "checks", "sign_offs", "risks")


@dataclass(frozen=True)
class Difference:
    """One fact then and now; an empty text means that there was, or is, nothing."""

    title: str
    before: str
    after: str


def differences(
    document: Document, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Every fact that differs, named as the playbook names it."""
    return [*_plain(before, after), *_keyed(document, before, after)]


def _plain(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name, title in PLAIN.items():
        if before.get(name) != after.get(name):
            yield Difference(title, _words(before.get(name)), _words(after.get(name)))


def _keyed(
    document: Document, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    titles = {
        "design": lambda key: document.question(key).question,
        "answers": lambda key: document.criterion(key).name,
        "checks": lambda key: document.check(key).name,
        "sign_offs": lambda key: f"{document.remit(key).name} sign-off",
        "risks": lambda key: document.mode(key).name,
    }
    for part in KEYED:
        then, now = before.get(part, {}), after.get(part, {})
        for key in sorted({*then, *now}):
            if then.get(key) != now.get(key):
                yield Difference(titles[part](key), _words(then.get(key)), _words(now.get(key)))


def _words(value: Any) -> str:
    match value:
        case None | "" | [] | ():
            return ""
        case bool():
            return "yes" if value else "no"
        case {"label": label}:
            return str(label)
        case {"text": text, "due": due}:
            return f"{text}, by {due}"
        case dict():
            parts = ((k, _words(v)) for k, v in value.items() if k != "id")
            return ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in parts if v)
        case list() | tuple():
            return "; ".join(_words(item) for item in value)
        case _:
            return str(value).replace("_", " ")
