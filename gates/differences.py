"""What changed between two sets of canonical facts, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from audit.words import day_words
from gates.models.rollouts import Stage
from initiatives.models import Architecture, DependencyKind, Distance, FaultVerdict, ImpactClass
from initiatives.money import told
from playbook.document import DesignQuestion, Document
from playbook.measuring import figure

Words = Callable[[Any], str]
RESPONSES = {
    "none": "No design response",
    "planned": "A design response is planned",
    "in_place": "The design response is in place",
}
RIGHT_WAY = {"up": "higher is better", "down": "lower is better"}
# The parts of the facts, in the order in which a reader follows them.
PLACE, DESIGN, CRITERIA, LADDER, SIGN_OFFS, MODES, PREMISES = (
    "Where it stood",
    "Design assessment",
    "Exit criteria",
    "Minimum Viable Production",
    "Sign-offs",
    "Failure modes",
    "What it rests on",
)


@dataclass(frozen=True)
class Difference:
    """One fact then and now; an empty text means that there was, or is, nothing."""

    title: str
    before: str
    after: str
    part: str


def differences(
    document: Document, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Every fact that differs, named as the playbook names it."""
    return [*_plain(before, after), *_keyed(document, before, after)]


def _plain(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name, (title, words) in PLAIN.items():
        if before.get(name) != after.get(name):
            yield Difference(title, _said(words, before, name), _said(words, after, name), PLACE)


def _keyed(
    document: Document, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for name, (part, title, words) in _keyed_parts(document).items():
        then, now = before.get(name, {}), after.get(name, {})
        for key in sorted({*then, *now}):
            if then.get(key) != now.get(key):
                yield Difference(title(key), _said(words, then, key), _said(words, now, key), part)


def _said(words: Words, facts: Mapping[str, Any], name: str) -> str:
    """A fact in words; empty where there is none."""
    return words(facts[name]) if facts.get(name) is not None else ""


def _keyed_parts(document: Document) -> dict[str, tuple[str, Callable[[str], str], Words]]:
    """The facts that are kept by key: their part, how a key is named and a fact is said."""
    return {
        "design": (DESIGN, lambda key: _asked(document.question, key), _settled),
        "answers": (CRITERIA, lambda key: _asked(document.criterion, key), _answer),
        "measured": (CRITERIA, lambda key: _asked(document.criterion, key), _measured),
        "exceptions": (
            CRITERIA,
            lambda key: f"Exception: {_asked(document.criterion, key)}",
            _exception,
        ),
        "checks": (LADDER, lambda key: _asked(document.check, key), _check),
        "sign_offs": (SIGN_OFFS, lambda key: f"{document.remit(key).name} sign-off", _sign_off),
        "unopened": (SIGN_OFFS, lambda key: f"{document.remit(key).name} voices", _closed),
        "holders": (
            SIGN_OFFS,
            lambda key: f"{document.remit(key).name} needs the voice of",
            _people,
        ),
        "risks": (MODES, lambda key: document.mode(key).name, partial(_risk, document)),
        "figures": (
            MODES,
            lambda key: f"{document.mode(key).name}: figures",
            partial(_figures, document),
        ),
        "contrasts": (
            PREMISES,
            lambda key: f"{document.condition(key).name}, in the pilot and in production",
            _contrast,
        ),
    }


def _asked(find: Callable[[str], Any], key: str) -> str:
    """What was asked; the key of what the playbook no longer asks."""
    try:
        asked = find(key)
    except KeyError:
        return f"No longer asked: {key.replace('_', ' ')}"
    return str(asked.question if isinstance(asked, DesignQuestion) else asked.name)


# Every field of a fact is in its words, so that two facts that differ never read the same.


def _answer(fact: Mapping[str, Any]) -> str:
    proof = fact["proof"] or "without evidence"
    until = _until(fact["valid_until"])
    verdict = "Met" if fact["verdict"] == "met" else "Not met"
    said = f"{verdict} on {_day(fact['answered_on'])}, {proof}{until}."
    return f"{said} {fact['note']}".strip()


def _measured(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{fact['name']} {_or_none(fact['value'], fact['unit'])} ({fact['asked']}, "
        f"{fact['count']} figures in {fact['periods']}), target {_or_none(fact['target'])}, "
        f"baseline {_or_none(fact['baseline'])}, "
        f"{'higher' if fact['direction'] == 'up' else 'lower'} is better, "
        f"last measured {_day(fact['measured_on']) if fact['measured_on'] else 'never'}"
        f"{', too long ago' if fact['stale'] else ''} "
        f"(metric {fact['metric']} for {fact['measure']})"
        for fact in facts
    )


def _or_none(value: float | None, unit: str = "") -> str:
    return "none" if value is None else figure(value, unit)


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


def _exception(fact: Mapping[str, Any]) -> str:
    return (
        f"No. {fact['id']}, asked by {fact['asked_by']['label']}, approved by "
        f"{fact['approved_by']['label']}, until {_day(fact['expires'])}: “{fact['reason']}”"
    )


def _sign_off(fact: Mapping[str, Any]) -> str:
    said = "Signed" if fact["verdict"] == "signed" else "Objected"
    note = f": “{fact['note']}”" if fact["note"] else ""
    stood_for = f" for {fact['stood_for']['label']}" if fact.get("stood_for") else ""
    answer = f", answered: “{fact['answer']}”" if fact.get("answer") else ""
    first = f"{said} by {fact['by']['label']}{stood_for}{note}{answer}"
    return "; ".join([first, *map(_sign_off, fact.get("beside") or ())])


def _closed(voices: int) -> str:
    return f"{voices} in, closed until all are"


def _people(people: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(person["label"]) for person in people) or "nobody"


def _risk(document: Document, fact: Mapping[str, Any]) -> str:
    now = (fact["likelihood"], fact["impact"])
    then = (fact["residual_likelihood"], fact["residual_impact"])
    rate = document.rating.rate
    return (
        f"{rate(*now).capitalize()}: likelihood {now[0]}, impact {now[1]}. "
        f"{RESPONSES[fact['response']]}; once treated {rate(*then)}: {then[0]} and {then[1]}. "
        f"{_suggested(fact)}To be assessed again by {_day(fact['reassess_by'])}. "
        f"Its words: {_print(fact['words'])}"
    )


def _suggested(fact: Mapping[str, Any]) -> str:
    asked = [fact.get("suggested_likelihood"), fact.get("suggested_impact")]
    if asked == [None, None]:
        return ""
    return f"Its figures suggested {' and '.join(str(degree or 'nothing') for degree in asked)}. "


def _figures(document: Document, values: Mapping[str, Any]) -> str:
    questions = {i.key: i.question for mode in document.failure_modes for i in mode.indicators}
    return " ".join(
        f"{questions.get(key, key)} {_yes_no(value) if isinstance(value, bool) else value}."
        for key, value in sorted(values.items())
    )


def _contrast(fact: Mapping[str, Any]) -> str:
    distance = str(Distance(fact["distance"]).label).split(":")[0]
    return f"Distance: {distance.lower()}. Its words: {_print(fact['words'])}"


def _settled(fact: Mapping[str, Any]) -> str:
    said = "Settled" if fact["settled"] else "Answered, still open"
    return f"{said}. Its words: {_print(fact['words'])}"


def _print(digest: str) -> str:
    """The words are not among the facts themselves; their fingerprint tells when they changed."""
    return f"fingerprint {digest}"


def _until(day: str | None) -> str:
    return f", counts until {_day(day)}" if day else ""


def _day(day: str) -> str:
    return day_words(date.fromisoformat(day))


def _text(value: Any) -> str:
    return str(value)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _stage(key: str) -> str:
    return str(Stage(key).label)


def _impact_class(key: str) -> str:
    return str(ImpactClass(key).label)


def _list(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def _gates(numbers: Sequence[int]) -> str:
    return ", ".join(f"Gate {number}" for number in numbers)


def _review(fact: Mapping[str, Any]) -> str:
    submitted = f"submitted on {_day(fact['submitted_on'])}" if fact["submitted_on"] else ""
    due = f"to be decided by {_day(fact['due'])}" if fact["due"] else ""
    state = submitted or fact["state"]
    return ", ".join(filter(None, (f"No. {fact['id']}", state, due)))


def _conditions(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{fact['text']} (Gate {fact['gate']}, {fact['owner']['label']}, by {_day(fact['due'])})"
        for fact in facts
    )


def _way(key: str) -> str:
    return str(Architecture(key).label)


def _count(number: int) -> str:
    return f"{number:,}"


def _exposure(fact: Mapping[str, Any]) -> str:
    rising = f", risen {fact['rises']} times in a row" if fact["rises"] else ""
    return f"{fact['exposed']:,}, counted on {_day(fact['counted_on'])}{rising}"


def _assumptions(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{fact['text']} ({', '.join(_judged(fact))})" for fact in facts)


def _judged(fact: Mapping[str, Any]) -> Iterator[str]:
    yield fact["verdict"]
    if fact["answered"]:
        yield "answered"
    if fact.get("words"):
        yield _print(fact["words"])


def _kill_criteria(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{fact['text']} ({', '.join((fact['sign'], *_hit(fact)))})" for fact in facts)


def _hit(fact: Mapping[str, Any]) -> Iterator[str]:
    if fact["hit_on"]:
        by = fact["hit_by"]["label"] if fact["hit_by"] else "somebody"
        yield f"hit on {_day(fact['hit_on'])}, says {by}: “{fact['hit_note']}”"
    if fact["settled"]:
        yield f"settled: “{fact['settled_note']}”"


def _groups(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{fact['name']}: {'not measured' if fact['using'] is None else fact['using']} of "
        f"{fact['people']:,}, target {fact['target_percent']} %"
        f"{', acted on' if fact['acted_on'] else ''}"
        for fact in facts
    )


def _slips(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"Gate {fact['gate']} since {_day(fact['since'])}: {fact['text']}" for fact in facts
    )


def _releases(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{told(Decimal(fact['amount']), fact['currency'])} (No. {fact['id']})" for fact in facts
    )


def _faults(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{DependencyKind(fact['kind']).label} {fact['dependency']} in {fact['where']} on "
        f"{_day(fact['since'])}: {fact['text']} ({_answered(fact)})"
        for fact in facts
    )


def _promises(facts: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{fact['metric']}: {_figure(fact['baseline'])} to {_figure(fact['target'])} "
        f"{fact['unit']}, {RIGHT_WAY[fact['direction']]}"
        f"{', by ' + _day(fact['target_by']) if fact['target_by'] else ''}"
        for fact in facts
    )


def _answered(fact: Mapping[str, Any]) -> str:
    if not fact["verdict"]:
        return f"No. {fact['id']}, not answered"
    verdict = str(FaultVerdict(fact["verdict"]).label).lower()
    return f"No. {fact['id']}, {verdict}, {_print(fact['words'])}"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,g}"


def _playbook(fact: Mapping[str, Any]) -> str:
    return f"Version {fact['number']}, {_print(fact['words'])}"


PLAIN: dict[str, tuple[str, Words]] = {
    "name": ("Name", _text),
    "stage": ("Stage", _stage),
    "stage_since": ("In this stage since", _day),
    "gate": ("Gate", _text),
    "owed_gates": ("Gates still to be proven", _gates),
    "claimed": ("Placed by a claim", _yes_no),
    "impact_class": ("Impact class", _impact_class),
    "owner": ("Owner", lambda person: str(person["label"])),
    "funding_missing": ("Missing in the funding path", _list),
    "handoff_lacks": ("Missing for the handoff", _list),
    "paused_since": ("Paused since", _day),
    "holds": ("Holds at this gate", _text),
    "review": ("Review", _review),
    "conditions": ("Open conditions", _conditions),
    "architecture": ("Way from the pilot's architecture to production's", _way),
    "population": ("Intended population", _count),
    "exposure": ("Exposed population", _exposure),
    "assumptions": ("Production assumptions", _assumptions),
    "kill_criteria": ("Kill criteria", _kill_criteria),
    "groups": ("User groups", _groups),
    "slips": ("Gates giving way", _slips),
    "playbook": ("Playbook version", _playbook),
    "releases": ("Money that a go releases", _releases),
    "faults": ("Failures elsewhere of what it shares", _faults),
    "promises": ("What it promises", _promises),
}
