"""What an initiative measures: where it stood before, where it must get to, where it is.

What counts, and by whose clock, is said in docs/measuring.md.
"""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models import Initiative


class MetricKind(models.TextChoices):
    BUSINESS = "business", _("Business outcome")
    ADOPTION = "adoption", _("Adoption: who really uses it")
    LATENCY = "latency", _("Latency: how long an answer takes")
    RELIABILITY = "reliability", _("Reliability: how often it is there")
    QUALITY = "quality", _("Output quality")
    DATA_QUALITY = "data_quality", _("Data quality")
    COST = "cost", _("Running cost")
    MODEL = "model", _("The model's own performance")


class Direction(models.TextChoices):
    UP = "up", _("Higher is better")
    DOWN = "down", _("Lower is better")


class Cadence(models.TextChoices):
    """How often a figure is expected."""

    DAY = "day", _("Every day")
    WEEK = "week", _("Every week")
    MONTH = "month", _("Every month")
    QUARTER = "quarter", _("Every quarter")


CADENCE_DAYS = {Cadence.DAY: 1, Cadence.WEEK: 7, Cadence.MONTH: 31, Cadence.QUARTER: 92}


class MetricQuerySet(models.QuerySet["Metric"]):
    def live(self) -> "MetricQuerySet":
        """Those that are measured, or are to be."""
        return self.filter(ended_at__isnull=True)

    def ended(self) -> "MetricQuerySet":
        """Those that will not be measured, with who said so."""
        return self.filter(ended_at__isnull=False).select_related("ended_by")


class Metric(models.Model):
    """A figure that says whether the initiative works. A model's own metric makes no case alone.

    ``measured_by`` says what records it; empty while nothing does. ``latest`` and ``latest_at``
    repeat the counting observation of the latest moment. ``hands`` are the ids of everybody who
    set it, recorded a figure of it or ended it, whatever became of that: they decide nothing that
    it tells. One that ended takes no figures, is judged no more, and stays to be read.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="metrics")
    name = models.CharField(_("metric"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=MetricKind.choices)
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    direction = models.CharField(_("direction"), max_length=4, choices=Direction.choices)
    baseline = models.FloatField(_("baseline"), null=True, blank=True)
    baseline_on = models.DateField(_("baseline measured on"), null=True, blank=True)
    target = models.FloatField(_("target"), null=True, blank=True)
    target_by = models.DateField(_("target to be reached by"), null=True, blank=True)
    measured_by = models.CharField(_("what records it"), max_length=200, blank=True)
    cadence = models.CharField(
        _("how often"), max_length=8, choices=Cadence.choices, default=Cadence.WEEK
    )
    latest = models.FloatField(_("latest figure"), null=True, editable=False)
    latest_at = models.DateTimeField(_("measured at"), null=True, editable=False)
    hands = ArrayField(models.BigIntegerField(), default=list, editable=False)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, editable=False)
    why_ended = models.CharField(max_length=300, blank=True, editable=False)

    objects = MetricQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "name"],
                condition=Q(ended_at__isnull=True),
                name="metrics_metric_once",
            ),
            models.CheckConstraint(
                name="metrics_metric_ended_paired",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, why_ended="")
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(why_ended=""),
            ),
            *(
                models.CheckConstraint(
                    name=f"metrics_{figure}_dated",
                    condition=Q((f"{figure}__isnull", True), (f"{day}__isnull", True))
                    | Q((f"{figure}__isnull", False), (f"{day}__isnull", False)),
                )
                for figure, day in (("baseline", "baseline_on"), ("latest", "latest_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lacks(self) -> tuple[str, ...]:
        """What keeps it from counting as a business metric; for another, what it speaks of."""
        if self.kind == MetricKind.MODEL:
            return ("it speaks of the model, not of the business",)
        if self.kind != MetricKind.BUSINESS:
            return ("it speaks of how the system runs, not of the business",)
        return tuple(
            f"no {figure}" for figure in ("baseline", "target") if getattr(self, figure) is None
        )

    @property
    def counts(self) -> bool:
        """Whether it can carry a business case."""
        return not self.lacks

    @property
    def aims_lower(self) -> bool:
        """Whether the target is worse than where it stood before."""
        return self.target is not None and self._worse(self.target, self.baseline)

    @property
    def reached(self) -> bool | None:
        """Whether the latest figure keeps the target; None while either is unknown."""
        if self.latest is None or self.target is None:
            return None
        return not self._worse(self.latest, self.target)

    def _worse(self, figure: float, than: float | None) -> bool:
        if than is None:
            return False
        return figure > than if self.direction == Direction.DOWN else figure < than

    @property
    def expected_by(self) -> datetime | None:
        """When the next figure is due; None before the first."""
        if self.latest_at is None:
            return None
        return self.latest_at + timedelta(days=CADENCE_DAYS[Cadence(self.cadence)])

    def touched_by(self, *people: int) -> None:
        """Note whose hands were on it."""
        self.hands = sorted({*self.hands, *people})
