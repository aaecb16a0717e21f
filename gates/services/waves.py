"""Releasing a wave of the rollout to everybody: only once Gate 3 lets it."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from gates.case import Case, case_of
from gates.models import Rollout, Stage
from initiatives.errors import Refused
from initiatives.services import lock
from operations.models import Wave
from operations.services import reach

OPENED_BY = 3
RELEASES = (Stage.SCALED, Stage.STEADY)


def against_release(case: Case) -> list[str]:
    """Why no wave may be released as things stand; empty when one may."""
    reasons = []
    if case.facts.stage not in RELEASES:
        reasons.append("Waves are released in scaled production: Gate 3 comes first.")
    elif owed := [gate for gate in case.facts.owed_gates if gate <= OPENED_BY]:
        why = (
            "its claim has not been proven"
            if case.facts.claimed
            else "it was passed and no longer counts"
        )
        reasons.append(f"Gate {owed[0]} is owed: {why}. Prove it first.")
    if case.facts.paused_since is not None:
        reasons.append("It is paused. Resume it first.")
    return reasons


@transaction.atomic
def release_wave(*, rollout: Rollout, wave: Wave, by: User, at: datetime) -> Wave:
    """Give the people of a wave access.

    Raises Refused before Gate 3, while paused, and where the wave's turn has not come.
    """
    lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("initiative", "playbook", "claim").get(pk=rollout.pk)
    reasons = against_release(case_of(stored, at=at))
    if reasons:
        raise Refused(reasons)
    return reach.release_wave(wave=wave, by=by, at=at)
