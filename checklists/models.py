"""The production-first design assessment and the Minimum Viable Production ladder."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models import Evidence, Initiative


class DesignAnswer(models.Model):
    """The answer to one question of the design assessment, settled or still open."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="design_answers"
    )
    question = models.CharField(max_length=60)
    text = models.TextField(_("answer"), blank=True)
    settled = models.BooleanField(_("settled"), default=False)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "question"], name="checklists_design_answer_once"
            ),
            models.CheckConstraint(
                name="checklists_design_settled_says_something",
                condition=Q(settled=False) | ~Q(text=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference} {self.question}"


class CheckStatus(models.TextChoices):
    UNASSIGNED = "unassigned", _("Unassigned")
    ASSIGNED = "assigned", _("Assigned")
    PLANNED = "planned", _("Planned")
    MET = "met", _("Met")


# A second person saw that the evidence shows the check.
SEEN = Q(evidence__verified_at__isnull=False) & (
    Q(confirmed_at__isnull=False) | Q(evidence__verified_at__gte=F("met_at"))
)


class CheckQuerySet(models.QuerySet["Check"]):
    def shown(self) -> "CheckQuerySet":
        """Met, and seen by a second person to be so."""
        return self.filter(SEEN, status=CheckStatus.MET)


class Check(models.Model):
    """One of the MVP checks of an initiative; no row means unassigned.

    A check that is said to be met counts once a second person saw that its evidence shows it:
    by verifying the evidence after it was brought for this check, or, where the evidence had been
    verified before, by confirming that it shows this too.

    *Lapsed* is not stored: a met check lapses on the day after ``valid_until``, the end of its
    evidence's shelf life. Fresh evidence for a check that counts is a ``renewal``: it takes the
    place of what is there once a second person saw it, and not a moment before.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="checks")
    key = models.CharField(max_length=60)
    status = models.CharField(
        max_length=10, choices=CheckStatus.choices, default=CheckStatus.UNASSIGNED
    )
    assignee = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="assigned_checks"
    )
    solution = models.TextField(_("solution path"), blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    evidence = models.ForeignKey(
        Evidence, null=True, blank=True, on_delete=models.RESTRICT, related_name="checks"
    )
    valid_until = models.DateField(null=True, editable=False)
    met_at = models.DateTimeField(null=True, editable=False)
    met_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    renewal = models.ForeignKey(
        Evidence, null=True, editable=False, on_delete=models.RESTRICT, related_name="renews"
    )
    renewal_until = models.DateField(null=True, editable=False)
    renewed_at = models.DateTimeField(null=True, editable=False)
    renewed_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = CheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["initiative", "key"], name="checklists_check_once"),
            models.CheckConstraint(
                name="checklists_check_met_paired",
                condition=Q(met_at__isnull=True, met_by__isnull=True)
                | Q(met_at__isnull=False, met_by__isnull=False),
            ),
            models.CheckConstraint(
                name="checklists_check_confirmed_paired",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="checklists_check_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("met_by")),
            ),
            models.CheckConstraint(
                name="checklists_check_renewed_paired",
                condition=Q(renewal__isnull=True, renewed_at__isnull=True, renewed_by__isnull=True)
                | Q(renewal__isnull=False, renewed_at__isnull=False, renewed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="checklists_check_renewed_while_met",
                condition=Q(renewal__isnull=True, renewal_until__isnull=True)
                | Q(status=CheckStatus.MET),
            ),
            models.CheckConstraint(
                name="checklists_check_assigned_to_somebody",
                condition=Q(status=CheckStatus.UNASSIGNED, assignee__isnull=True)
                | ~Q(status=CheckStatus.UNASSIGNED) & Q(assignee__isnull=False),
            ),
            models.CheckConstraint(
                name="checklists_check_planned_with_path_and_date",
                condition=~Q(status=CheckStatus.PLANNED) | ~Q(solution="") & Q(due__isnull=False),
            ),
            models.CheckConstraint(
                name="checklists_check_met_with_evidence",
                condition=~Q(status=CheckStatus.MET)
                | Q(evidence__isnull=False, met_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference} {self.key}"

    @property
    def newest(self) -> Evidence | None:
        """The evidence brought for it last, which a second person may still have to see."""
        return self.renewal or self.evidence

    @property
    def brought_at(self) -> datetime | None:
        """When the newest evidence was brought for it."""
        return self.renewed_at or self.met_at

    @property
    def brought_by_id(self) -> int | None:
        """Who brought the newest evidence for it."""
        return self.renewed_by_id or self.met_by_id
