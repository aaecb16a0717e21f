"""The lock on kill criteria: what was agreed before the pilot stands as long as it runs.

Kill criteria live below the gates and cannot know of passages; the triggers on their table are
brought by this proxy.
"""

import pgtrigger
from django.db.models import Exists, OuterRef, Q

from gates.models.decisions import Passage
from gates.models.rollouts import ENDED, Stage
from initiatives.models import Initiative, KillCriterion

# The rollouts are locked, so that nobody passes Gate 0 in the same moment. A Gate 0 that was taken
# back while the work went on locks all the same; only a return to intake opens the question again.
LOCKED_AT_GATE_0 = """
    PERFORM 1 FROM gates_rollout r WHERE r.initiative_id = OLD.initiative_id FOR SHARE;
    IF OLD.hit_at IS NOT NULL AND OLD.settled_at IS NULL THEN
        RAISE EXCEPTION 'A kill criterion that is hit neither changes nor goes.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM gates_passage p JOIN gates_rollout r ON r.id = p.rollout_id
        WHERE r.initiative_id = OLD.initiative_id AND p.gate = 0
          AND r.stage NOT IN ('stopped', 'retired')
          AND (p.void_since IS NULL OR r.stage <> 'intake')
    ) THEN
        RAISE EXCEPTION 'Kill criteria are locked at Gate 0.' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


def locked(initiative: Initiative) -> bool:
    """Whether what was agreed can no longer be changed, as the triggers below see it."""
    passed = Passage.objects.filter(
        Q(void_since__isnull=True) | ~Q(rollout__stage=Stage.INTAKE), gate=0
    )
    return (
        Initiative.objects.filter(pk=initiative.pk)
        .filter(
            Exists(
                passed.filter(rollout__initiative=OuterRef("pk")).exclude(rollout__stage__in=ENDED)
            )
        )
        .exists()
    )


class GatedKillCriterion(KillCriterion):
    """Kill criteria as the gates see them: locked from a passed Gate 0 on."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="kill_criterion_locked",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "initiative", "text", "sign", "agreed_by", "agreed_at"
                ),
                func=LOCKED_AT_GATE_0,
            ),
            pgtrigger.Trigger(
                name="kill_criterion_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=LOCKED_AT_GATE_0,
            ),
        ]
