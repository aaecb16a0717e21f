"""Initiatives, and things that they share, that look like one about to be added, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from django.contrib.postgres.search import SearchQuery

from initiatives.models import (
    BusinessUnit,
    Dependency,
    DependencyQuerySet,
    Initiative,
    InitiativeQuerySet,
)
from initiatives.models.initiatives import SAID_OF_IT

# Candidates that the index brings, most; they are compared word by word afterwards.
BY_NAME, BY_PROBLEM = 2000, 300
# Telling words that are looked up: of a problem the longest, which are the rarest.
NAME_WORDS, PROBLEM_WORDS = 8, 6
# From which likeness, 0 to 1, two names or two problems look alike.
NAME_ALIKE, NAME_ALIKE_IN_UNIT, SPELT_ALIKE, PROBLEM_ALIKE = 0.65, 0.5, 0.85, 0.6
FILLERS = frozenset(
    {"a", "ai", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in"}
    | {"into", "is", "it", "its", "of", "on", "or", "our", "so", "that", "the", "their", "them"}
    | {"they", "this", "to", "we", "with"}
)


@dataclass(frozen=True)
class Likeness:
    """An initiative that looks alike: how much, from 0 to 1, and in what."""

    initiative: Initiative
    share: float
    why: str


@dataclass(frozen=True)
class _Proposal:
    name: str
    problem: str
    unit: int | None
    named: frozenset[str]
    told: frozenset[str]


def similar(
    *,
    name: str,
    problem: str,
    unit: BusinessUnit | None,
    among: InitiativeQuerySet,
    most: int = 5,
) -> list[Likeness]:
    """Initiatives that look like this proposal, the most alike first, in two queries.

    The full-text index brings those that share two words of the name or three of the problem;
    these are then compared word by word, and names letter by letter.
    """
    proposal = _Proposal(name, problem, unit.pk if unit else None, _stems(name), _stems(problem))
    found = []
    for pk, other_name, other_problem, other_unit in _candidates(proposal, among):
        share, why = _compare(proposal, other_name, other_problem, other_unit)
        if why:
            found.append((share, -pk, why))
    best = sorted(found, reverse=True)[:most]
    rows = Initiative.objects.select_related("unit", "owner").in_bulk([-pk for _, pk, _ in best])
    return [Likeness(rows[-pk], share, why) for share, pk, why in best]


def similar_names(name: str, *, among: DependencyQuerySet, most: int = 5) -> list[Dependency]:
    """What is shared, of any kind, under nearly this name: the most alike first, in two queries."""
    named = _stems(name)
    found = [
        (_overlap(named, _stems(other)), _spelt_alike(name, other), pk)
        for pk, other in among.order_by("pk").values_list("pk", "name")
    ]
    alike = [each for each in found if each[0] >= NAME_ALIKE or each[1]]
    best = [pk for _share, _spelt, pk in sorted(alike, reverse=True)[:most]]
    rows = among.in_bulk(best)
    return [rows[pk] for pk in best]


def _candidates(
    proposal: _Proposal, among: InitiativeQuerySet
) -> Iterable[tuple[int, str, str, int]]:
    asked = [
        (_any_of(_words(proposal.name)[:NAME_WORDS], 2), BY_NAME),
        (_any_of(sorted(_words(proposal.problem), key=len)[-PROBLEM_WORDS:], 3), BY_PROBLEM),
    ]
    parts = [
        among.annotate(said=SAID_OF_IT)
        .filter(said=SearchQuery(query, search_type="raw", config="english"))
        .order_by()
        .values_list("pk", "name", "problem", "unit_id")[:limit]
        for query, limit in asked
        if query
    ]
    if not parts:
        return []
    first, *others = parts
    return first.union(*others) if others else first


def _any_of(words: Sequence[str], together: int) -> str:
    """A full-text query for texts that hold this many of the words together."""
    sets = combinations(words, min(together, len(words))) if words else ()
    return " | ".join(f"({' & '.join(some)})" for some in sets)


def _compare(proposal: _Proposal, name: str, problem: str, unit: int) -> tuple[float, str]:
    """How alike, from 0 to 1, and the reasons in words; none where they are not."""
    here = unit == proposal.unit
    named = _overlap(proposal.named, _stems(name))
    told = _overlap(proposal.told, _stems(problem))
    reasons = []
    if named >= (NAME_ALIKE_IN_UNIT if here else NAME_ALIKE):
        same = [word for word in _words(name) if _stem(word) in proposal.named]
        reasons.append(f"the name shares {_quoted(same)}")
    elif _spelt_alike(proposal.name, name):
        reasons.append("the name is spelt nearly the same")
    if told >= PROBLEM_ALIKE:
        reasons.append("the problem is told in nearly the same words")
    if not reasons:
        return 0.0, ""
    if here:
        reasons.append("it is in the same unit")
    said = ", and ".join(reasons)
    return (2 * named + told + here) / 4, f"{said[0].upper()}{said[1:]}."


def _spelt_alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one.lower(), other.lower())
    return (
        matcher.real_quick_ratio() >= SPELT_ALIKE
        and matcher.quick_ratio() >= SPELT_ALIKE
        and matcher.ratio() >= SPELT_ALIKE
    )


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Twice the words in common by the words of both: 1 for the same, 0 for none."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _words(text: str) -> list[str]:
    """The telling words of a text, each once, in their order."""
    words = re.findall(r"[^\W_]+", text.lower())
    return list(dict.fromkeys(w for w in words if w not in FILLERS and not w.isdigit()))


def _stem(word: str) -> str:
    shorter = re.sub(r"(ing|ers|er|ed|es|s)$", "", word)
    return shorter if len(shorter) > 3 else word


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in _words(text))
