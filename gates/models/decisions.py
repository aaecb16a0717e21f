"""Decisions: signed on a digest of the facts, never changed afterwards."""

import pgtrigger
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.models.reviews import GATES, Review
from gates.models.rollouts import PATH, Rollout, Stage
from initiatives.models import Evidence


class Outcome(models.TextChoices):
    GO = "go", _("Go")
    CONDITIONAL_GO = "conditional_go", _("Conditional go")
    HOLD = "hold", _("Hold")
    RETURN = "return", _("Return")
    STOP = "stop", _("Stop")
    REVOKE = "revoke", _("Go revoked")
    LAPSE = "lapse", _("Gate no longer met")
    REVIVE = "revive", _("Revived")


PASSING = (Outcome.GO, Outcome.CONDITIONAL_GO)
CODED = (Outcome.HOLD, Outcome.RETURN, Outcome.STOP)
AUTOMATIC = (Outcome.REVOKE, Outcome.LAPSE)


FITS_ITS_REVIEW = """
    IF NEW.review_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM gates_review r
        WHERE r.id = NEW.review_id AND r.rollout_id = NEW.rollout_id AND r.gate = NEW.gate
          AND r.submitted_at IS NOT NULL AND r.submitted_by_id = NEW.submitted_by_id
    ) THEN
        RAISE EXCEPTION 'A decision is made on a submitted review of its own rollout and gate.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IN ('go', 'conditional_go') AND NEW.to_stage <> NEW.from_stage
       AND (NEW.gate, NEW.from_stage, NEW.to_stage) NOT IN (
        (0, 'intake', 'pilot'), (1, 'pilot', 'readiness'), (2, 'readiness', 'limited'),
        (3, 'limited', 'scaled'), (4, 'scaled', 'steady')
    ) THEN
        RAISE EXCEPTION 'A go leads through its own gate, to the next stage.'
            USING ERRCODE = 'check_violation';
    END IF;
    -- No other outcome leads forward, and only a stop leads to an end.
    IF NEW.outcome NOT IN ('go', 'conditional_go') AND NEW.to_stage <> NEW.from_stage AND NOT (
        CASE WHEN NEW.to_stage IN ('stopped', 'retired') THEN NEW.outcome = 'stop'
        ELSE NEW.outcome IN ('return', 'revoke') AND
            array_position(array['intake', 'pilot', 'readiness', 'limited', 'scaled', 'steady'],
                           NEW.to_stage::text)
          < array_position(array['intake', 'pilot', 'readiness', 'limited', 'scaled', 'steady'],
                           NEW.from_stage::text) END
    ) THEN
        RAISE EXCEPTION 'Only a go leads forward, only a stop to an end.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
PASSED_BY_ITS_GO = """
    IF NOT EXISTS (
        SELECT 1 FROM gates_decision d
        WHERE d.id = NEW.decision_id AND d.rollout_id = NEW.rollout_id AND d.gate = NEW.gate
          AND d.outcome IN ('go', 'conditional_go')
    ) THEN
        RAISE EXCEPTION 'A gate is passed by a go of its own rollout at this gate.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Decision(models.Model):
    """What was decided at a gate, by whom, on which facts.

    ``facts`` and ``digest`` are what the decider signed: the digest is the SHA-256 of the facts'
    canonical JSON. ``owner`` and ``submitted_by`` are copied so that the database itself can
    refuse a self-approval. Only a revocation and a lapse have no decider: Clearway makes them.
    ``change_by`` is the day by which a revived initiative is to have changed.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="decisions")
    review = models.OneToOneField(
        Review, null=True, on_delete=models.RESTRICT, related_name="decision"
    )
    gate = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    from_stage = models.CharField(max_length=10, choices=Stage.choices)
    to_stage = models.CharField(max_length=10, choices=Stage.choices)
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    decided_at = models.DateTimeField()
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("why"))
    cause = models.CharField(_("cause"), max_length=40, blank=True)
    hold_until = models.DateField(_("hold until"), null=True)
    change_by = models.DateField(_("changed by"), null=True)
    facts = models.JSONField()
    digest = models.CharField(max_length=64)

    # The blockers that a conditional go covers, while it is being made; kept as conditions.
    covers: frozenset[str] = frozenset()

    class Meta:
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="gates_decision_gate_known",
                condition=Q(gate__isnull=True) | Q(gate__in=GATES),
            ),
            models.CheckConstraint(
                name="gates_decider_did_not_submit",
                condition=Q(decided_by__isnull=True)
                | Q(submitted_by__isnull=True)
                | ~Q(decided_by=F("submitted_by")),
            ),
            models.CheckConstraint(
                name="gates_decider_is_not_the_owner",
                condition=Q(decided_by__isnull=True)
                | Q(owner__isnull=True)
                | ~Q(decided_by=F("owner")),
            ),
            models.CheckConstraint(
                name="gates_only_clearway_needs_no_decider",
                condition=Q(outcome__in=AUTOMATIC, decided_by__isnull=True)
                | ~Q(outcome__in=AUTOMATIC) & Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="gates_go_needs_its_review",
                condition=~Q(outcome__in=PASSING) | Q(review__isnull=False, gate__isnull=False),
            ),
            models.CheckConstraint(
                name="gates_hold_has_a_date",
                condition=Q(outcome=Outcome.HOLD, hold_until__isnull=False)
                | ~Q(outcome=Outcome.HOLD) & Q(hold_until__isnull=True),
            ),
            models.CheckConstraint(
                name="gates_only_a_revival_says_by_when",
                condition=Q(change_by__isnull=True) | Q(outcome=Outcome.REVIVE),
            ),
            models.CheckConstraint(
                name="gates_delay_has_a_coded_cause",
                condition=~Q(outcome__in=CODED) | ~Q(cause=""),
            ),
            models.CheckConstraint(name="gates_decision_says_why", condition=~Q(reason="")),
        ]
        indexes = [
            models.Index(fields=["rollout", "-decided_at"], name="gates_decision_latest"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="decision_stands", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="decision_fits_its_review",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=FITS_ITS_REVIEW,
            ),
        ]

    def __str__(self) -> str:
        where = f"Gate {self.gate}" if self.gate is not None else self.get_from_stage_display()
        return f"{where}: {self.get_outcome_display()}"


class PassageQuerySet(models.QuerySet["Passage"]):
    def taken_back(self) -> "PassageQuerySet":
        """Of gates that Clearway took back where they stood: not passed anew since, and no later
        return led back to them or behind them, which would have ended them anyway."""
        anew = Passage.objects.filter(
            rollout=OuterRef("rollout"), gate=OuterRef("gate"), pk__gt=OuterRef("pk")
        )
        stage = Case(*(When(to_stage=stage, then=Value(i)) for i, stage in enumerate(PATH)))
        left = (
            Decision.objects.filter(rollout=OuterRef("rollout"), pk__gt=OuterRef("voided_by"))
            .filter(outcome__in=(Outcome.RETURN, Outcome.REVOKE))
            .exclude(to_stage=F("from_stage"))
            .alias(led_to=stage)
            .filter(led_to__lte=OuterRef("gate"))
        )
        return self.filter(
            ~Exists(anew),
            ~Exists(left),
            voided_by__outcome__in=AUTOMATIC,
            voided_by__from_stage=F("voided_by__to_stage"),
        )


class Passage(models.Model):
    """A gate passed, and from when on it no longer counts."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="passages")
    gate = models.PositiveSmallIntegerField()
    decision = models.OneToOneField(Decision, on_delete=models.RESTRICT, related_name="passage")
    void_since = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(
        Decision, null=True, on_delete=models.RESTRICT, related_name="voided"
    )

    objects = PassageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "gate"],
                condition=Q(void_since__isnull=True),
                name="gates_passed_once",
            ),
            models.CheckConstraint(
                name="gates_passage_void_paired",
                condition=Q(void_since__isnull=True, voided_by__isnull=True)
                | Q(void_since__isnull=False, voided_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="passed_by_its_go",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=PASSED_BY_ITS_GO,
            ),
            # Nobody takes a void passage away to bring it back as a standing one.
            pgtrigger.Protect(name="passage_stands", operation=pgtrigger.Delete),
            # What is void stays void: the gate is passed anew, by another decision.
            pgtrigger.Protect(
                name="void_stays_void",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__void_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Gate {self.gate} of {self.rollout}"


class ConditionQuerySet(models.QuerySet["Condition"]):
    def still_owed(self) -> "ConditionQuerySet":
        """Open conditions of passages that still count: a voided go owes nothing."""
        return self.filter(closed_at__isnull=True, decision__passage__void_since__isnull=True)


class Condition(models.Model):
    """An owed action from a conditional go, tied to the one blocker that it covers."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="conditions")
    decision = models.ForeignKey(Decision, on_delete=models.RESTRICT, related_name="conditions")
    blocker = models.CharField(max_length=120)
    blocker_title = models.CharField(max_length=300)
    text = models.TextField(_("what must be done"))
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="conditions")
    due = models.DateField(_("by"))
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closing_note = models.TextField(_("how it was met"), blank=True)
    evidence = models.ForeignKey(
        Evidence, null=True, blank=True, on_delete=models.RESTRICT, related_name="+"
    )

    objects = ConditionQuerySet.as_manager()

    class Meta:
        ordering = ["due", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "blocker"], name="gates_one_condition_per_blocker"
            ),
            models.CheckConstraint(
                name="gates_condition_closed_paired",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due"],
                name="gates_condition_due",
                condition=Q(closed_at__isnull=True),
                include=["id", "rollout", "owner"],
            ),
        ]

    def __str__(self) -> str:
        return self.text
