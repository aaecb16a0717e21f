"""The production-first design assessment and the Minimum Viable Production ladder."""

from django.db import models
from django.db.models import Q
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


class Check(models.Model):
    """One of the MVP checks of an initiative; no row means unassigned.

    *Lapsed* is not stored: a met check lapses on the day after ``valid_until``, the end of its
    evidence's shelf life.
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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["initiative", "key"], name="checklists_check_once"),
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
                condition=~Q(status=CheckStatus.MET) | Q(evidence__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative.reference} {self.key}"
