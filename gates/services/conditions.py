"""Closing conditions, and revoking a go whose condition ran past its grace."""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from audit.services import SystemActor
from audit.words import day_words
from gates.case import case_of
from gates.models import Condition, Decision, Outcome, Rollout
from gates.models.reviews import UNDER_WAY, ReviewState
from gates.models.rollouts import ENDED
from gates.services.decisions import conclude_decision, void_from
from gates.services.rereviews import review_again
from initiatives.errors import Refused
from initiatives.models import Evidence
from initiatives.services import conclude, lock


@transaction.atomic
def close_condition(
    *, condition: Condition, note: str, evidence: Evidence | None, by: User, at: datetime
) -> Condition:
    """Say and show how a condition was met. Whoever does so decides nothing on this rollout.

    Raises Refused when it is closed, nothing is said or shown, or the evidence is another
    initiative's.
    """
    initiative = lock(condition.rollout.initiative_id)
    stored = Condition.objects.get(pk=condition.pk)
    if stored.closed_at is not None:
        raise Refused("This condition is closed already.")
    if not note.strip():
        raise Refused("How it was met: say it in a sentence.")
    if evidence is None:
        raise Refused("Evidence: attach what shows that it is met.")
    if evidence.initiative_id != initiative.pk:
        raise Refused("This evidence belongs to another initiative.")
    stored.closed_at, stored.closed_by = at, by
    stored.closing_note, stored.evidence = note.strip(), evidence
    stored.save(update_fields=["closed_at", "closed_by", "closing_note", "evidence"])
    conclude(
        initiative=initiative,
        verb="condition.closed",
        summary=f"Condition met: {stored.text}",
        data={"condition": stored.pk, "note": stored.closing_note},
        by=by,
        at=at,
    )
    return stored


def past_grace(*, at: datetime) -> list[int]:
    """The ids of open conditions of live rollouts whose grace, by the pinned playbook, is over."""
    overdue = Condition.objects.still_owed().filter(due__lt=at.date())
    rows = overdue.select_related("rollout__playbook").exclude(rollout__stage__in=ENDED)
    return [condition.pk for condition in rows if _grace_is_over(condition, at.date())]


def _grace_is_over(condition: Condition, today: date) -> bool:
    grace = timedelta(days=condition.rollout.playbook.parsed.condition_grace_days)
    return condition.rollout.stage not in ENDED and today > condition.due + grace


@transaction.atomic
def revoke_go(*, condition: Condition, at: datetime) -> Decision | None:
    """Take back the go that the condition belongs to; None when there is nothing to take back.

    The rollout falls back to the stage that the go left if it is still where the go led;
    otherwise the gate counts as no longer met and is owed again, so that nothing moves before it
    is decided anew.
    """
    initiative = lock(condition.rollout.initiative_id)
    stored = (
        Condition.objects.still_owed()
        .select_related("decision", "rollout__playbook")
        .filter(pk=condition.pk)
        .first()
    )
    if stored is None or not _grace_is_over(stored, at.date()):
        return None
    go = stored.decision
    assert go.gate is not None
    rollout = Rollout.objects.select_related("initiative", "playbook", "claim").get(
        pk=stored.rollout_id
    )
    falls_back = go.to_stage != go.from_stage and rollout.stage == go.to_stage
    case = case_of(rollout, at=at)
    decision = Decision(
        rollout=rollout,
        gate=go.gate,
        outcome=Outcome.REVOKE,
        from_stage=rollout.stage,
        to_stage=go.from_stage if falls_back else rollout.stage,
        decided_at=at,
        owner=initiative.owner,
        reason=f"The condition “{stored.text}” was due on {day_words(stored.due)}, "
        "and its grace is over.",
        facts=case.seen,
        digest=case.digest,
    )
    decision.save()
    rollout.decision_in_hand = decision
    if falls_back:
        void_from(rollout, decision, go.gate)
        rollout.reviews.filter(state__in=UNDER_WAY).update(
            state=ReviewState.WITHDRAWN, closed_at=at
        )
        rollout.return_to()
        rollout.save()
    else:
        rollout.passages.filter(gate=go.gate, void_since__isnull=True).update(
            void_since=at, voided_by=decision
        )
    conclude_decision(initiative, decision, by=SystemActor(), at=at)
    review_again(initiative=initiative, rollout=rollout, at=at)
    return decision
