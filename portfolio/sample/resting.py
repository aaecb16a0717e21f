"""What people say of the sample's stalls, and what was brought back from its graveyard."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gates.case import case_of
from gates.models import Rollout
from gates.services.stalls import note_stall, revive

if TYPE_CHECKING:
    from portfolio.sample.story import Story

DAYS_TO_CHANGE = 21


def tell(story: Story) -> None:
    """Note the words given for a stall, with the failure mode behind them; revive what came back.

    What was revived is what stands at the end, so its rollout is the new one.
    """
    spec = story.spec
    if spec.stall:
        words, cause = spec.stall
        story._at()
        at = story._tick()["at"]
        note_stall(rollout=story.rollout, words=words, cause=cause, by=story.owner, at=at)
    if spec.revived:
        story._at()
        at = story._tick()["at"]
        stored = Rollout.objects.select_related("initiative", "playbook", "claim").get(
            pk=story.rollout.pk
        )
        case = case_of(stored, at=at)
        revive(
            rollout=stored,
            reason=spec.revived,
            change_by=at.date() + timedelta(days=DAYS_TO_CHANGE) if stored.live else None,
            seen=case.seen,
            by=next(p for p in story.cast.values() if p.pk in case.decider_ids),
            at=at,
        )
