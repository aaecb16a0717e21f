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
from portfolio.sample import wording

if TYPE_CHECKING:
    from portfolio.sample.story import Story

AHEAD = timedelta(days=30)


def renew(story: Story) -> None:
    """Fresh evidence for whatever its passed gates rest on and that runs out before long."""
    case = case_of(story.rollout, at=story.clock + AHEAD)
    fallen = [f for failing in case.failing.values() for f in failing if f.kind == "criterion"]
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


def give_way(story: Story) -> None:
    """What its last gate rests on failed three days ago."""
    _fail_last_gate(story, days=-3)


def lose_gate(story: Story) -> None:
    """What its last gate rests on failed for as long as its grace, and the gate was taken back."""
    rules = story.document.regate
    grace = rules.grace_days if rules else 0
    _fail_last_gate(story, days=-grace - 4)
    settle(rollout=story.rollout, at=story.clock + timedelta(days=grace))


def _fail_last_gate(story: Story, *, days: int) -> None:
    story._at(days=days)
    last = story.document.gate(PATH.index(Stage(story.rollout.stage)) - 1)
    answer_criterion(
        rollout=story.rollout,
        criterion=next(criterion for criterion in last.criteria if criterion.standing),
        verdict="not_met",
        note=wording.FALLEN,
        evidence=None,
        days_valid=None,
        **story._tick(),
    )
    settle(rollout=story.rollout, at=story._tick()["at"])
