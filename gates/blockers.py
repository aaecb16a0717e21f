"""What keeps a gate shut, short enough to read: one line a matter, not one a requirement.

A gate can ask for sixty things. What is alone of its kind is said in full, in the judge's words;
what comes in dozens is counted, with a link to where all of it stands.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from gates.case import Case
from gates.links import task_url
from playbook.evaluate import Finding, rung_of

MOST_IN_FULL = 3
# Kinds whose findings are always counted together, however few are open.
COUNTED = frozenset({"rung", "sign_off"})

MARKS = {
    "met": "met",
    "not_met": "not_met",
    "unknown": "unknown",
    "stale": "stale",
    "waiting": "todo",
    "warning": "warning",
}
WORST_FIRST = ("not_met", "stale", "unknown", "waiting")


@dataclass(frozen=True)
class Line:
    """One matter that keeps the gate shut. ``mark`` is the kind of its glyph, ``word`` what it
    says aloud."""

    mark: str
    word: str
    title: str
    text: str
    url: str


def lines(case: Case, reference: str) -> list[Line]:
    """Every blocker of the gate, told or counted, in the judge's order."""
    kinds = dict.fromkeys(finding.kind for finding in case.evaluation.blockers)
    return [line for kind in kinds for line in _of_kind(case, reference, kind)]


def warnings(case: Case, reference: str) -> list[Line]:
    """What whoever decides should mind, and what keeps nothing shut, in the judge's order."""
    return [_in_full(case, reference, finding) for finding in case.evaluation.warnings]


def _of_kind(case: Case, reference: str, kind: str) -> Iterator[Line]:
    every = case.evaluation.of(kind)
    blockers = [finding for finding in every if finding.blocks]
    if kind == "sign_off":
        objections = [finding for finding in blockers if finding.state == "not_met"]
        yield from (_in_full(case, reference, finding) for finding in objections)
        blockers = [finding for finding in blockers if finding not in objections]
        if not blockers:
            return
    if kind in COUNTED or len(blockers) > MOST_IN_FULL:
        told = [] if kind in COUNTED else [f for f in blockers if f.state == "not_met"]
        told = told[:MOST_IN_FULL]
        yield from (_in_full(case, reference, finding) for finding in told)
        rest = [finding for finding in blockers if finding not in told]
        yield _counted(case, reference, kind, every, rest)
    else:
        yield from (_in_full(case, reference, finding) for finding in blockers)


def _in_full(case: Case, reference: str, finding: Finding) -> Line:
    text = f"{finding.text} {finding.fix}".strip()
    return Line(
        MARKS[finding.state],
        finding.state.replace("_", " "),
        finding.title,
        f"{finding.who}: {text}" if finding.who and finding.kind != "sign_off" else text,
        task_url(case.document, reference, finding),
    )


def _counted(
    case: Case, reference: str, kind: str, every: Sequence[Finding], blockers: Sequence[Finding]
) -> Line:
    worst = next(s for s in WORST_FIRST if any(f.state == s for f in blockers))
    met = sum(1 for finding in every if letter_of(finding) == "m")
    title, text, page = SUMMARIES[kind](case, met, len(every), blockers)
    url = reverse(f"gates:{page}", args=[reference])
    return Line(MARKS[worst], worst.replace("_", " "), title, text, url)


def _states(blockers: Sequence[Finding]) -> str:
    words = {"not_met": "not met", "stale": "stale", "unknown": "unknown", "waiting": "waiting"}
    counts = Counter[str](finding.state for finding in blockers)
    return ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state])


def _criteria(
    case: Case, met: int, total: int, blockers: Sequence[Finding]
) -> tuple[str, str, str]:
    said = _states(blockers)
    return f"Exit criteria: {met} of {total} met", f"{said.capitalize()}.", "review"


def _design(case: Case, met: int, total: int, blockers: Sequence[Finding]) -> tuple[str, str, str]:
    areas = dict.fromkeys(case.document.area_of_question(f.key).name for f in blockers)
    text = f"Open in {', '.join(areas)}."
    return f"Design assessment: {met} of {total} settled", text, "review"


def _modes(case: Case, met: int, total: int, blockers: Sequence[Finding]) -> tuple[str, str, str]:
    title = f"Failure modes: {met} of {total} in order"
    return title, f"{_states(blockers).capitalize()}.", "risks"


def _sign_offs(
    case: Case, met: int, total: int, blockers: Sequence[Finding]
) -> tuple[str, str, str]:
    names = ", ".join(case.document.remit(finding.key).name for finding in blockers)
    return f"Sign-offs: {met} of {total}", f"Still to come: {names}.", "review"


