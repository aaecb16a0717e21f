"""What becomes of the gates that an invented initiative has passed: kept up, giving way, lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from checklists.services import meet_check
from gates.case import case_of
from gates.models import Stage
from gates.models.rollouts import PATH
from gates.services.reviews import answer_criterion
from gates.services.slips import settle
from metrics.models import Metric, MetricKind
from metrics.observations import Reading, record_observations
from portfolio.sample import wording

if TYPE_CHECKING:
    from portfolio.sample.story import Story

AHEAD = timedelta(days=30)
LAPSING = "access_controls"


def renew(story: Story) -> None:
    """Fresh evidence for whatever its passed gates rest on and that runs out before long."""
    case = case_of(story.rollout, at=story.clock + AHEAD)
    fallen = [
        finding
        for failing in case.failing.values()
        for finding in failing
        if finding.kind == "criterion" and not case.document.criterion(finding.key).computed
    ]
    if fallen:
        story._meet(fallen, case)
    lapsed = [
        check
        for check in case.document.checks
        if (fact := case.facts.checks.get(check.key))
        and fact.state_on(case.facts.today) == "lapsed"
    ]
    if not lapsed:
        return
    pack = story._evidence("Yearly check of operations")
    for check in lapsed:
        meet_check(
            initiative=story.initiative,
            check=check,
            evidence=pack,
            days_valid=case.document.days_valid(check),
            **story._tick(),
        )
    story._verify(pack)


def lapse(story: Story) -> None:
    """The access review that everything rested on has run out."""
    story._at(days=-20)
    pack = story._evidence("Access review", until=story.now.date() - timedelta(days=9))
    meet_check(
        initiative=story.initiative,
        check=story.document.check(LAPSING),
        evidence=pack,
        days_valid=None,
        **story._tick(),
    )
    story._verify(pack)


def give_way(story: Story) -> None:
    """What its last gate rests on failed three days ago."""
    _fail_last_gate(story, days=-3)


def lose_gate(story: Story) -> None:
    """What its last gate rests on failed for as long as its grace, and the gate was taken back."""
    rules = story.document.regate
    grace = rules.grace_days if rules else 0
    _fail_last_gate(story, days=-grace - 4)
    settle(rollout=story.rollout, at=story.time.after(story.clock + timedelta(days=grace)))


def _fail_last_gate(story: Story, *, days: int) -> None:
    story._at(days=days)
    last = story.document.gate(PATH.index(Stage(story.rollout.stage)) - 1)
    judged = next((c for c in last.criteria if c.standing and not c.computed), None)
    if judged is None:
        _lose_users(story)
    else:
        answer_criterion(
            rollout=story.rollout,
            criterion=judged,
            verdict="not_met",
            note=wording.FALLEN,
            evidence=None,
            days_valid=None,
            **story._tick(),
        )
    settle(rollout=story.rollout, at=story._tick()["at"])


def _lose_users(story: Story) -> None:
    """A survey of last week found fewer users than the target asks."""
    adoption = Metric.objects.get(initiative=story.initiative, kind=MetricKind.ADOPTION)
    act = story._tick()
    reading = Reading(adoption.pk, act["at"] - timedelta(weeks=1), (adoption.target or 60) - 19)
    record_observations(initiative=story.initiative, readings=[reading], source="form", **act)
