"""What no longer holds behind a passed gate, and what people say of a stall."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from gates.models.decisions import Decision, Passage
from gates.models.rollouts import Rollout


class SlipQuerySet(models.QuerySet["Slip"]):
    def under_way(self) -> "SlipQuerySet":
        """Of gates that are giving way: not put right, and the passage still counts."""
        return self.filter(ended_on__isnull=True, passage__void_since__isnull=True)

    def taken_back(self) -> "SlipQuerySet":
        """Of gates that were taken back and are still missed."""
        return self.filter(lapse__isnull=False, passage__in=Passage.objects.taken_back())


class Slip(models.Model):
    """A gate that was passed and whose ground gave way: what failed, from when to when.

    It ends when all holds again within the playbook's grace; after the grace the gate is taken
    back by ``lapse``, a decision that Clearway makes.
    """

    passage = models.ForeignKey(Passage, on_delete=models.CASCADE, related_name="slips")
    since = models.DateField()
    text = models.TextField()
    ended_on = models.DateField(null=True)
    lapse = models.OneToOneField(
        Decision, null=True, on_delete=models.RESTRICT, related_name="slip"
    )

    objects = SlipQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["passage"], condition=Q(ended_on__isnull=True), name="gates_one_open_slip"
            ),
            models.CheckConstraint(
                name="gates_slip_ends_after_it_began",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("since")),
            ),
            models.CheckConstraint(
                name="gates_slip_that_lapsed_is_over",
                condition=Q(lapse__isnull=True) | Q(ended_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class StallNoteQuerySet(models.QuerySet["StallNote"]):
    def latest_each(self) -> "StallNoteQuerySet":
        """Of every rollout the note that counts: its latest."""
        newer = StallNote.objects.filter(
            Q(noted_at__gt=OuterRef("noted_at"))
            | Q(noted_at=OuterRef("noted_at"), pk__gt=OuterRef("pk")),
            rollout=OuterRef("rollout"),
        )
        return self.filter(~Exists(newer))


class StallNote(models.Model):
    """What people say of a stall, and the failure mode behind it; the latest counts."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="stall_notes")
    words = models.TextField(_("the words given"))
    cause = models.CharField(_("cause"), max_length=40)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    objects = StallNoteQuerySet.as_manager()

    class Meta:
        ordering = ["-noted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="gates_stall_note_is_coded", condition=~Q(words="") & ~Q(cause="")
            ),
        ]

    def __str__(self) -> str:
        return self.words
