"""The running system: who it reaches, who uses it, what they say of it, how it is kept good."""

from operations.models.practice import CapacityOffer, Improvement, ModelUpdate, PerformanceReview
from operations.models.reach import Exposure, FeedbackItem, ReductionPlan, UserGroup, Wave

__all__ = [
    "CapacityOffer",
    "Exposure",
    "FeedbackItem",
    "Improvement",
    "ModelUpdate",
    "PerformanceReview",
    "ReductionPlan",
    "UserGroup",
    "Wave",
]