def _rungs(case: Case, met: int, total: int, blockers: Sequence[Finding]) -> tuple[str, str, str]:
    rungs = Counter(check_state(case, finding.key) for finding in blockers)
    said = ", ".join(f"{count} {state}" for state, count in rungs.items())
    gate = case.document.gate(case.evaluation.gate or 0)
    asked = {rung_of(gate, check) for check in case.document.checks}
    word = {"assigned": "assigned", "planned": "planned or better", "met": "met"}
    what = word[next(iter(asked)) or "met"] if len(asked) == 1 else "where they must be"
    return f"Ladder: {met} of {total} {what}", f"{said.capitalize()}.", "ladder"


def check_state(case: Case, key: str) -> str:
    """The rung on which an MVP check stands today; unassigned when nobody has touched it."""
    fact = case.facts.checks.get(key)
    return fact.state_on(case.facts.today) if fact else "unassigned"


def _conditions(
    case: Case, met: int, total: int, blockers: Sequence[Finding]
) -> tuple[str, str, str]:
    return f"{len(blockers)} conditions overdue", blockers[0].fix, "review"


def _assumptions(
    case: Case, met: int, total: int, blockers: Sequence[Finding]
) -> tuple[str, str, str]:
    return f"Assumptions: {met} of {total} settled", blockers[0].fix, "premises"


def _hits(case: Case, met: int, total: int, blockers: Sequence[Finding]) -> tuple[str, str, str]:
    return f"{len(blockers)} kill criteria hit", blockers[0].fix, "premises"


def _groups(case: Case, met: int, total: int, blockers: Sequence[Finding]) -> tuple[str, str, str]:
    return f"{len(blockers)} user groups below target", blockers[0].fix, "reach"


def _faults(case: Case, met: int, total: int, blockers: Sequence[Finding]) -> tuple[str, str, str]:
    return f"{len(blockers)} failures elsewhere to answer", blockers[0].fix, "dependencies"


SUMMARIES: dict[str, Callable[[Case, int, int, Sequence[Finding]], tuple[str, str, str]]] = {
    "criterion": _criteria,
    "design": _design,
    "failure_mode": _modes,
    "sign_off": _sign_offs,
    "rung": _rungs,
    "condition": _conditions,
    "assumption": _assumptions,
    "group": _groups,
    "dependency": _faults,
    "kill_hit": _hits,
}


@dataclass(frozen=True)
class Share:
    """One kind of requirement of the gate: how many are met, drawn as one letter each."""

    name: str
    met: int
    total: int
    letters: str
    url: str


LETTERS = {"met": "m", "not_met": "n", "stale": "s", "unknown": "x", "waiting": "o", "warning": "m"}
RUNG_LETTERS = {"planned": "p", "assigned": "a", "unassigned": "u", "lapsed": "l"}
DRAWN = "mepasnlxou"  # in this order
PARTS = (
    ("Design assessment", "design", "review"),
    ("Exit criteria", "criterion", "review"),
    ("Assumptions", "assumption", "premises"),
    ("Ladder", "rung", "ladder"),
    ("Failure modes", "failure_mode", "risks"),
    ("Sign-offs", "sign_off", "review"),
)


RUNG_WORDS = {
    "none": "",
    "assigned": "assigned",
    "planned": "planned or met",
    "met": "met",
    "still_met": "still met",
}


def shares(case: Case, reference: str) -> list[Share]:
    """How far each part of the gate's demands has come."""
    found = []
    for name, kind, page in PARTS:
        findings = case.evaluation.of(kind)
        if findings:
            letters = "".join(sorted((_letter(case, f) for f in findings), key=DRAWN.index))
            url = reverse(f"gates:{page}", args=[reference])
            if kind == "rung" and case.facts.gate is not None:
                name = f"{name}, {RUNG_WORDS[case.document.gate(case.facts.gate).rung]}"
            found.append(Share(name, letters.count("m"), len(letters), letters, url))
    return found


def _letter(case: Case, finding: Finding) -> str:
    """How the requirement stands; a check that is not there yet shows how far it has come."""
    if finding.kind == "rung" and finding.blocks:
        return RUNG_LETTERS[check_state(case, finding.key)]
    return letter_of(finding)


def letter_of(finding: Finding) -> str:
    """How the requirement stands; a criterion that only an exception excuses is never met."""
    if finding.kind == "criterion" and finding.state == "warning":
        return "e"
    return LETTERS[finding.state]
