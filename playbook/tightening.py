"""What a playbook of the organisation's own may not do to the shipped standard.

The standard's items can be added to, reworded and tightened. They are never taken out, and no
figure or duty of theirs is loosened.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import pairwise, product
from typing import Any

from accounts.roles import Remit
from playbook.document import Criterion, Document, FailureMode, Indicator, MvpCheck
from playbook.indicators import suggest
from playbook.measures import seconds_in
from playbook.places import Path, at, data_of, leaves, of_part, title_of, word

MOST_CHECKS = 60  # the ladder that lists keep has room for so many


@dataclass(frozen=True)
class Problem:
    """What does not hold at a place, and how to put it right."""

    path: Path
    says: str


def _most(before: Any, after: Any) -> bool:
    return before is None or (after is not None and after <= before)


def _least(before: Any, after: Any) -> bool:
    return before is None or (after is not None and after >= before)


def _all_of(before: Any, after: Any) -> bool:
    return set(before) <= set(after)


def _stays(before: Any, after: Any) -> bool:
    return bool(before == after)


def _rises(*order: str) -> Callable[[Any, Any], bool]:
    return lambda before, after: order.index(after) >= order.index(before)


RULES: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("review_days", _most, "at most {0}"),
    ("proof_days", _most, "at most {0}"),
    ("condition_grace_days", _most, "at most {0}"),
    ("max_holds", _most, "at most {0}"),
    ("compare_from", _least, "at least {0}"),
    ("stages/*/weeks/high", _most, "at most {0}"),
    # Too few exposed people are a breach from the shortest planned weeks on.
    ("stages/*/weeks/low", _most, "at most {0}"),
    ("stages/*/exposure/high_percent", _most, "at most {0}"),
    ("stages/*/exposure/low_percent", _least, "at least {0}"),
    ("stall/no_progress_days", _most, "at most {0}"),
    ("stall/over_longest_plan", _least, "on"),
    ("shelf_life/*", _most, "at most {0}"),
    ("regate/*", _most, "at most {0}"),
    ("exceptions/*", _most, "at most {0}"),
    ("condition_cap/*", _most, "at most {0}"),
    ("exposure/creeping_readings", _most, "at most {0}"),
    ("champion_trap/below_percent", _least, "at least {0}"),
    ("champion_trap/*", _stays, "{0}"),
    ("rating/reassess_days/*", _most, "at most {0}"),
    ("rating/*_from", _most, "at most {0}"),
    ("steady_practices/*/every_days", _most, "at most {0}"),
    ("reminders/*/days", _most, "at most {0}"),
    ("reminders/*/about", _stays, "{0}"),
    ("reminders/*/audience", _stays, "{0}"),
    ("gates/*/rung", _rises("none", "assigned", "planned", "met", "still_met"), "{0} or more"),
    ("gates/*/assumptions", _rises("none", "stated", "judged"), "{0} or more"),
    ("gates/*/allows_learning_exercise", _most, "off"),
    ("gates/*/monitoring_checks_met", _least, "on"),
    ("gates/*/needs_*", _least, "on"),
    ("gates/*/asks_for_*", _least, "on"),
    ("gates/*/forbids_*", _least, "on"),
    ("gates/*/remits", _all_of, "with {0} among them"),
    ("remits/*/quorum", _least, "at least {0}"),
    ("remits/*/unanimous", _least, "on"),
    ("conditions/*/threatens", _all_of, "with {0} among them"),
    ("frameworks/*/shown_by", _all_of, "with {0} among them"),
    ("failure_modes/*/indicators/*/kind", _stays, "{0}"),
    ("failure_modes/*/indicators/*/choices", _all_of, "with {0} among them"),
)
# Judged by their meaning below rather than by their place.
ELSEWHERE = (
    "gates/*/criteria/*",
    "impact_classes/*/additions/*",
    "mvp_items/*/checks/*",
    "failure_modes/*/indicators/*/thresholds/*",
)


def problems(standard: Document, document: Document) -> list[Problem]:
    """Everything that the standard forbids; empty for a playbook that may be published."""
    return list(
        dict.fromkeys(
            [
                *_figures(standard, document),
                *_asked(standard, document),
                *_indicators(standard, document),
                *_out_of_reach(document),
            ]
        )
    )


def _figures(standard: Document, document: Document) -> Iterator[Problem]:
    shipped, own = data_of(standard), data_of(document)
    for path, before in leaves(shipped):
        place = "/".join(path)
        if any(fnmatch(place, pattern) for pattern in ELSEWHERE):
            continue
        part, field = of_part(shipped, path)
        try:
            after = at(own, path)
        except KeyError:
            yield _gone(title_of(shipped, part), part)
            continue
        for pattern, holds, bound in RULES:
            if fnmatch(place, pattern):
                if not holds(before, after):
                    shown = ", ".join(before) if isinstance(before, list) else before
                    yield Problem(
                        path,
                        f"{title_of(shipped, part)}: {word(field)} stays "
                        f"{bound.format(shown)}, as in the standard.",
                    )
                break


def _gone(title: str, path: Path) -> Problem:
    return Problem(path, f"“{title}” is part of the standard and cannot be taken out. Put it back.")


def _asked(standard: Document, document: Document) -> Iterator[Problem]:
    """Criteria, checks and sign-offs: each is still asked where it was, of whom it was."""
    classes = ("", *(known.key for known in standard.impact_classes))
    for gate, impact_class in product(standard.gates, classes):
        path = ("gates", str(gate.number), "criteria")
        own = {c.key: c for c in document.criteria_for(gate.number, impact_class)}
        for criterion in standard.criteria_for(gate.number, impact_class):
            where = (*path, criterion.key)
            if criterion.key not in own:
                yield _gone(criterion.name, where)
                continue
            if criterion.standing and not own[criterion.key].standing:
                yield Problem(
                    (*where, "standing"),
                    f"{criterion.name}: it must go on holding after its gate, as in the standard.",
                )
            yield from _ages(standard, document, criterion, own[criterion.key], where)
            yield from _measures(criterion, own[criterion.key], where)
        owed = set(standard.remits_for(gate.number, impact_class))
        for remit in sorted(owed - set(document.remits_for(gate.number, impact_class))):
            yield Problem(
                ("gates", str(gate.number), "remits"),
                f"{gate.name}: the sign-off {remit} belongs to the standard. Put it back.",
            )
    own_checks = {check.key: check for check in document.checks}
    for check in standard.checks:
        where = ("mvp_items", standard.item_of_check(check.key).key, "checks", check.key)
        if check.key not in own_checks:
            yield _gone(check.name, where)
            continue
        if check.monitoring and not own_checks[check.key].monitoring:
            yield Problem(
                (*where, "monitoring"),
                f"{check.name}: it stays a monitoring check, as in the standard.",
            )
        yield from _ages(standard, document, check, own_checks[check.key], where)


SAME = ("metric", "statistic", "compare", "period")
AT_LEAST = ("periods", "least", "better_percent")


def _measures(shipped: Criterion, own: Criterion, where: Path) -> Iterator[Problem]:
    """What metrics must show is never less than the standard asks."""
    theirs = {measure.key: measure for measure in own.measures}
    for measure in shipped.measures:
        path, mine = (*where, "measures", measure.key), theirs.get(measure.key)
        if mine is None:
            yield _gone(f"{shipped.name}: {measure.key}", path)
            continue
        for field in (*SAME, *AT_LEAST):
            before, after = getattr(measure, field), getattr(mine, field)
            if before != after and (field in SAME or after < before):
                bound = f"{before}" if field in SAME else f"at least {before:g}"
                yield Problem(
                    (*path, field),
                    f"{shipped.name}, {measure.key}: {word((field,))} stays {bound}, "
                    "as in the standard.",
                )
        if seconds_in(mine.fresh) > seconds_in(measure.fresh):
            yield Problem(
                (*path, "fresh"),
                f"{shipped.name}, {measure.key}: {word(('fresh',))} stays at most "
                f"{measure.fresh}, as in the standard.",
            )


def _ages(
    standard: Document,
    document: Document,
    shipped: Criterion | MvpCheck,
    own: Criterion | MvpCheck,
    path: Path,
) -> Iterator[Problem]:
    before, after = standard.days_valid(shipped), document.days_valid(own)
    if not _most(before, after):
        yield Problem(
            (*path, "shelf_life_days"),
            f"{own.name}: its proof counts for at most {before} days, as in the standard.",
        )


def _indicators(standard: Document, document: Document) -> Iterator[Problem]:
    """Whatever its figures are, a failure mode never suggests less than the standard's."""
    own_modes = {mode.key: mode for mode in document.failure_modes}
    for mode in standard.failure_modes:
        own = own_modes.get(mode.key)
        theirs = {each.key: each for each in own.indicators} if own else {}
        for indicator in mode.indicators:
            if own is None or indicator.key not in theirs:
                continue  # said by its place
            values = _suggests_less(mode, own, indicator, theirs[indicator.key])
            if values is not None:
                told = " and ".join(
                    str(each).lower() if isinstance(each, bool) else f"{each}" for each in values
                )
                yield Problem(
                    ("failure_modes", mode.key, "indicators", indicator.key),
                    f"{indicator.question} At {told} this suggests less than the standard does. "
                    "Move its thresholds back, or raise the degrees.",
                )


