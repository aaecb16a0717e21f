"""One initiative's way through the stages, and everything that moves or keeps it."""

from gates.models.decisions import Condition, Decision, Outcome, Passage
from gates.models.reviews import CriterionAnswer, Review, ReviewState, SignOff
from gates.models.rollouts import Claim, Pause, Rollout, Stage
from gates.models.standings import Standing

__all__ = [
    "Claim",
    "Condition",
    "CriterionAnswer",
    "Decision",
    "Outcome",
    "Passage",
    "Pause",
    "Review",
    "ReviewState",
    "Rollout",
    "SignOff",
    "Stage",
    "Standing",
]
