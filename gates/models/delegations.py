"""Standing in: who gives a reviewer's voice while the reviewer is away."""

from datetime import date

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Grant, User
from accounts.roles import Remit, Role


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def counting(self) -> "DelegationQuerySet":
        """Not ended, between two who can sign in, from somebody who still holds the remit."""
        held = Grant.objects.filter(
            user=OuterRef("delegate_from"), role=Role.REVIEWER, remit=OuterRef("remit")
        )
        return self.filter(
            Exists(held),
            ended_at__isnull=True,
            delegate_from__is_active=True,
            delegate_to__is_active=True,
        )

    def on(self, day: date) -> "DelegationQuerySet":
        """Of these, the ones of the day."""
        return self.counting().filter(first_day__lte=day, last_day__gte=day)


class Delegation(models.Model):
    """From its first day to its last somebody may give the voice of a reviewer in one remit."""

    remit = models.CharField(_("for"), max_length=20, choices=Remit.choices)
    delegate_from = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="delegations_given"
    )
    delegate_to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_held")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-last_day", "pk"]
        constraints = [
            models.CheckConstraint(
                name="gates_delegation_to_another",
                condition=~Q(delegate_to=F("delegate_from")),
            ),
            models.CheckConstraint(
                name="gates_delegation_days_ordered",
                condition=Q(last_day__gte=F("first_day")),
            ),
            models.CheckConstraint(
                name="gates_delegation_ended_paired",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate_to} for {self.delegate_from}, {self.get_remit_display().lower()}"
