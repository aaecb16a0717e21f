"""What would end an initiative: agreed before its pilot, and hit or not."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models.initiatives import Initiative
from initiatives.models.owners import grants_nothing_to_the_owner


class KillCriterionQuerySet(models.QuerySet["KillCriterion"]):
    def hit(self) -> "KillCriterionQuerySet":
        """Those that happened and that nobody settled."""
        return self.filter(hit_at__isnull=False, settled_at__isnull=True)


class KillCriterion(models.Model):
    """Something that would end the initiative, and ``sign``: the figure or event that shows it.

    A hit stands until somebody settles it with a reason. When it is hit anew the history keeps
    the earlier hit; ``owner_then`` owned the initiative when it was hit, and does not settle it, no
    more than who owns it now. What is agreed is locked by the gates, which know whether Gate 0 is
    passed.
    """

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="kill_criteria"
    )
    text = models.CharField(_("what would end it"), max_length=300)
    sign = models.CharField(_("figure or event that shows it"), max_length=300)
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    hit_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    hit_at = models.DateTimeField(null=True)
    owner_then = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    hit_note = models.TextField(_("what happened"), blank=True)
    settled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_note = models.TextField(_("why it may go on"), blank=True)

    objects = KillCriterionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="initiatives_kill_criterion_says_something",
                condition=~Q(text="") & ~Q(sign=""),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_hit_paired",
                condition=Q(hit_at__isnull=True, hit_by__isnull=True)
                | Q(hit_at__isnull=False, hit_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_hit_says_what_happened",
                condition=Q(hit_at__isnull=True) | ~Q(hit_note=""),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_settled_paired",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_settled_says_why",
                condition=Q(settled_at__isnull=True) | ~Q(settled_note=""),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_settled_after_a_hit",
                condition=Q(settled_at__isnull=True) | Q(hit_at__lte=models.F("settled_at")),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_owner_of_a_hit",
                condition=Q(hit_at__isnull=False) | Q(owner_then__isnull=True),
            ),
            models.CheckConstraint(
                name="initiatives_kill_criterion_settler_did_not_own_it",
                condition=Q(settled_by__isnull=True)
                | Q(owner_then__isnull=True)
                | ~Q(settled_by=models.F("owner_then")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="kill_criterion_owner_settles_nothing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__settled_by__isnull=False),
                func=grants_nothing_to_the_owner("settled_by_id"),
            ),
            # A hit is answered by a decision or settled; it is never made not to have been.
            pgtrigger.Protect(
                name="kill_criterion_hit_stands",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__hit_at__isnull=False, new__hit_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def open_hit(self) -> bool:
        return self.hit_at is not None and self.settled_at is None
