"""What the initiative page shows beside its next step: the ladder, the failure modes, the people
who may decide. Shapes for templates, worked out of a case and rows that the view has loaded."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from audit.models import Event
from audit.words import listed, short_day
from gates.blockers import Line, check_state
from gates.case import Case
from gates.models.reviews import SignOffVerdict
from gates.voices import A_VOICE, CLOSED_VERB
from initiatives.models import Initiative
from playbook.document import FailureMode, MvpItem
from playbook.indicators import suggest
from playbook.labels import ENDED, plan_ends
from risks.models import Assessment, Response

SCORE_WORDS = {
    "value_score": ("slight", "modest", "clear", "large", "decisive"),
    "feasibility_score": ("remote", "hard", "demanding", "doable", "straightforward"),
    "integration_complexity": (
        "nothing new to connect",
        "one system",
        "a few systems",
        "many systems",
        "systems nobody has mapped",
    ),
}
"""What the scores from 1 to 5 say; complexity is what has to be connected."""

RATING_ORDER = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class LadderItem:
    """One of the ten items: a state for each of its checks, and the worst of them in words."""

    name: str
    states: tuple[str, ...]
    note: str
    tone: str
    first_open: str


def ladder(case: Case) -> list[LadderItem]:
    return [_item(case, item) for item in case.document.mvp_items]


WORST_FIRST = ("lapsed", "unassigned", "assigned", "planned")
TONES = {"lapsed": "bad", "planned": "accent", "assigned": "accent"}


def _item(case: Case, item: MvpItem) -> LadderItem:
    states = tuple(check_state(case, check.key) for check in item.checks)
    for worst in WORST_FIRST:
        if worst in states:
            check = item.checks[states.index(worst)]
            note = _note(case, check.key, check.name, worst, states.count(worst))
            return LadderItem(item.name, states, note, TONES.get(worst, ""), check.key)
    return LadderItem(item.name, states, "met", "", item.checks[0].key)


def _note(case: Case, key: str, name: str, state: str, count: int) -> str:
    fact = case.facts.checks.get(key)
    if fact is None or state == "unassigned":
        return "nobody yet"
    if fact.status == "met" and not fact.verified:
        return "waits for a second person"
    if state == "lapsed" and fact.valid_until:
        return f"{name.lower()} lapsed {short_day(fact.valid_until)}"
    if state == "planned" and fact.due:
        return f"{name.lower()}, {short_day(fact.due)}"
    who = fact.assignee.label if fact.assignee else ""
    return f"{name.lower()}, {who}" if count == 1 else f"{count} assigned"


RUNG_WORDS = {
    "none": "Gate {} asks for none of them yet.",
    "assigned": "Gate {} needs somebody's name on each.",
    "planned": "Gate {} needs each planned, and monitoring met.",
    "met": "Gate {} needs all of them met.",
    "still_met": "Gate {} needs all of them still met.",
}


def ladder_sentence(case: Case) -> str:
    """How many checks are met, and what the next gate asks of them."""
    states = [check_state(case, check.key) for check in case.document.checks]
    said = f"{states.count('met')} of {len(states)} checks met."
    if case.evaluation.gate is None:
        return said
    gate = case.document.gate(case.evaluation.gate)
    return f"{said} {RUNG_WORDS[gate.rung].format(gate.number)}"


@dataclass(frozen=True)
class ModeRow:
    """One failure mode: its ratings and what shows them, or the first question to ask when nobody
    has assessed it."""

    mode: FailureMode
    assessment: Assessment | None
    shown: str
    current: str
    residual: str
    overdue: bool

    @property
    def unanswered(self) -> bool:
        """Whether it is critical now and its response is not in place."""
        return (
            self.current == "critical"
            and self.assessment is not None
            and self.assessment.response != Response.IN_PLACE
        )


def mode_rows(case: Case, assessments: Iterable[Assessment]) -> list[ModeRow]:
    by_mode = {assessment.mode: assessment for assessment in assessments}
    return [_mode(case, mode, by_mode.get(mode.key)) for mode in case.document.failure_modes]


def _mode(case: Case, mode: FailureMode, assessment: Assessment | None) -> ModeRow:
    fired = suggest(mode, case.facts.figures.get(mode.key, {})).fired
    if assessment is None:
        shown = fired[0].threshold.says if fired else mode.indicators[0].question
        return ModeRow(mode, None, shown, "", "", False)
    rate = case.document.rating.rate
    shown = fired[0].threshold.says if fired else _nothing_fired(case, mode)
    return ModeRow(
        mode,
        assessment,
        shown,
        rate(assessment.likelihood, assessment.impact),
        rate(assessment.residual_likelihood, assessment.residual_impact),
        assessment.reassess_by < case.facts.today,
    )


def _nothing_fired(case: Case, mode: FailureMode) -> str:
    figures = case.facts.figures.get(mode.key, {})
    known = any(figures.get(indicator.key) is not None for indicator in mode.indicators)
    return "No figure stands out." if known else "No figure is answered yet."


def unanswered(rows: Iterable[ModeRow], reference: str) -> list[Line]:
    """What is critical while its response is planned or missing, to be minded at a decision."""
    return [
        Line(
            "warning",
            "warning",
            f"{row.mode.name} is critical",
            "Its response is only planned. It stays critical until that is in place."
            if row.assessment.response == Response.PLANNED
            else "Nothing is done about it.",
            reverse("gates:risk", args=[reference, row.mode.key]),
        )
        for row in rows
        if row.unanswered and row.assessment is not None
    ]


def modes_sentence(rows: Iterable[ModeRow]) -> str:
    """The worst residual rating and where, or how many nobody has assessed."""
    rows = list(rows)
    missing = sum(1 for row in rows if row.assessment is None)
    if missing == len(rows):
        return "None is assessed yet."
    rated = [row for row in rows if row.residual]
    worst = max((row.residual for row in rated), key=RATING_ORDER.index)
    names = [row.mode.short_name.lower() for row in rated if row.residual == worst]
    where = f", in {listed(names)}" if len(names) < len(rated) else ""
    said = f"Worst once treated: {worst}{where}."
    return f"{said} {missing} not assessed." if missing else said


@dataclass(frozen=True)
class Barred:
    """Somebody who could decide at a gate, and why not at this one."""

    name: str
    why: str


def barred(case: Case, initiative: Initiative, submitter_id: int | None) -> list[Barred]:
    def why(person_id: int) -> str:
        if person_id == initiative.owner_id:
            return "owns it"
        if person_id == submitter_id:
            return "submitted the review"
        return "had a hand in what is judged"

    return [Barred(person.label, why(person.id)) for person in case.facts.barred]


def plan_end(case: Case) -> dict[str, Any] | None:
    """The day on which the stage's longest plan ends, and whether it is over; None without one."""
    if case.facts.stage in ENDED:
        return None
    ends = plan_ends(case.document, case.facts.stage, case.facts.stage_since)
    return {"day": ends, "over": ends < case.facts.today} if ends else None