def _suggests_less(
    mode: FailureMode, own: FailureMode, shipped: Indicator, theirs: Indicator
) -> tuple[Any, ...] | None:
    """Values at which the own thresholds call for less; None when there are none."""
    if shipped.thresholds == theirs.thresholds:
        return None
    rules = (*shipped.thresholds, *theirs.thresholds)
    others = sorted({t.than for t in rules if t.than is not None})
    ours = mode.model_copy(update={"indicators": (shipped,)})
    mine = own.model_copy(update={"indicators": (theirs,)})
    marks = _marks(shipped, theirs)
    for values in product(marks, repeat=1 + len(others)):
        known = dict(zip((shipped.key, *others), values, strict=True))
        before, after = suggest(ours, known), suggest(mine, known)
        if (after.likelihood or 0) < (before.likelihood or 0) or (after.impact or 0) < (
            before.impact or 0
        ):
            return values
    return None


def _marks(shipped: Indicator, theirs: Indicator) -> list[Any]:
    """A value on each side of every figure at which either list of thresholds turns."""
    if shipped.kind == "yes_no":
        return [True, False]
    if shipped.kind == "choice":
        return list(dict.fromkeys((*shipped.choices, *theirs.choices)))
    turns = {
        float(t.figure)
        for t in (*shipped.thresholds, *theirs.thresholds)
        if isinstance(t.figure, int | float)
    } | {0.0}
    edges = sorted(turns)
    between = [(low + high) / 2 for low, high in pairwise(edges)]
    return sorted({*edges, *between, edges[0] - 1, edges[-1] + 1})


def _out_of_reach(document: Document) -> Iterator[Problem]:
    """What the product could not serve."""
    for remit in document.remits:
        if remit.key not in Remit.values:
            yield Problem(
                ("remits", remit.key),
                f"{remit.name}: nobody can be given this sign-off. "
                f"Use one of {', '.join(Remit.values)}.",
            )
    if len(document.checks) > MOST_CHECKS:
        yield Problem(
            ("mvp_items",),
            f"There are {len(document.checks)} MVP checks; the ladder has room for {MOST_CHECKS}. "
            "Join some.",
        )
