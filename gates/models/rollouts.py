"""The rollout: a state machine whose stage the database itself guards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import GET_STATE, FSMField, transition

from accounts.models import User
from initiatives.models import BusinessUnit, Initiative
from playbook.models import PlaybookVersion

if TYPE_CHECKING:
    from gates.case import Case
    from gates.models.decisions import Decision


class Stage(models.TextChoices):
    INTAKE = "intake", _("Intake")
    PILOT = "pilot", _("Production-first pilot")
    READINESS = "readiness", _("Production readiness")
    LIMITED = "limited", _("Limited production")
    SCALED = "scaled", _("Scaled production")
    STEADY = "steady", _("Operational steady state")
    STOPPED = "stopped", _("Stopped")
    RETIRED = "retired", _("Retired")


PATH = (
    Stage.INTAKE,
    Stage.PILOT,
    Stage.READINESS,
    Stage.LIMITED,
    Stage.SCALED,
    Stage.STEADY,
)
ENDED = (Stage.STOPPED, Stage.RETIRED)
# Where the decision to stop leads from each stage: stopped before production, retired in it.
END_OF = {stage: Stage.STOPPED if stage in PATH[:3] else Stage.RETIRED for stage in PATH}
# What a claim may say beyond intake: a stage of the path, or that it is over.
CLAIMABLE = (*PATH[1:], *ENDED)

STAGE_NEEDS_CLAIM = """
    IF NEW.stage <> 'intake' AND NOT EXISTS (
        SELECT 1 FROM gates_claim c
        WHERE c.id = NEW.claim_id AND c.initiative_id = NEW.initiative_id AND c.stage = NEW.stage
    ) THEN
        RAISE EXCEPTION 'A rollout starts at intake, or at the stage of its claim.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
STAGE_NEEDS_RECORD = """
    IF (NEW.moved_by_id IS DISTINCT FROM OLD.moved_by_id AND EXISTS (
            SELECT 1 FROM gates_decision d
            WHERE d.id = NEW.moved_by_id AND d.rollout_id = NEW.id
              AND d.from_stage = OLD.stage AND d.to_stage = NEW.stage
              -- A decision moves its rollout once: an earlier one is spent.
              AND d.id > coalesce(OLD.moved_by_id, 0)
        )) OR (OLD.moved_by_id IS NULL AND NEW.moved_by_id IS NULL
               AND NEW.claim_id IS DISTINCT FROM OLD.claim_id AND EXISTS (
            SELECT 1 FROM gates_claim c
            WHERE c.id = NEW.claim_id AND c.initiative_id = NEW.initiative_id
              AND c.stage = NEW.stage
        )) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A stage changes only with its decision or its claim.'
        USING ERRCODE = 'check_violation';
"""


