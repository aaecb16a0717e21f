"""What a judgement is made of: one finding a requirement, and all of a gate's together."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from audit.words import day_words, listed

State = Literal["met", "not_met", "unknown", "stale", "waiting", "warning"]
"""A warning is shown to whoever decides, and keeps nothing shut."""

# What a conditional go never leaves open (rule of passage 5), whatever the finding's state.
NEVER_COVERED = frozenset(
    {
        "owed",
        "pause",
        "design",
        "rung",
        "failure_mode",
        "condition",
        "funding",
        "decider",
        "review",
        "band",
        "kill",
        "kill_hit",
    }
)
# What the owner cannot end before submitting: what comes about once the work is done, and what
# others answer.
AFTER_SUBMISSION = frozenset({"sign_off", "review", "decider", "kill_hit"})
# Remits whose objection a conditional go cannot cover; their silence it can.
VETO_REMITS = frozenset({"security", "governance"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement of a gate and how it stands.

    ``title`` is the requirement in a few words, ``text`` why it stands as it does, ``fix`` what
    ends it, ``who`` holds it. ``coverable`` says whether a conditional go may leave it open.
    """

    kind: str
    key: str
    state: State
    title: str
    text: str
    fix: str = ""
    who: str = ""
    coverable: bool = False

    @property
    def id(self) -> str:
        """The name a condition uses for the blocker that it covers."""
        return f"{self.kind}:{self.key}"

    @property
    def blocks(self) -> bool:
        return self.state not in ("met", "warning")

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every requirement of one gate, judged."""

    gate: int | None
    findings: tuple[Finding, ...]

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.state == "warning")

    @property
    def clear(self) -> bool:
        """Whether a go is possible."""
        return self.gate is not None and not self.blockers

    @property
    def uncovered(self) -> tuple[Finding, ...]:
        """The blockers that not even a conditional go may leave open."""
        return tuple(finding for finding in self.blockers if not finding.coverable)

    def of(self, *kinds: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind in kinds)

    def before_submission(self) -> tuple[Finding, ...]:
        """The blockers that an owner can end before submitting: sign-offs, the review itself
        and the decider come after."""
        return tuple(finding for finding in self.blockers if finding.kind not in AFTER_SUBMISSION)

    @property
    def to_submit(self) -> tuple[Finding, ...]:
        """What must be met before the review can be submitted: no condition may cover it."""
        return tuple(finding for finding in self.before_submission() if not finding.coverable)

    @property
    def for_conditions(self) -> tuple[Finding, ...]:
        """What may be open when the review is submitted; a go then needs a condition for each."""
        return tuple(finding for finding in self.before_submission() if finding.coverable)

    @property
    def left(self) -> str:
        """What is still to do, in one sentence that is the same wherever it is told."""
        must, may = len(self.to_submit), len(self.for_conditions)
        handed_in = all(finding.state == "met" for finding in self.of("review"))
        until = "a go" if handed_in else "it can be submitted"
        if must and may:
            return f"{must} must be met before {until}; {may} more may be left to a conditional go."
        if must:
            return f"{must} must be met before {until}."
        if may:
            start = "" if handed_in else "It can be submitted; "
            return f"{start}{may} may be left to a conditional go."
        return "Everything it asks for is met."

    @property
    def follows(self) -> str:
        """What is open and comes about after submitting; empty when nothing is."""
        open_ones = Counter(f.kind for f in self.blockers if f.kind in AFTER_SUBMISSION)
        signs, count = open_ones["sign_off"], open_ones.total()
        parts = ["the submission"] if open_ones["review"] else []
        parts += [f"{signs} sign-off{'s' * (signs != 1)}"] if signs else []
        parts += ["somebody who may decide"] if open_ones["decider"] else []
        hits = open_ones["kill_hit"]
        parts += [f"the answer to {hits} hit kill criteri{'on' if hits == 1 else 'a'}"] * bool(hits)
        return f"{count} {'follows' if count == 1 else 'follow'}: {listed(parts)}." if count else ""


def finding(kind: str, key: str, state: State, title: str, text: str, **more: Any) -> Finding:
    more.setdefault("coverable", kind not in NEVER_COVERED)
    return Finding(kind, key, state, title, text, **more)


def day_of(day: date | None) -> str:
    return day_words(day) if day else "an open date"
