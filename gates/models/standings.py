"""The last judgement of each rollout, kept for lists. Guards never read it."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from gates.models.rollouts import Rollout

CHANGES = """
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - array['changed_at', 'doubted_since']
                          = to_jsonb(OLD) - array['changed_at', 'doubted_since'] THEN
        IF NEW.doubted_since IS NOT DISTINCT FROM OLD.doubted_since THEN
            RETURN NULL;
        END IF;
        NEW.changed_at := OLD.changed_at;
        RETURN NEW;
    END IF;
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
"""


class Standing(models.Model):
    """What lists show of a rollout without judging it anew.

    ``labels`` and ``blocker_kinds`` are keys; ``computed_met`` are the computed criteria, of
    whatever gate, that metrics say are met; ``ladder`` has one letter a check (u unassigned,
    a assigned, p planned, m met, l lapsed); ``severe_modes`` are rated high or critical even once
    treated, ``untreated_modes`` critical with no response; ``valid_until`` is the last day on
    which all of it still holds, empty when only a new fact can change it; ``breach`` says how the
    exposed population breaks its bounds, and ``breach_since`` when that showed; ``failing`` are
    the passed gates whose ground does not hold; ``owners_turn`` says that the next step is the
    owner's. ``rank`` is the place in a list sorted worst first:
    with an owner before without, then stalled, then by worst rating. ``changed_at`` is when, by
    the database's clock, a judgement last said something else: one that says the same is not
    written. ``doubted_since`` is when figures came that it does not know of yet, empty when there
    are none.
    """

    rollout = models.OneToOneField(
        Rollout, primary_key=True, on_delete=models.CASCADE, related_name="standing"
    )
    gate = models.PositiveSmallIntegerField(null=True)
    labels = ArrayField(models.CharField(max_length=20), default=list)
    stall_reasons = ArrayField(models.CharField(max_length=60), default=list)
    blocker_kinds = ArrayField(models.CharField(max_length=20), default=list)
    blockers = models.PositiveSmallIntegerField(default=0)
    first_blocker = models.CharField(max_length=300, blank=True)
    first_fix = models.CharField(max_length=300, blank=True)
    criteria_met = models.PositiveSmallIntegerField(default=0)
    criteria = models.PositiveSmallIntegerField(default=0)
    ladder = models.CharField(max_length=60)
    checks_met = models.PositiveSmallIntegerField(default=0)
    worst_mode = models.CharField(max_length=40, blank=True)
    worst_rating = models.CharField(max_length=10, blank=True)
    computed_met = ArrayField(models.CharField(max_length=40), default=list)
    severe_modes = ArrayField(models.CharField(max_length=40), default=list)
    untreated_modes = ArrayField(models.CharField(max_length=40), default=list)
    failing = ArrayField(models.PositiveSmallIntegerField(), default=list)
    breach = models.CharField(max_length=300, blank=True)
    breach_since = models.DateField(null=True)
    rank = models.SmallIntegerField(default=0)
    valid_until = models.DateField(null=True)
    owners_turn = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    doubted_since = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            GinIndex(fields=["labels"], name="gates_standing_labels"),
            models.Index(fields=["valid_until"], name="gates_standing_runs_out"),
            # Who is to be told of a breach.
            models.Index(
                fields=["breach_since"],
                name="gates_standing_in_breach",
                condition=Q(breach_since__isnull=False),
            ),
            # What the sweep for gates that give way looks at.
            models.Index(
                fields=["rollout"], name="gates_standing_failing", condition=~Q(failing=[])
            ),
            # The portfolio table's first page, worst first.
            models.Index(fields=["-rank", "rollout"], name="gates_standing_worst_first"),
            # What is to be judged anew since figures came.
            models.Index(
                fields=["doubted_since"],
                name="gates_standing_doubted",
                condition=Q(doubted_since__isnull=False),
            ),
            # Whether what is kept of lists still holds.
            models.Index(fields=["-changed_at"], name="gates_standing_changed"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="standing_changes",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=CHANGES,
            )
        ]

    def __str__(self) -> str:
        return f"{self.rollout_id}: {', '.join(self.labels)}"
