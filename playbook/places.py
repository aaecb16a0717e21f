"""Where things are in a playbook: every part by a path of keys, and what to call it.

A path is the tuple of field names and keys that leads to a part or a value, so that it says the
same whatever is added before it: ``("gates", "1", "criteria", "baseline", "needs")``. All of
this reads the plain data of a document (``model_dump(mode="json")``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from playbook.document import Document

Path = tuple[str, ...]
Data = dict[str, Any]

# What tells the parts of a list apart, where it is not their ``key``.
IDENTITY = {
    "gates": "number",
    "additions": "gate",
    "likelihood": "degree",
    "impact": "degree",
    "clauses": "code",
}
# Lists whose parts have neither key nor number: they are told apart by their place.
BY_PLACE = frozenset({"thresholds"})
# Lists of parts that may be empty, and then are nothing rather than an empty value.
MAY_BE_EMPTY = frozenset({"criteria", "measures", "additions", "thresholds", "frameworks"})

SECTIONS = {
    "stages": "Stages",
    "gates": "Gates",
    "mvp_items": "Minimum Viable Production",
    "design_areas": "Design assessment",
    "failure_modes": "Failure modes",
    "rating": "Rating of failure modes",
    "impact_classes": "Impact classes",
    "conditions": "Pilot and production conditions",
    "steady_practices": "Steady state",
    "remits": "Sign-offs",
    "stall": "Stalls",
    "shelf_life": "Shelf life of evidence",
    "regate": "Taking a gate back",
    "exceptions": "Exceptions from criteria",
    "condition_cap": "Cap on conditions owed",
    "exposure": "Growth inside the band",
    "champion_trap": "Champion trap",
    "priority": "Priority at intake",
    "meeting": "Gate meeting",
    "reminders": "Reminders",
    "organisation": "Ways of organising",
    "polite_words": "Polite words",
    "references": "Published figures",
    "terms": "Glossary",
    "frameworks": "Frameworks",
}
NAMES = ("name", "question", "said", "subject", "code")
WORDS = {
    "better_percent": "better than the baseline by, in %",
    "fresh": "how long the latest figure counts (14d, 30s)",
    "least": "figures that there must be",
    "metric": "kind of metric",
    "period": "length of a period (7d, 30s)",
    "periods": "complete periods in the window",
    "statistic": "what is looked at",
    "compare": "compared with",
    "aliases": "other names",
    "allows_learning_exercise": "lets a learning exercise pass",
    "asks_for_non_champions": "warns of a pilot of champions",
    "audience": "who is told",
    "below_percent": "non-champions below, in %",
    "blocked_minutes": "minutes for a review that cannot go",
    "check_days": "days for which a check counts",
    "choices": "choices, one a line",
    "compare_from": "ended rollouts before shares are compared",
    "complexity_share": "share of integration complexity in feasibility",
    "condition_grace_days": "days of grace for a condition",
    "conditions_minutes": "minutes for a review that needs conditions",
    "creeping_readings": "counts in a row that make a creep",
    "critical_from": "mark for critical (likelihood times impact)",
    "days": "days from the due date",
    "every_days": "days from one time to the next",
    "exposure.high_percent": "at most, in % of the population",
    "exposure.low_percent": "at least, in % of the population",
    "failure_mode": "failure mode it prevents",
    "forbids_rebuild": "shut while the architecture must be rebuilt",
    "good_evidence": "what good evidence looks like",
    "grace_days": "days of grace",
    "high_from": "mark for high",
    "length_minutes": "minutes of a meeting",
    "likely_mode": "likely failure mode",
    "looks_at": "looks at, one thing a line",
    "max_days": "longest days for one exception",
    "max_holds": "holds at one gate",
    "max_open": "exceptions at a time on one rollout",
    "medium_from": "mark for medium (likelihood times impact)",
    "minutes": "minutes to answer",
    "monitoring": "a monitoring check, met before Gate 2",
    "monitoring_checks_met": "asks for monitoring checks to be met",
    "needs_design_assessment": "asks for the design assessment",
    "needs_equipped_team": "asks for a team that has what it needs",
    "needs_fault_answers": "asks what failures found elsewhere mean here",
    "needs_group_actions": "asks for an action for each group below target",
    "needs_kill_criteria": "asks for a kill criterion",
    "needs_least_exposure": "asks for enough exposed people",
    "no_progress_days": "days without progress",
    "open_per_initiative": "conditions owed at a time by one initiative",
    "open_per_sponsor": "conditions owed at a time under one sponsor",
    "opens": "what a go allows",
    "over_longest_plan": "longer than planned is a stall",
    "proof_days": "days to prove a claim",
    "quorum": "people who must sign off",
    "ready_minutes": "minutes for a review at which nothing is open",
    "remits": "sign-offs, one a line",
    "response_steps": "response, one step a line",
    "review_days": "days for a review",
    "rung": "rung of the ladder",
    "says": "what it says",
    "shelf_life_days": "days for which proof counts",
    "shown_by": "shown by, one item a line",
    "standing": "must go on holding after its gate",
    "standing_criterion_days": "days for which a standing criterion counts",
    "than": "compared with the indicator",
    "threatens": "threatens, one failure mode a line",
    "unanimous": "everybody of the remit must sign off",
    "value_weight": "weight of value",
    "weeks.high": "longest planned weeks",
    "weeks.low": "shortest planned weeks",
    "work": "work, one thing a line",
}


def data_of(document: Document) -> Data:
    return document.model_dump(mode="json")


def is_parts(value: Any) -> bool:
    """Whether a value is a list of parts rather than of words."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def identity(name: str, part: Mapping[str, Any], place: int) -> str:
    """What a part of the list called ``name`` goes by in a path."""
    if name in BY_PLACE:
        return str(place + 1)
    return str(part.get(IDENTITY.get(name, "key"), f"number {place + 1}"))


