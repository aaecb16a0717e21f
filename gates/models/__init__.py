"""One initiative's way through the stages, and everything that moves or keeps it."""

from gates.models.decisions import Condition, Decision, Outcome, Passage
from gates.models.delegations import Delegation
from gates.models.exceptions import CriterionException
from gates.models.kills import GatedKillCriterion
from gates.models.money import GatedTranche, Release
from gates.models.promises import Promise, Reconciliation
from gates.models.reviews import CriterionAnswer, Review, ReviewState, SignOff
from gates.models.rollouts import Claim, Pause, Rollout, Stage
from gates.models.slips import Slip, StallNote
from gates.models.standings import Standing

__all__ = [
    "Claim",
    "Condition",
    "CriterionAnswer",
    "CriterionException",
    "Decision",
    "Delegation",
    "GatedKillCriterion",
    "GatedTranche",
    "Outcome",
    "Passage",
    "Pause",
    "Promise",
    "Reconciliation",
    "Release",
    "Review",
    "ReviewState",
    "Rollout",
    "SignOff",
    "Slip",
    "Stage",
    "StallNote",
    "Standing",
]
