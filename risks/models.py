"""Assessments of the seven failure modes. Each is kept; the latest of a mode is current."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


class Assessment(models.Model):
    """One judgement of one failure mode: figures, likelihood, impact, response, residual rating.

    ``likelihood`` and ``impact`` say how it stands now; the residual pair says how it will stand
    with the response in place. Ratings are worked out by the playbook's rules, never stored.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="assessments")
    mode = models.CharField(max_length=40)
    indicators = models.JSONField(default=dict, blank=True)
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
                    likelihood__range=(1, 5),
                    impact__range=(1, 5),
                    residual_likelihood__range=(1, 5),
                    residual_impact__range=(1, 5),
                ),
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
