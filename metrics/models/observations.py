"""What was measured, and what is kept added up of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from metrics.models.metrics import Metric


class Source(models.TextChoices):
    """How an observation came."""

    FORM = "form", _("Typed")
    PASTE = "paste", _("Pasted or from a file")
    API = "api", _("By the API")
    PULL = "pull", _("Asked of a monitoring system")


BY_HAND = (Source.FORM, Source.PASTE)


class ObservationQuerySet(models.QuerySet["Observation"]):
    def counting(self) -> "ObservationQuerySet":
        """Of each moment the observation that was recorded last."""
        return self.filter(corrected=False)


class Observation(models.Model):
    """One figure of one metric about the moment ``at``. It is never changed: a correction is
    another observation about the same moment, and the corrected one says that it is."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="observations")
    at = models.DateTimeField()
    value = models.FloatField()
    source = models.CharField(max_length=5, choices=Source.choices)
    key = models.CharField(max_length=80, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    corrected = models.BooleanField(default=False)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            # A metric's figures, latest moment first, corrected ones among them.
            models.Index(fields=["metric", "-at", "-id"], name="metrics_observation_latest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "at"],
                condition=Q(corrected=False),
                name="metrics_one_counting_figure",
            ),
            models.UniqueConstraint(
                fields=["metric", "key"], condition=~Q(key=""), name="metrics_observation_sent_once"
            ),
            models.CheckConstraint(
                name="metrics_observation_is_finite",
                condition=Q(value__gt=float("-inf"), value__lt=float("inf")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric}: {self.value:g}"


class Day(models.Model):
    """The counting figures of one metric on one day of the organisation's calendar, added up."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    count = models.PositiveIntegerField()
    total = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metric", "day"], name="metrics_day_once"),
            models.CheckConstraint(name="metrics_day_holds_a_figure", condition=Q(count__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.metric} on {self.day}"
