"""Changing a playbook: pure edits of its plain data, each checked as a whole."""

import difflib
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from playbook.document import Document
from playbook.loading import standard
from playbook.places import Data, Path, at, identity, keyed, model_at
from playbook.tightening import Problem, problems

# Parts that an organisation may add more of, by the name of their list.
ADDABLE = frozenset(
    {
        "criteria",
        "measures",
        "checks",
        "questions",
        "thresholds",
        "reminders",
        "terms",
        "polite_words",
        "steady_practices",
        "organisation",
        "references",
    }
)


class Unfit(ValueError):
    """The playbook cannot be as it was to become."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(problem.says for problem in problems))
        self.problems = problems


def checked(data: Data) -> Document:
    """The document that the data makes. Raises Unfit, naming every place and its fix."""
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        raise Unfit([_problem(data, each) for each in error.errors()]) from error
    if found := problems(standard(), document):
        raise Unfit(found)
    return document


def changed(data: Data, path: Path, values: Mapping[Path, Any]) -> Data:
    """The data with these values of the part at the path, each by its path from there."""
    whole = deepcopy(data)
    part = at(whole, path)
    for field, value in values.items():
        at(part, field[:-1])[field[-1]] = value
    return whole


def added(data: Data, path: Path, part: Mapping[str, Any]) -> Data:
    """The data with one more part in the list at the path.

    An impact class gets its additions to a gate when it has none yet.
    """
    whole = deepcopy(data)
    if path[0] == "impact_classes" and path[-1] == "criteria":
        additions = at(whole, path[:3])
        if path[3] not in dict(keyed("additions", additions)):
            additions.append({"gate": int(path[3]), "criteria": [], "remits": []})
    parts = at(whole, path[:-1])[path[-1]]
    parts.insert(_place(path[-1], parts, part), dict(part))
    return whole


def _place(name: str, parts: list[Data], part: Mapping[str, Any]) -> int:
    """Where a new part goes: at the end, and among thresholds before the first less grave one,
    since the first that is reached counts."""
    if name == "thresholds":
        graver = [one["likelihood"] >= part["likelihood"] for one in parts]
        return graver.index(False) if False in graver else len(parts)
    return len(parts)


def removed(data: Data, path: Path) -> Data:
    """The data without the part at the path."""
    whole = deepcopy(data)
    parts = at(whole, path[:-1])
    place = [key for key, _part in keyed(path[-2], parts)].index(path[-1])
    del parts[place]
    return whole


def is_own(data: Data, path: Path) -> bool:
    """Whether the part at the path is the organisation's, and no part of the standard."""
    if len(path) < 2 or path[-2] not in ADDABLE:
        return False
    try:
        at(standard().model_dump(mode="json"), path)
    except KeyError:
        return True
    return False


def key_for(data: Data, name: str) -> str:
    """A key that nothing has yet, made from a name."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:34].strip("_")
    stem = words if words[:1].isalpha() else f"own_{words}".strip("_")
    taken = set(_keys(data))
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}_{number}", number + 1
    return found


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["key"]] if isinstance(value.get("key"), str) else []
        return own + [key for each in value.values() for key in _keys(each)]
    return [key for each in value for key in _keys(each)] if isinstance(value, list) else []


def _problem(data: Data, error: ErrorDetails) -> Problem:
    path = _path_of(data, error["loc"])
    where = " › ".join(path)
    match error["type"]:
        case "missing":
            says = f"{where}: this is missing. Add it."
        case "extra_forbidden":
            says = f"{where}: there is no such key.{_meant(path)}"
        case "value_error":
            says = f"{where}: {error['ctx']['error']}" if where else str(error["ctx"]["error"])
        case _:
            given = (
                f", not {error['input']!r}" if not isinstance(error["input"], dict | list) else ""
            )
            says = f"{where}: {error['msg'].removeprefix('Input ')}{given}."
    return Problem(path, says)


def _meant(path: Path) -> str:
    try:
        known = list(model_at(path[:-1]).model_fields)
    except KeyError:
        return " Remove it."
    near = difflib.get_close_matches(path[-1], known, n=1)
    return f" Remove it, or write {near[0]}." if near else " Remove it."


def _path_of(data: Any, loc: tuple[int | str, ...]) -> Path:
    """Pydantic's place with keys instead of positions."""
    here, path = data, list[str]()
    for step in loc:
        if isinstance(step, int) and isinstance(here, list) and step < len(here):
            part = here[step]
            is_part = isinstance(part, dict)
            path.append(
                identity(path[-1] if path else "", part, step) if is_part else str(step + 1)
            )
            here = part
        else:
            path.append(str(step))
            here = here.get(step) if isinstance(here, dict) else None
    return tuple(path)