def keyed(name: str, parts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for place, part in enumerate(parts):
        yield identity(name, part, place), part


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value with its path, in the document's order. A list of words is one value."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif is_parts(value):
        for key, part in keyed(path[-1], value):
            yield from leaves(part, (*path, key))
    elif value != [] or path[-1] not in MAY_BE_EMPTY:
        yield path, value


def own_leaves(part: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The values of one part, by their path from it, without those of the parts listed in it."""
    for name, value in part.items():
        if isinstance(value, dict):
            yield from own_leaves(value, (*path, name))
        elif not is_parts(value) and (value != [] or name not in MAY_BE_EMPTY):
            yield (*path, name), value


def alone(data: Data) -> Data:
    """The values that belong to the playbook as a whole, and to no section of it."""
    return {name: value for name, value in data.items() if not isinstance(value, dict | list)}


def at(data: Any, path: Path) -> Any:
    """What lies at the path. Raises KeyError where nothing does."""
    here, name = data, ""
    for step in path:
        if isinstance(here, dict):
            here = here[step]
        elif isinstance(here, list):
            here = dict(keyed(name, here))[step]
        else:
            raise KeyError(step)
        name = step
    return here


def steps(data: Data, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """The parts on the way to the path that have a name of their own, each with its list."""
    for length in range(1, len(path) + 1):
        if length > 1 and is_parts(at(data, path[: length - 1])):
            yield path[:length], path[length - 2], at(data, path[:length])


def title_of(data: Data, path: Path) -> str:
    """What to call the part at the path: "Gate 1: Baseline measured"."""
    named = [_name(where[-1], kind, part) for where, kind, part in steps(data, path)]
    if named:
        return ": ".join(named)
    return SECTIONS.get(path[0], "The playbook") if path else "The playbook"


def _name(key: str, kind: str, part: Mapping[str, Any]) -> str:
    if kind in {"gates", "additions"}:
        return f"Gate {key}"
    if kind == "thresholds":
        return f"threshold {key}"
    if kind in {"likelihood", "impact"} and "degree" in part:
        return f"{kind.capitalize()} {key}, {part['name'].lower()}"
    return next((str(part[name]) for name in NAMES if part.get(name)), key)


def word(field: Path) -> str:
    """A value's field in words, by its path from the part that it belongs to."""
    dotted = ".".join(field)
    last = field[-1].replace("_", " ")
    if field[0] == "reassess_days" and len(field) > 1:
        return f"days until a {last} rating is due again"
    return WORDS.get(dotted) or WORDS.get(field[-1]) or last


def of_part(data: Data, path: Path) -> tuple[Path, Path]:
    """A value's path, split into that of the part it belongs to and the rest."""
    last = max((len(where) for where, _kind, _part in steps(data, path)), default=0)
    if last == 0 and len(path) > 1:
        last = 1
    return path[:last], path[last:]


def model_at(path: Path) -> type[BaseModel]:
    """The type of the part at the path. Raises KeyError for a path that leads to none."""
    model: type[BaseModel] = Document
    rest = list(path)
    while rest:
        name = rest.pop(0)
        listed, inner = part_of(model, name)
        if inner is None:
            raise KeyError(name)
        model = inner
        if listed and rest:
            rest.pop(0)
        elif listed:
            raise KeyError(name)
    return model


def part_of(model: type[BaseModel], name: str) -> tuple[bool, type[BaseModel] | None]:
    """Whether the field holds a list of parts, and of which type its parts or its part are."""
    field = model.model_fields.get(name)
    if field is None:
        raise KeyError(name)
    kind = field.annotation
    inside = [kind, *getattr(kind, "__args__", ())]
    for each in inside:
        if isinstance(each, type) and issubclass(each, BaseModel):
            return kind is not each and getattr(kind, "__origin__", None) is tuple, each
    return False, None
