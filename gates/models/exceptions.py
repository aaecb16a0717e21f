"""Exceptions from judged criteria: asked for, approved by somebody else, and over on a day."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.models.decisions import Decision
from gates.models.rollouts import Rollout
from initiatives.models.owners import grants_nothing_to_the_owner


class Ending(models.TextChoices):
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ENDED = "ended", _("Ended early")


class ExceptionQuerySet(models.QuerySet["CriterionException"]):
    def open(self) -> ExceptionQuerySet:
        """Neither ended by somebody nor voided by a return; they may have expired."""
        return self.filter(ended_at__isnull=True, voided_by__isnull=True)

    def approved(self) -> ExceptionQuerySet:
        return self.open().filter(approved_at__isnull=False)

    def waiting(self, *, on: date) -> ExceptionQuerySet:
        """Asked for, and neither approved, refused, withdrawn nor past its day."""
        return self.open().filter(approved_at__isnull=True, expires__gte=on)

    def in_force(self, *, on: date) -> ExceptionQuerySet:
        return self.approved().filter(expires__gte=on)


class CriterionException(models.Model):
    """That one criterion need not hold until ``expires``, and why; its last day counts.

    It counts once somebody approved it who did not ask for it, and who owns the initiative neither
    now nor did when it was asked for (``owner_then``). A return to before its gate voids
    it by ``voided_by``.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="exceptions")
    criterion = models.CharField(max_length=60)
    reason = models.TextField(_("why"))
    expires = models.DateField(_("until"))
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    owner_then = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=9, choices=Ending.choices, blank=True)
    remarks = models.TextField(_("remarks"), blank=True)
    voided_by = models.ForeignKey(Decision, null=True, on_delete=models.RESTRICT, related_name="+")

    objects = ExceptionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="gates_exception_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="gates_exception_approved_paired",
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="gates_exception_approver_did_not_ask",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="gates_exception_approver_did_not_own_it",
                condition=Q(approved_by__isnull=True)
                | Q(owner_then__isnull=True)
                | ~Q(approved_by=F("owner_then")),
            ),
            models.CheckConstraint(
                name="gates_exception_ended_paired",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="gates_exception_ends_as_it_stood",
                condition=Q(ended_at__isnull=True, ending="")
                | Q(
                    ended_at__isnull=False,
                    approved_at__isnull=True,
                    ending__in=(Ending.REFUSED, Ending.WITHDRAWN),
                )
                | Q(ended_at__isnull=False, approved_at__isnull=False, ending=Ending.ENDED),
            ),
            models.UniqueConstraint(
                fields=["rollout", "criterion"],
                condition=Q(
                    approved_at__isnull=True, ended_at__isnull=True, voided_by__isnull=True
                ),
                name="gates_one_exception_asked_at_a_time",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="exception_owner_approves_nothing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__approved_by__isnull=False),
                func=grants_nothing_to_the_owner(
                    "approved_by_id",
                    "SELECT r.initiative_id FROM gates_rollout r WHERE r.id = NEW.rollout_id",
                ),
            ),
        ]
        indexes = [
            # The list of exceptions across the portfolio, the one that expires next in front.
            models.Index(
                fields=["expires"],
                name="gates_exception_open",
                condition=Q(ended_at__isnull=True, voided_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} until {self.expires}"

    def state_on(self, day: date) -> str:
        """asked, approved, expired, refused, withdrawn, ended or voided."""
        if self.ending:
            return self.ending
        if self.voided_by_id is not None:
            return "voided"
        if self.expires < day:
            return "expired"
        return "asked" if self.approved_at is None else "approved"
