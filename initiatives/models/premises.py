"""What the pilot was spared, and what production is assumed to be like."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models.initiatives import Initiative


class Distance(models.TextChoices):
    UNKNOWN = "unknown", _("Not judged")
    NONE = "none", _("None: the pilot meets production's condition")
    NARROW = "narrow", _("Narrow: known, and closing")
    WIDE = "wide", _("Wide: production will be another thing")


class ConditionContrast(models.Model):
    """One of the playbook's six conditions: as the pilot has it, as production will have it."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="contrasts")
    condition = models.CharField(max_length=40)
    pilot = models.TextField(_("in the pilot"), blank=True)
    production = models.TextField(_("in production"), blank=True)
    distance = models.CharField(
        _("distance"), max_length=8, choices=Distance.choices, default=Distance.UNKNOWN
    )
    described_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    described_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "condition"], name="initiatives_contrast_once"
            ),
            models.CheckConstraint(
                name="initiatives_distance_between_two_things",
                condition=Q(distance=Distance.UNKNOWN) | ~Q(pilot="") & ~Q(production=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference} {self.condition}"


class AssumptionVerdict(models.TextChoices):
    UNTESTED = "untested", _("Untested")
    VALIDATED = "validated", _("Validated")
    REFUTED = "refuted", _("Refuted")


class AssumptionQuerySet(models.QuerySet["Assumption"]):
    def open(self) -> "AssumptionQuerySet":
        """Those on which production still rests."""
        return self.filter(withdrawn_at__isnull=True)

    def withdrawn(self) -> "AssumptionQuerySet":
        return self.filter(withdrawn_at__isnull=False)


class Assumption(models.Model):
    """Something that production rests on, how the pilot tests it, and what the pilot found.

    One that is not validated says what follows from that. One that is withdrawn counts no more,
    and still says who judged it.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="assumptions")
    text = models.CharField(_("assumption"), max_length=300)
    test = models.CharField(_("how the pilot tests it"), max_length=300, blank=True)
    settles = models.CharField(_("figure that settles it"), max_length=200, blank=True)
    verdict = models.CharField(
        _("verdict"),
        max_length=9,
        choices=AssumptionVerdict.choices,
        default=AssumptionVerdict.UNTESTED,
    )
    finding = models.TextField(_("what was found, and what follows"), blank=True)
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()
    judged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = AssumptionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="initiatives_assumption_judged_paired",
                condition=Q(judged_at__isnull=True, judged_by__isnull=True)
                | Q(judged_at__isnull=False, judged_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_assumption_withdrawn_paired",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_assumption_verdict_says_what_was_found",
                condition=Q(verdict=AssumptionVerdict.UNTESTED) | ~Q(finding=""),
            ),
            models.CheckConstraint(
                name="initiatives_assumption_says_something", condition=~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.text