def scores(initiative: Initiative) -> list[dict[str, Any]]:
    """The scores with their words; a figure never stands alone."""
    return [
        {
            "label": name.removesuffix("_score").replace("_", " "),
            "figure": getattr(initiative, name),
            "word": words[getattr(initiative, name) - 1] if getattr(initiative, name) else "",
        }
        for name, words in SCORE_WORDS.items()
    ]


# The first verb or verb family that fits gives an event its icon and colour.
EVENT_ICONS = (
    ("decision.go", "gate-go", "accent"),
    ("decision.conditional_go", "gate-half", "accent"),
    ("decision.hold", "hold", "accent"),
    ("decision.revoke", "gate-lost", "bad"),
    ("decision.lapse", "gate-lost", "bad"),
    ("slip.ended", "met", "met"),
    ("slip.", "gate-lost", "warn"),
    ("decision.stop", "notmet", "bad"),
    ("decision.", "gate-open", "accent"),
    ("review.objected", "notmet", "bad"),
    ("review.", "flag", "accent"),
    ("criterion.", "check", "grey"),
    ("check.met", "met", "met"),
    ("check.reopened", "due", "warn"),
    ("check.", "progress", "accent"),
    ("evidence.verified", "met", "met"),
    ("evidence.unverified", "due", "warn"),
    ("evidence.", "paperclip", "grey"),
    ("risk.", "due", "grey"),
    ("condition.", "check", "met"),
    ("exception.", "due", "warn"),
    ("kill.hit", "notmet", "bad"),
    ("kill.", "flag", "grey"),
    ("rollout.paused", "hold", "accent"),
    ("rollout.", "flag", "grey"),
    ("wave.released", "met", "met"),
    ("wave.", "flag", "grey"),
    ("exposure.", "users", "grey"),
    ("group.", "users", "grey"),
    ("dependency.failed", "due", "warn"),
    ("dependency.mended", "met", "met"),
    ("dependency.", "file", "grey"),
    ("capacity.", "users", "accent"),
    ("feedback.", "message", "grey"),
    ("tranche.released", "met", "met"),
    ("tranche.frozen", "hold", "warn"),
    ("initiative.assigned", "user", "grey"),
    ("initiative.contributors", "users", "grey"),
    ("initiative.created", "plus", "grey"),
    ("initiative.", "pencil", "grey"),
    ("", "file", "grey"),
)


@dataclass(frozen=True)
class Told:
    """An audit event with the sign that it is known by at a glance."""

    event: Event
    icon: str
    tone: str
    summary: str


def told(events: Iterable[Event], case: Case) -> list[Told]:
    """The events as everybody may read them today: a voice that is closed stays so."""
    return [_told(event, case) for event in events]


def _told(event: Event, case: Case) -> Told:
    verb, summary = event.verb, event.summary
    if verb == CLOSED_VERB and not _closed(event, case):
        verdict = SignOffVerdict(event.data["verdict"])
        verb = "review.objected" if verdict == SignOffVerdict.OBJECTED else "review.signed_off"
        summary = summary.replace(A_VOICE, str(verdict.label).lower())
    icon, tone = next((i, t) for start, i, t in EVENT_ICONS if verb.startswith(start))
    return Told(event, icon, tone, summary)


def _closed(event: Event, case: Case) -> bool:
    review = case.facts.review
    here = review is not None and review.id == event.data["review"]
    return here and event.data["remit"] in case.facts.unopened
