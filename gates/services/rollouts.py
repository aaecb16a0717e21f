"""Starting, adopting, pausing and resuming rollouts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.copying import insert_many
from gates.models import Claim, Pause, Rollout
from gates.models.rollouts import ENDED, PATH
from gates.services.prefilling import only_prefill
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from playbook.models import PlaybookVersion


@transaction.atomic
def start_rollout(*, initiative: Initiative, by: User, at: datetime) -> Rollout:
    """Put an initiative at intake, pinned to the current playbook.

    What an earlier rollout of it settled only prefills this one. Raises Refused while another
    rollout of it is live.
    """
    stored = lock(initiative.pk)
    if Rollout.objects.live().filter(initiative=stored).exists():
        raise Refused("A rollout of this initiative is already under way.")
    rollout = Rollout.objects.create(
        initiative=stored,
        playbook=PlaybookVersion.objects.current(),
        stage_entered_at=at,
        started_at=at,
    )
    if stored.rollouts.exclude(pk=rollout.pk).exists():
        only_prefill(initiative=stored, document=rollout.playbook.parsed, gate=0)
    conclude(
        initiative=stored,
        verb="rollout.started",
        summary="Rollout started at intake",
        data={"rollout": rollout.pk, "playbook": rollout.playbook.number},
        by=by,
        at=at,
    )
    return rollout


@dataclass(frozen=True)
class Adoption:
    """What an inventory says of one initiative: the stage, and the words it used."""

    initiative: Initiative
    stage: str
    row: int
    words: str


def adopt_many(
    *, adoptions: Sequence[Adoption], source: str, by: User, at: datetime
) -> list[Rollout]:
    """Start rollouts for new initiatives, each placed at its claimed stage (intake: no claim).

    For initiatives created in the same transaction, so there is no row to wait for and the
    caller writes the audit events. Call ``standings.refresh`` when all is in place.
    """
    playbook = PlaybookVersion.objects.current()
    claims = insert_many(
        [
            Claim(
                initiative=adoption.initiative,
                stage=adoption.stage,
                source=source,
                row=adoption.row,
                words=adoption.words,
                made_by=by,
                made_at=at,
            )
            for adoption in adoptions
            if adoption.stage != PATH[0]
        ]
    )
    claim_of = {claim.initiative_id: claim for claim in claims}
    rollouts = []
    for adoption in adoptions:
        rollout = Rollout(
            initiative=adoption.initiative,
            playbook=playbook,
            stage_entered_at=at,
            started_at=at,
            claim=claim_of.get(adoption.initiative.pk),
        )
        if rollout.claim is not None:
            rollout.adopt()
        rollouts.append(rollout)
    return insert_many(rollouts)


GATES_OUTRANK = "gates outrank a claim"
UNDER_REVIEW = "a review is under way"


def claim_held_by(rollout: Rollout) -> str:
    """Why a newer inventory may not move the claim; empty when it may."""
    if rollout.moved_by_id is not None or rollout.decisions.exists():
        return GATES_OUTRANK
    return UNDER_REVIEW if rollout.reviews.under_way().exists() else ""


@transaction.atomic
def move_claim(
    *, rollout: Rollout, stage: str, source: str, row: int, words: str, by: User, at: datetime
) -> Rollout:
    """Follow a newer inventory that claims another stage.

    Raises Refused once a decision has been made: gates outrank a claim; while a review is under
    way, which would be of a gate that lies behind; and for a move back to intake, which is the
    owner's to make by a return.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("claim").get(pk=rollout.pk)
    if held_by := claim_held_by(stored):
        raise Refused(f"Kept at {stored.get_stage_display()}: {held_by}.")
    if stage == PATH[0]:
        raise Refused("A claim cannot move an initiative back to intake. Return it by a decision.")
    stored.claim = Claim.objects.create(
        initiative=initiative,
        stage=stage,
        source=source,
        row=row,
        words=words,
        made_by=by,
        made_at=at,
    )
    before = stored.get_stage_display()
    stored.adopt()
    stored.save()
    conclude(
        initiative=initiative,
        verb="rollout.claim_moved",
        summary=f"Claim moved from {before} to {stored.get_stage_display()}: {stored.claim}",
        data={"rollout": stored.pk, "claim": stored.claim.pk, "stage": stage},
        by=by,
        at=at,
    )
    return stored


@transaction.atomic
def pause(*, rollout: Rollout, reason: str, cause: str, by: User, at: datetime) -> Pause:
    """Stop the work for a while. The stage's clock runs on, and no gate opens.

    Raises Refused when it is paused already, or over, or no reason is given.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.get(pk=rollout.pk)
    if stored.stage in ENDED:
        raise Refused("This rollout is over; there is nothing to pause.")
    if stored.pauses.filter(resumed_at__isnull=True).exists():
        raise Refused("It is paused already.")
    if not reason.strip():
        raise Refused("Reason: say why it is paused.")
    paused = Pause.objects.create(
        rollout=stored, reason=reason.strip(), cause=cause, paused_at=at, paused_by=by
    )
    conclude(
        initiative=initiative,
        verb="rollout.paused",
        summary=f"Paused: {paused.reason}",
        data={"rollout": stored.pk, "cause": cause},
        by=by,
        at=at,
    )
    return paused


@transaction.atomic
def resume(*, rollout: Rollout, by: User, at: datetime) -> None:
    """End the pause. Raises Refused when it is not paused."""
    initiative = lock(rollout.initiative_id)
    paused = Pause.objects.filter(rollout=rollout, resumed_at__isnull=True).first()
    if paused is None:
        raise Refused("It is not paused.")
    paused.resumed_at, paused.resumed_by = at, by
    paused.save(update_fields=["resumed_at", "resumed_by"])
    conclude(
        initiative=initiative,
        verb="rollout.resumed",
        summary=f"Resumed after {(at - paused.paused_at).days} days",
        data={"rollout": rollout.pk},
        by=by,
        at=at,
    )
