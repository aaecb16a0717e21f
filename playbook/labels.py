"""What an initiative is called, derived from facts and never typed."""

from datetime import UTC, date, timedelta

from playbook.document import Document
from playbook.facts import Facts
from playbook.reach import breaches, turns_on

PRODUCTION_FROM = 3  # stage number: limited production is the first that runs in production
ENDED = frozenset({"stopped", "retired"})

PROVEN = "proven"
QUALIFYING = "qualifying"
EXTENDED_PILOT = "extended_pilot"
CLAIMED = "claimed"
LEARNING_EXERCISE = "learning_exercise"
STALLED = "stalled"
HANDOFF_RISK = "handoff_risk"
BREACH = "breach"
SLIPPING = "slipping"

PAST_PLAN = "past its longest planned weeks"


def ladder_complete(document: Document, facts: Facts) -> bool:
    """Whether all MVP checks are met and unexpired today."""
    return all(
        check.key in facts.checks and facts.checks[check.key].state_on(facts.today) == "met"
        for check in document.checks
    )


def plan_ends(document: Document, stage: str, since: date) -> date | None:
    """The last day of the stage's longest planned weeks; None where nothing is planned."""
    weeks = document.stage(stage).weeks
    return since + timedelta(weeks=weeks.high) if weeks else None


def stall_reasons(document: Document, facts: Facts) -> tuple[str, ...]:
    """Why a live rollout before steady state counts as stalled; empty when it does not."""
    if facts.stage in ENDED or facts.stage == "steady":
        return ()
    reasons = []
    if facts.paused_since is not None:
        reasons.append("paused")
    ends = plan_ends(document, facts.stage, facts.stage_since)
    if ends is not None and facts.today > ends:
        reasons.append(PAST_PLAN)
    if (facts.today - facts.progress_on).days > document.stall.no_progress_days:
        reasons.append(f"no recorded progress for {document.stall.no_progress_days} days")
    return tuple(reasons)


def production_label(document: Document, facts: Facts) -> str | None:
    """Proven, qualifying or extended pilot from limited production on; they exclude each other."""
    if facts.stage in ENDED or document.stage(facts.stage).number < PRODUCTION_FROM:
        return None
    if not facts.owed_gates and ladder_complete(document, facts):
        return PROVEN
    ends = plan_ends(document, facts.stage, facts.stage_since)
    within_plan = ends is not None and facts.today <= ends
    if document.stage(facts.stage).number == PRODUCTION_FROM and within_plan:
        return QUALIFYING
    return EXTENDED_PILOT


def labels(document: Document, facts: Facts) -> tuple[str, ...]:
    """Every label that the facts earn, worst news first. An ended rollout has none."""
    if facts.stage in ENDED:
        return ()
    production = production_label(document, facts)
    found = {
        BREACH: any(breaches(document, facts)),
        STALLED: bool(stall_reasons(document, facts)),
        EXTENDED_PILOT: production == EXTENDED_PILOT,
        SLIPPING: bool(facts.slips),
        LEARNING_EXERCISE: bool(facts.funding_missing),
        HANDOFF_RISK: bool(facts.handoff_lacks),
        CLAIMED: facts.claimed,
        QUALIFYING: production == QUALIFYING,
        PROVEN: production == PROVEN,
    }
    return tuple(label for label, holds in found.items() if holds)


def _graces_end(document: Document, facts: Facts) -> list[date]:
    """The days before gates that are giving way may be taken back."""
    rules = document.regate
    if rules is None:
        return []
    return [slip.since + timedelta(days=rules.grace_days - 1) for slip in facts.slips]


def holds_until(document: Document, facts: Facts) -> date | None:
    """The last day on which evaluation and labels of these facts stay as they are today.

    None when only a new fact, and never the calendar, can change them.
    """
    if facts.stage in ENDED:
        return None
    turns = [
        plan_ends(document, facts.stage, facts.stage_since) if facts.stage != "steady" else None,
        facts.progress_on + timedelta(days=document.stall.no_progress_days),
        turns_on(document, facts),
        *(condition.due for condition in facts.conditions),
        *(answer.valid_until for answer in facts.answers.values()),
        *(check.valid_until for check in facts.checks.values()),
        *(risk.reassess_by for risk in facts.risks.values()),
        *(exception.expires for exception in facts.exceptions.values()),
        *_graces_end(document, facts),
    ]
    days = [day for day in turns if day is not None and day >= facts.today]
    if facts.measures_turn is not None:
        # The UTC day before: on its own day it is judged again and again until it has passed.
        days.append(facts.measures_turn.astimezone(UTC).date() - timedelta(days=1))
    return min(days, default=None)
