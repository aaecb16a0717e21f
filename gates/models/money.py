"""The release of money: the one record that a tranche was released, with its gate decision."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.models.decisions import Decision
from initiatives.models import Tranche

RELEASE_NEEDS_DECISION = """
    IF NOT EXISTS (
        SELECT 1 FROM gates_decision d
        JOIN gates_rollout r ON r.id = d.rollout_id
        JOIN gates_passage p ON p.decision_id = d.id AND p.void_since IS NULL
        JOIN initiatives_tranche t ON t.id = NEW.tranche_id
        WHERE d.id = NEW.decision_id AND d.outcome IN ('go', 'conditional_go')
          AND r.initiative_id = t.initiative_id
          AND (d.gate, t.stage) IN (
            (0, 'pilot'), (1, 'readiness'), (2, 'limited'), (3, 'scaled'), (4, 'steady')
          )
          AND t.approved = NEW.amount AND t.withdrawn_at IS NULL AND t.frozen_at IS NULL
    ) THEN
        RAISE EXCEPTION 'Money is released only by the decision at the gate into its stage.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
RELEASED_TRANCHE_STANDS = """
    IF EXISTS (SELECT 1 FROM gates_release WHERE tranche_id = OLD.id) THEN
        RAISE EXCEPTION 'This tranche is released; nothing about it changes.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Release(models.Model):
    """Money released. A tranche without this row is not released, whatever else says so."""

    tranche = models.OneToOneField(Tranche, on_delete=models.CASCADE, related_name="release")
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="releases")
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
            pgtrigger.Protect(name="release_stands", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.amount:,.0f} {self.tranche.currency} released"
