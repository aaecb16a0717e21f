"""The review of a gate that Clearway took back and that is the next to be judged."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from audit.services import SystemActor
from audit.words import day_words
from gates.case import case_of
from gates.models import Passage, Review, ReviewState, Rollout
from gates.models.decisions import PassageQuerySet
from gates.models.reviews import UNDER_WAY
from initiatives.models import Initiative
from initiatives.services import conclude


def unreviewed() -> PassageQuerySet:
    """Gates that were taken back, with no review under way and none decided since."""
    since = Review.objects.filter(
        Q(state__in=UNDER_WAY) | Q(decision__pk__gt=OuterRef("voided_by")),
        rollout=OuterRef("rollout"),
        gate=OuterRef("gate"),
    )
    return Passage.objects.taken_back().filter(~Exists(since), rollout__in=Rollout.objects.live())


def review_again(*, initiative: Initiative, rollout: Rollout, at: datetime) -> None:
    """Open the review of a gate that was taken back when it is the next to be judged.

    Reviews of later gates are withdrawn: they cannot be decided before it. What was answered
    stands in the new review as far as it still counts; each remit signs anew.
    """
    gates = set(unreviewed().filter(rollout=rollout).values_list("gate", flat=True))
    if not gates:
        return
    case = case_of(rollout, at=at)
    gate = case.facts.gate
    if gate is None or gate not in gates:
        return
    rules = case.document.regate or case.document  # an old playbook knows one time for all reviews
    rollout.reviews.filter(state__in=UNDER_WAY).update(state=ReviewState.WITHDRAWN, closed_at=at)
    review = Review.objects.create(
        rollout=rollout,
        gate=gate,
        due=at.date() + timedelta(days=rules.review_days),
        opened_at=at,
    )
    conclude(
        initiative=initiative,
        verb="review.opened",
        summary=f"Gate {gate} review opened, due {day_words(review.due)}: it was taken back",
        data={"review": review.pk, "gate": gate, "due": review.due},
        by=SystemActor(),
        at=at,
        progress=False,
    )
