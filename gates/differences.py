"""What changed between two sets of canonical facts, in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.words import day_words
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
    "architecture": "Way from the pilot's architecture to production's",
    "population": "Intended population",
    "assumptions": "Production assumptions",
    "exposure": "Exposed population",
    "groups": "User groups",
    "slips": "Gates giving way",
}
KEYED = ("design", "answers", "checks", "sign_offs", "risks", "contrasts", "figures")


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
        "contrasts": lambda key: f"{document.condition(key).name}, pilot and production",
        "figures": lambda key: f"{document.mode(key).name}: figures",
    }
    for part in KEYED:
        then, now, words = before.get(part, {}), after.get(part, {}), SAID[part]
        for key in sorted({*then, *now}):
            if then.get(key) != now.get(key):
                said = [words(each[key]) if key in each else "" for each in (then, now)]
                yield Difference(titles[part](key), *said)


# Every field of a fact is in its words, so that two facts that differ never read the same.


def _answer(fact: Mapping[str, Any]) -> str:
    proof = fact["proof"] or "without evidence"
    until = _until(fact["valid_until"])
    verdict = "Met" if fact["verdict"] == "met" else "Not met"
    said = f"{verdict} on {_day(fact['answered_on'])}, {proof}{until}."
    return f"{said} {fact['note']}".strip()


def _check(fact: Mapping[str, Any]) -> str:
    said = fact["status"].capitalize()
    if fact["status"] == "met":
        said += ", verified" if fact["verified"] else ", not verified yet"
    elif fact["verified"]:
        said += ", evidence verified"
    due = f", due {_day(fact['due'])}" if fact["due"] else ""
    who = f", {fact['assignee']['label']}" if fact["assignee"] else ""
    rest = "".join(f". {words}" for words in (fact["proof"], fact["solution"]) if words)
    return f"{said}{_until(fact['valid_until'])}{who}{due}{rest}"


def _sign_off(fact: Mapping[str, Any]) -> str:
    said = "Signed" if fact["verdict"] == "signed" else "Objected"
    note = f": “{fact['note']}”" if fact["note"] else ""
    return f"{said} by {fact['by']['label']}{note}"


def _risk(fact: Mapping[str, Any]) -> str:
    return (
        f"Likelihood {fact['likelihood']}, impact {fact['impact']}; response "
        f"{fact['response'].replace('_', ' ')}; then {fact['residual_likelihood']} and "
        f"{fact['residual_impact']}; suggested {fact.get('suggested_likelihood') or 'nothing'} and "
        f"{fact.get('suggested_impact') or 'nothing'}; again by {_day(fact['reassess_by'])}; "
        f"text {fact['words']}"
    )


def _settled(fact: Mapping[str, Any]) -> str:
    said = "Settled" if fact["settled"] else "Answered, still open"
    return f"{said}; text {fact['words']}"


def _contrast(fact: Mapping[str, Any]) -> str:
    return f"{fact['distance'].capitalize()} distance; text {fact['words']}"


SAID: dict[str, Callable[[Any], str]] = {
    "design": _settled,
    "answers": _answer,
    "checks": _check,
    "sign_offs": _sign_off,
    "risks": _risk,
    "contrasts": _contrast,
    "figures": lambda figures: _words(dict(sorted(figures.items()))),
}


def _until(day: str | None) -> str:
    return f", counts until {_day(day)}" if day else ""


def _day(day: str) -> str:
    return day_words(date.fromisoformat(day))


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
