"""Where figures are fetched from without anybody's doing."""

from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from metrics.models.metrics import Metric


class FeedKind(models.TextChoices):
    PROMETHEUS = "prometheus", _("A Prometheus server, by a query")
    JSON = "json", _("A web address that answers with JSON")


class FeedQuerySet(models.QuerySet["Feed"]):
    def running(self) -> "FeedQuerySet":
        return self.filter(ended_at__isnull=True)


class Feed(models.Model):
    """An address that Clearway asks for a metric's figure again and again.

    ``query`` is PromQL for a Prometheus server, and for JSON the way to the number in the answer,
    as names and places joined by dots (``data.0.value``). ``said`` is what came of the last time
    of asking, empty after a figure.
    """

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="feeds")
    kind = models.CharField(_("what is asked"), max_length=10, choices=FeedKind.choices)
    url = models.URLField(_("address"), max_length=500)
    query = models.CharField(_("query, or way to the number"), max_length=1000)
    every_seconds = models.PositiveIntegerField(_("every so many seconds"), default=3600)
    next_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["metric"],
                condition=Q(ended_at__isnull=True),
                name="metrics_fetched_from_one_address",
            ),
            models.CheckConstraint(
                name="metrics_feed_asks_no_oftener", condition=Q(every_seconds__gte=5)
            ),
            models.CheckConstraint(
                name="metrics_feed_ended_paired",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        indexes = [
            # What the sweep asks for.
            models.Index(
                fields=["next_at"], name="metrics_feed_due", condition=Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.url}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url