class Claim(models.Model):
    """The word of an inventory that an initiative is already at a stage: file, row and words."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="claims")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    source = models.CharField(max_length=255)
    row = models.PositiveIntegerField()
    words = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gates_claim_beyond_intake", condition=Q(stage__in=CLAIMABLE)
            ),
        ]
        triggers = [pgtrigger.Protect(name="claim_stands", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"“{self.words}” in row {self.row} of {self.source}"


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def live(self) -> RolloutQuerySet:
        return self.exclude(stage__in=ENDED)

    def labelled(self, *keys: str) -> RolloutQuerySet:
        """Rollouts whose last judgement earned every one of these labels."""
        return self.filter(standing__labels__contains=keys)

    def proving(self, *, owned: bool) -> RolloutQuerySet:
        """Live rollouts that still owe proof of their claim, with or without an owner."""
        return self.labelled("claimed").filter(initiative__owner__isnull=not owned)

    def within(self, unit: int) -> RolloutQuerySet:
        """Rollouts of the unit with this id and of every unit below it."""
        path = BusinessUnit.objects.filter(pk=unit).values("path")[:1]
        return self.filter(initiative__unit__path__startswith=path)

    def visible_to(self, user: User) -> RolloutQuerySet:
        return self.filter(initiative__in=Initiative.objects.visible_to(user))


def gate_is_open(rollout: Any) -> bool:
    """The forward guard: the case in hand was judged under lock, nothing uncovered is open."""
    case, decision = rollout.case, rollout.decision_in_hand
    if case is None or decision is None:
        return False
    return case.permits(decision)


def decided(rollout: Any) -> bool:
    """The guard of every way back or out: a decision about this very rollout."""
    decision = rollout.decision_in_hand
    return decision is not None and decision.from_stage == rollout.stage


def is_claimed(rollout: Any) -> bool:
    return rollout.claim is not None and rollout.moved_by_id is None


class Rollout(models.Model):
    """One initiative's way through the stages. ``stage`` moves by its transitions alone.

    The transitions change nothing but ``stage`` and what records the move; services hold the
    lock, judge the case, save, and write the audit event.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="rollouts")
    playbook = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="rollouts")
    stage = FSMField(
        _("stage"), default=Stage.INTAKE, choices=Stage.choices, max_length=10, protected=True
    )
    stage_entered_at = models.DateTimeField()
    started_at = models.DateTimeField()
    claim = models.OneToOneField(
        Claim, null=True, on_delete=models.RESTRICT, related_name="rollout", editable=False
    )
    claim_ended_at = models.DateTimeField(null=True, editable=False)
    moved_by = models.OneToOneField(
        "gates.Decision", null=True, on_delete=models.RESTRICT, related_name="+", editable=False
    )

    objects = RolloutQuerySet.as_manager()

    # What the guards look at while a service holds the lock; never stored.
    case: Case | None = None
    decision_in_hand: Decision | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["initiative"],
                condition=~Q(stage__in=ENDED),
                name="gates_one_live_rollout",
            ),
            models.CheckConstraint(
                name="gates_rollout_stage_known", condition=Q(stage__in=Stage.values)
            ),
            models.CheckConstraint(
                name="gates_claim_ends_only_when_made",
                condition=Q(claim_ended_at__isnull=True) | Q(claim__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["stage"], name="gates_rollout_by_stage")]
        triggers = [
            pgtrigger.Trigger(
                name="stage_needs_claim",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=STAGE_NEEDS_CLAIM,
            ),
            pgtrigger.Trigger(
                name="stage_needs_record",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("stage"),
                condition=pgtrigger.Q(old__stage__df=pgtrigger.F("new__stage")),
                func=STAGE_NEEDS_RECORD,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference}: {self.get_stage_display()}"

    @property
    def live(self) -> bool:
        return self.stage not in ENDED

    @property
    def claimed(self) -> bool:
        """Placed by a claim that has not ended."""
        return self.claim_id is not None and self.claim_ended_at is None

    def _record(self) -> None:
        decision = self.decision_in_hand
        assert decision is not None
        self.moved_by = decision
        self.stage_entered_at = decision.decided_at

    @transition(stage, source=Stage.INTAKE, target=Stage.PILOT, conditions=[gate_is_open])
    @transition(stage, source=Stage.PILOT, target=Stage.READINESS, conditions=[gate_is_open])
    @transition(stage, source=Stage.READINESS, target=Stage.LIMITED, conditions=[gate_is_open])
    @transition(stage, source=Stage.LIMITED, target=Stage.SCALED, conditions=[gate_is_open])
    @transition(stage, source=Stage.SCALED, target=Stage.STEADY, conditions=[gate_is_open])
    def advance(self) -> None:
        """Through the gate, by the go or conditional go in hand."""
        self._record()

    @transition(
        stage,
        source=[*PATH[1:]],
        target=GET_STATE(lambda rollout: rollout.decision_in_hand.to_stage, states=[*PATH[:-1]]),
        conditions=[decided],
    )
    def return_to(self) -> None:
        """Back to the earlier stage that the decision names, or that a revoked go falls back to."""
        self._record()

    @transition(stage, source=[*PATH[:3]], target=Stage.STOPPED, conditions=[decided])
    def stop(self) -> None:
        """The end, decided before production."""
        self._record()

    @transition(stage, source=[*PATH[3:]], target=Stage.RETIRED, conditions=[decided])
    def retire(self) -> None:
        """The end, decided in production."""
        self._record()

    @transition(
        stage,
        source=[*PATH, *ENDED],
        target=GET_STATE(lambda rollout: rollout.claim.stage, states=[*CLAIMABLE]),
        conditions=[is_claimed],
    )
    def adopt(self) -> None:
        """Placed where a claim says it already is; every skipped gate is owed."""
        assert self.claim is not None
        self.stage_entered_at = self.claim.made_at


class Pause(models.Model):
    """An interval in which nothing moves, with its reason and the failure mode behind it."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="pauses")
    reason = models.TextField(_("reason"))
    cause = models.CharField(_("cause"), max_length=40)
    paused_at = models.DateTimeField()
    paused_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    resumed_at = models.DateTimeField(null=True)
    resumed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rollout"],
                condition=Q(resumed_at__isnull=True),
                name="gates_one_open_pause",
            ),
            models.CheckConstraint(
                name="gates_pause_resumed_paired",
                condition=Q(resumed_at__isnull=True, resumed_by__isnull=True)
                | Q(resumed_at__isnull=False, resumed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="gates_pause_ends_after_it_began",
                condition=Q(resumed_at__isnull=True) | Q(resumed_at__gte=F("paused_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rollout}: paused"
