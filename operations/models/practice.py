"""What keeps a system good once it runs: reviews, updates, improvements, capacity freed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models import Initiative


class PerformanceReview(models.Model):
    """A look at outcomes, adoption, quality and cost on one day, with what was decided."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="performance_reviews"
    )
    held_on = models.DateField(_("held on"))
    found = models.TextField(_("what was found"))
    decided = models.TextField(_("what was decided"), blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-held_on", "-pk"]

    def __str__(self) -> str:
        return f"Performance review of {self.held_on}"


class ModelUpdate(models.Model):
    """A change of model, prompt or threshold: why, how it was tested, and the way back."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="model_updates"
    )
    version = models.CharField(_("version"), max_length=120)
    updated_on = models.DateField(_("updated on"))
    reason = models.TextField(_("why"))
    tested = models.TextField(_("how it was tested"))
    way_back = models.CharField(_("the way back"), max_length=300)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_on", "-pk"]

    def __str__(self) -> str:
        return self.version


class Improvement(models.Model):
    """An item of the optimisation backlog; the lowest rank comes first."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="improvements"
    )
    text = models.CharField(_("improvement"), max_length=300)
    rank = models.PositiveSmallIntegerField(_("rank"))
    started_on = models.DateField(_("being worked on since"), null=True, blank=True)
    listed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    listed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(_("what came of it"), max_length=300, blank=True)

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.CheckConstraint(
                name="operations_improvement_closed_paired",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class CapacityOfferQuerySet(models.QuerySet["CapacityOffer"]):
    def still_open(self) -> "CapacityOfferQuerySet":
        """Neither taken nor taken back."""
        return self.filter(taken_by__isnull=True, ended_at__isnull=True)


class CapacityOffer(models.Model):
    """People freed from a running system, and the share of their time, for what waits at intake."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="capacity_offers"
    )
    people = models.PositiveSmallIntegerField(_("people"))
    share_percent = models.PositiveSmallIntegerField(_("share of their time, in %"))
    skills = models.CharField(_("what they can do"), max_length=200, blank=True)
    free_from = models.DateField(_("free from"))
    offered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        Initiative, null=True, blank=True, on_delete=models.SET_NULL, related_name="capacity_taken"
    )
    ended_at = models.DateTimeField(null=True)

    objects = CapacityOfferQuerySet.as_manager()

    class Meta:
        ordering = ["free_from", "pk"]
        constraints = [
            models.CheckConstraint(
                name="operations_capacity_is_somebody", condition=Q(people__gt=0)
            ),
            models.CheckConstraint(
                name="operations_capacity_is_a_share", condition=Q(share_percent__range=(1, 100))
            ),
            models.CheckConstraint(
                name="operations_capacity_goes_elsewhere",
                condition=Q(taken_by__isnull=True) | ~Q(taken_by=models.F("initiative")),
            ),
        ]

    def __str__(self) -> str:
        who = "1 person" if self.people == 1 else f"{self.people} people"
        return f"{who} at {self.share_percent} % of their time"
