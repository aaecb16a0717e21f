"""Taking a claim back, when the import that made it is undone."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from gates.models import Claim, CriterionAnswer, Pause, Review, Rollout
from gates.models.rollouts import PATH
from gates.services.rollouts import claim_held_by
from initiatives.errors import Refused
from initiatives.services import conclude, lock


@transaction.atomic
def withdraw_claim(*, rollout: Rollout, by: User, at: datetime) -> Rollout:
    """Put a rollout back where it was before its latest claim, and forget the claim.

    Without an earlier claim that is intake: a rollout on which nobody has worked starts there
    anew. Raises Refused once a gate was decided, during a review, or when somebody has worked on
    it.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("claim").get(pk=rollout.pk)
    claim = stored.claim
    if claim is None:
        raise Refused(f"{initiative}: it stands on no claim.")
    if held_by := claim_held_by(stored):
        raise Refused(f"{initiative} stays where it is: {held_by}.")
    earlier = Claim.objects.filter(initiative=initiative).exclude(pk=claim.pk).order_by("-pk")
    if previous := earlier.first():
        stored.claim = previous
        stored.adopt()
        stored.save()
    else:
        stored = _restart(stored)
    claim.delete()
    conclude(
        initiative=initiative,
        verb="rollout.claim_withdrawn",
        summary=f"Back to {stored.get_stage_display()}: the import of {claim.source} was undone",
        data={"rollout": stored.pk, "stage": stored.stage},
        by=by,
        at=at,
    )
    return stored


def _restart(rollout: Rollout) -> Rollout:
    for model in (Review, CriterionAnswer, Pause):
        if model._default_manager.filter(rollout=rollout).exists():
            raise Refused(f"{rollout.initiative}: somebody has worked on it since.")
    rollout.delete()
    return Rollout.objects.create(
        initiative=rollout.initiative,
        playbook=rollout.playbook,
        stage=PATH[0],
        stage_entered_at=rollout.started_at,
        started_at=rollout.started_at,
    )
