"""Assessments of the seven failure modes, and the source systems that one of them is about.

Each assessment is kept; the latest of a mode is current.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models import Initiative

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Response(models.TextChoices):
    NONE = "none", _("None")
    PLANNED = "planned", _("Planned")
    IN_PLACE = "in_place", _("In place")


def degree(label: StrOrPromise) -> models.PositiveSmallIntegerField:
    """From 1 (rare, slight) to 5 (almost certain, would end it)."""
    return models.PositiveSmallIntegerField(
        label, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def current(self) -> AssessmentQuerySet:
        return self.filter(superseded_at__isnull=True)

    def as_of(self, at: datetime) -> AssessmentQuerySet:
        """Those that were current at that moment."""
        later = Q(superseded_at__isnull=True) | Q(superseded_at__gt=at)
        return self.filter(later, assessed_at__lte=at)

    def judged_otherwise(self) -> AssessmentQuerySet:
        """Those whose degrees are not the ones that the figures called for."""
        return self.exclude(override_reason="")


class Assessment(models.Model):
    """One judgement of one failure mode: figures, likelihood, impact, response, residual rating.

    ``likelihood`` and ``impact`` say how it stands now; the inherent pair how it would with no
    response at all, the residual pair how it will with the response in place. The suggested pair
    is what the figures called for, and whoever judged otherwise said why. Ratings are worked out
    by the playbook's rules, never stored.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="assessments")
    mode = models.CharField(max_length=40)
    indicators = models.JSONField(default=dict, blank=True)
    suggested_likelihood = models.PositiveSmallIntegerField(null=True)
    suggested_impact = models.PositiveSmallIntegerField(null=True)
    override_reason = models.TextField(_("why it is judged otherwise"), blank=True)
    inherent_likelihood = degree(_("likelihood with no response"))
    inherent_impact = degree(_("impact with no response"))
    likelihood = degree(_("likelihood"))
    impact = degree(_("impact"))
    response = models.CharField(_("design response"), max_length=10, choices=Response.choices)
    response_text = models.TextField(_("what is done about it"), blank=True)
    residual_likelihood = degree(_("likelihood with the response in place"))
    residual_impact = degree(_("impact with the response in place"))
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reassess_by = models.DateField(_("reassess by"))
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["-assessed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "mode"],
                condition=Q(superseded_at__isnull=True),
                name="risks_one_current_assessment",
            ),
            models.CheckConstraint(
                name="risks_response_says_what",
                condition=Q(response=Response.NONE) | ~Q(response_text=""),
            ),
            models.CheckConstraint(
                name="risks_degrees_from_one_to_five",
                condition=Q(
                    inherent_likelihood__range=(1, 5),
                    inherent_impact__range=(1, 5),
                    likelihood__range=(1, 5),
                    impact__range=(1, 5),
                    residual_likelihood__range=(1, 5),
                    residual_impact__range=(1, 5),
                ),
            ),
            models.CheckConstraint(
                name="risks_current_not_above_inherent",
                condition=Q(
                    likelihood__lte=models.F("inherent_likelihood"),
                    impact__lte=models.F("inherent_impact"),
                ),
            ),
            models.CheckConstraint(
                name="risks_judged_otherwise_says_why",
                condition=~Q(override_reason="")
                | (
                    Q(suggested_likelihood__isnull=True)
                    | Q(suggested_likelihood=models.F("likelihood"))
                )
                & (Q(suggested_impact__isnull=True) | Q(suggested_impact=models.F("impact"))),
            ),
            models.CheckConstraint(
                name="risks_residual_not_above_current",
                condition=Q(
                    residual_likelihood__lte=models.F("likelihood"),
                    residual_impact__lte=models.F("impact"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference} {self.mode}"


class PilotConnection(models.TextChoices):
    BY_HAND = "by_hand", _("By hand: exports and uploads")
    WORKAROUND = "workaround", _("By a workaround")
    CONNECTED = "connected", _("Connected as production needs it")


class SourceSystemQuerySet(models.QuerySet["SourceSystem"]):
    def live(self) -> SourceSystemQuerySet:
        """Those that production needs."""
        return self.filter(removed_at__isnull=True)


class SourceSystem(models.Model):
    """A system that production reads from or writes to: how the pilot reaches it, and what it
    takes to connect it. ``latency_ms`` is the slowest answer that production can bear; ``months``
    is the effort that is left.

    ``hands`` are the ids of everybody who listed, changed or removed it. One that is removed is
    kept for them: what it said of the failure mode no longer counts, and whose doing that is does.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(_("system"), max_length=120)
    pilot_way = models.CharField(
        _("how the pilot connects"), max_length=10, choices=PilotConnection.choices
    )
    production_way = models.CharField(_("how production must"), max_length=200, blank=True)
    security = models.CharField(_("security and transformation"), max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField(
        _("latency it must keep, in ms"), null=True, blank=True
    )
    months = models.DecimalField(
        _("months of effort"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    in_scope = models.BooleanField(_("in scope"), null=True)
    in_budget = models.BooleanField(_("in budget"), null=True)
    listed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    listed_at = models.DateTimeField()
    hands = ArrayField(models.BigIntegerField(), default=list, editable=False)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = SourceSystemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "name"],
                condition=Q(removed_at__isnull=True),
                name="risks_source_system_listed_once",
            ),
            models.CheckConstraint(
                name="risks_source_removed_paired",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="risks_source_months_not_below_nothing",
                condition=Q(months__isnull=True) | Q(months__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def touched_by(self, person: int) -> None:
        """Note whose hands were on it."""
        self.hands = sorted({*self.hands, person})
