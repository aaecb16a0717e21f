"""The release of money: the one record that a tranche was released, with its gate decision.

No column says "released": a tranche is released when, and only when, its row stands here, and the
database takes that row for nothing but a go at the gate into the stage that the tranche pays for.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.models.decisions import Decision
from gates.models.rollouts import Stage
from initiatives.models import Tranche

# What is read is locked, so that nobody withdraws, freezes or voids it in the same moment. Whoever
# asked for it, or owned the initiative then, does not release it. A go releases what was approved
# before it. What was approved later is released by hand, by somebody with no part in it, and only
# for the stage that the rollout is in.
RELEASE_NEEDS_DECISION = """
    PERFORM 1 FROM initiatives_tranche t WHERE t.id = NEW.tranche_id FOR NO KEY UPDATE;
    PERFORM 1 FROM gates_passage p WHERE p.decision_id = NEW.decision_id FOR SHARE;
    IF NOT EXISTS (
        SELECT 1 FROM gates_decision d
        JOIN gates_rollout r ON r.id = d.rollout_id
        JOIN gates_passage p ON p.decision_id = d.id AND p.rollout_id = r.id AND p.gate = d.gate
        JOIN initiatives_tranche t ON t.id = NEW.tranche_id
        JOIN initiatives_initiative i ON i.id = t.initiative_id
        WHERE d.id = NEW.decision_id AND d.outcome IN ('go', 'conditional_go')
          AND p.void_since IS NULL
          AND r.initiative_id = t.initiative_id
          AND (d.gate, t.stage) IN (
            (0, 'pilot'), (1, 'readiness'), (2, 'limited'), (3, 'scaled'), (4, 'steady')
          )
          -- The rollout is live and has reached the stage; stages move by their decisions alone.
          AND array_position(
            ARRAY['intake', 'pilot', 'readiness', 'limited', 'scaled', 'steady'], r.stage::text
          ) > d.gate + 1
          AND t.approved = NEW.amount AND t.withdrawn_at IS NULL AND t.frozen_at IS NULL
          AND NEW.released_by_id <> t.requested_by_id
          AND NEW.released_by_id IS DISTINCT FROM t.owner_then_id
          AND (
            NEW.released_at = d.decided_at AND NEW.released_by_id = d.decided_by_id
              AND t.approved_at <= d.decided_at
            OR NEW.released_at >= d.decided_at AND r.stage = t.stage
              AND NEW.released_by_id <> t.approved_by_id
              AND NEW.released_by_id IS DISTINCT FROM i.owner_id
          )
    ) THEN
        RAISE EXCEPTION 'Money is released only by the decision at the gate into its stage.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
RELEASE_STANDS = """
    RAISE EXCEPTION 'A release is never changed, deleted or truncated.'
        USING ERRCODE = 'check_violation';
"""
RELEASED_TRANCHE_STANDS = """
    IF EXISTS (SELECT 1 FROM gates_release WHERE tranche_id = OLD.id) THEN
        RAISE EXCEPTION 'This tranche is released; nothing about it changes.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


class Release(models.Model):
    """Money released. A tranche without this row is not released, whatever else says so."""

    tranche = models.OneToOneField(Tranche, on_delete=models.RESTRICT, related_name="release")
    decision = models.ForeignKey(Decision, on_delete=models.RESTRICT, related_name="releases")
    amount = models.DecimalField(_("released"), max_digits=14, decimal_places=2)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="release_needs_decision",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=RELEASE_NEEDS_DECISION,
            ),
            pgtrigger.Trigger(
                name="release_stands",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=RELEASE_STANDS,
            ),
            pgtrigger.Trigger(
                name="releases_stand",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func=RELEASE_STANDS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tranche.currency} {self.amount:,.2f} released"


class GatedTrancheQuerySet(models.QuerySet["GatedTranche"]):
    def unreleased(self) -> GatedTrancheQuerySet:
        """Asked for, and neither released nor withdrawn."""
        return self.filter(release__isnull=True, withdrawn_at__isnull=True)

    def ready(self) -> GatedTrancheQuerySet:
        """Approved, and waiting for nothing but the gate into its stage."""
        return self.unreleased().filter(approved_at__isnull=False, frozen_at__isnull=True)

    def released_by(self, decision: Decision) -> GatedTrancheQuerySet:
        return self.filter(release__decision=decision).select_related("release__released_by")


class GatedTranche(Tranche):
    """Tranches as the gates see them: with their release, and unchangeable once they have one.

    Tranches live below the gates and cannot know of releases; the trigger on their table is
    brought by this proxy.
    """

    objects = GatedTrancheQuerySet.as_manager()  # type: ignore[assignment, misc]

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="released_tranche_stands",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=RELEASED_TRANCHE_STANDS,
            ),
        ]

    @property
    def hands(self) -> frozenset[int | None]:
        """Who asked, approved or owns the initiative, now or then: none of them releases it by
        hand."""
        return self.askers | {self.approved_by_id, self.initiative.owner_id}

    @property
    def stage_name(self) -> str:
        return str(Stage(self.stage).label)
