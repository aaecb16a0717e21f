"""Moving rollouts from the playbook that they are pinned to, to a newer one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from gates.models import Rollout
from initiatives import hooks
from initiatives.errors import Refused
from initiatives.services import conclude, lock_many
from playbook.models import PlaybookVersion


@transaction.atomic
def move_to_version(
    *, rollouts: Sequence[Rollout], version: PlaybookVersion, by: User, at: datetime
) -> int:
    """Judge these rollouts by another published version from now on; return how many moved.

    What was decided stays decided, but the gates passed rest on what this version asks of them
    from now on: one that does not hold by it gives way, and is taken back after its grace. A
    rollout that is over, or is there already, stays as it is.

    Raises Refused for a version older than one that a rollout is pinned to: what it was asked is
    not taken back.
    """
    initiatives = {each.pk: each for each in lock_many(r.initiative_id for r in rollouts)}
    stored = list(
        Rollout.objects.live()
        .filter(pk__in=[rollout.pk for rollout in rollouts])
        .exclude(playbook=version)
        .select_related("playbook")
        .order_by("pk")
    )
    if newer := [str(r) for r in stored if r.playbook.number > version.number]:
        raise Refused(f"Pinned to a newer version already: {'; '.join(newer[:5])}.")
    with hooks.gathered(at):
        for rollout in stored:
            before = rollout.playbook
            rollout.playbook = version
            rollout.save(update_fields=["playbook"])
            conclude(
                initiative=initiatives[rollout.initiative_id],
                verb="rollout.moved_to_version",
                summary=f"Judged by version {version.number} of the playbook from now on, "
                f"by version {before.number} until now",
                data={"rollout": rollout.pk, "from": before.number, "to": version.number},
                by=by,
                at=at,
                progress=False,
            )
    return len(stored)
