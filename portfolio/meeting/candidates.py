"""The submitted reviews that a meeting could decide, as agendas are built from them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from gates.case import Case, cases_of
from gates.models import Review
from gates.models.reviews import ReviewQuerySet as Reviews
from gates.models.rollouts import ENDED
from playbook.evaluate import Evaluation
from playbook.models import PlaybookVersion
from playbook.rules import MeetingRules
from portfolio.meeting.building import Candidate, Readiness


def rules() -> MeetingRules:
    """How long meetings and their items are: the newest playbook's say."""
    return PlaybookVersion.objects.current().parsed.meeting


def awaiting() -> Reviews:
    """Every review that waits for its decision."""
    waiting = Review.objects.awaiting_decision().exclude(rollout__stage__in=ENDED)
    return waiting.select_related("rollout__initiative").order_by("pk")


def candidates(reviews: Reviews, *, at: datetime) -> list[Candidate]:
    """What of these reviews is the next gate of its rollout, in two queries for all of them."""
    waiting = list(reviews)
    ids = [review.rollout_id for review in waiting]
    cases = cases_of(ids, at=at)
    return [
        candidate(review, cases[review.rollout_id])
        for review in waiting
        if is_next(review, cases[review.rollout_id])
    ]


def is_next(review: Review, case: Case) -> bool:
    """Whether the case is the review's own: it is submitted, and no other gate comes first."""
    fact = case.facts.review
    return fact is not None and fact.id == review.pk and fact.state == "submitted"


def candidate(review: Review, case: Case) -> Candidate:
    releases, submitted = case.facts.releases, review.submitted_at
    assert submitted is not None
    return Candidate(
        review=review.pk,
        readiness=readiness(case.evaluation),
        days=(case.facts.today - submitted.date()).days,
        money=sum((Decimal(each.amount) for each in releases), Decimal(0)),
        currency=releases[0].currency if releases else "",
        value=review.rollout.initiative.value_score,
        decidable=bool(case.facts.deciders),
    )


def readiness(evaluation: Evaluation) -> Readiness:
    if evaluation.clear:
        return Readiness.READY
    return Readiness.BLOCKED if evaluation.uncovered else Readiness.CONDITIONS
