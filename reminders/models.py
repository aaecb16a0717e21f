"""The ledger of what was told to whom, and the demo's mailbox."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from accounts.models import User

# Longer than a task may run (CELERY_TASK_TIME_LIMIT): whoever took the mail is surely gone.
TAKEN_AGAIN_AFTER = timedelta(minutes=5)
# A claim that nobody could send for so long no longer says what is true; it is made anew.
STALE_AFTER = timedelta(days=1)


def stale(at: datetime) -> Q:
    """Claimed too long ago for its words to be true."""
    return Q(claimed_at__lt=at - STALE_AFTER)


class SendingQuerySet(models.QuerySet["Sending"]):
    def unsent(self) -> "SendingQuerySet":
        return self.filter(sent_at__isnull=True, refused="")

    def free(self, at: datetime) -> "SendingQuerySet":
        """To be sent, and in nobody's hands: never taken, or by somebody who is gone."""
        gone = Q(taken_at__lt=at - TAKEN_AGAIN_AFTER)
        return self.unsent().filter(Q(taken_at__isnull=True) | gone)

    def newest_first(self) -> "SendingQuerySet":
        return self.order_by("-claimed_at", "-pk")


class Sending(models.Model):
    """One reminder to one person about one thing that is due: claimed once, then sent.

    ``subject`` is the id of what is due (a review, a condition, a rollout, as ``rule`` says). The
    words are those of the moment of the claim.
    """

    rule = models.CharField(max_length=20)
    step = models.CharField(max_length=40)
    subject = models.BigIntegerField()
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reminders")
    due = models.DateField()
    title = models.CharField(max_length=250)
    text = models.TextField()
    path = models.CharField(max_length=200)
    claimed_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=300, blank=True)
    """What the mail server said when it refused the address for good."""

    objects = SendingQuerySet.as_manager()

    # The recipient's e-mail address, on sendings that ``services.take`` has taken.
    address: str

    class Meta:
        constraints = [
            # Nobody is told the same thing twice, however many sweeps run at once.
            models.UniqueConstraint(
                fields=["rule", "step", "subject", "recipient", "due"],
                name="reminders_told_once",
            ),
            models.CheckConstraint(
                name="reminders_sent_or_refused", condition=Q(sent_at__isnull=True) | Q(refused="")
            ),
            models.CheckConstraint(
                name="reminders_sent_after_taken",
                condition=Q(sent_at__isnull=True) | Q(taken_at__lte=F("sent_at")),
            ),
        ]
        indexes = [
            # A worker takes the next unsent ones by this index.
            models.Index(
                fields=["id"],
                name="reminders_unsent",
                condition=Q(sent_at__isnull=True, refused=""),
            ),
            # The page of what was sent, newest first.
            models.Index(fields=["-claimed_at", "-id"], name="reminders_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.title} to {self.recipient}"


class DemoMail(models.Model):
    """A mail that the demo kept instead of sending it."""

    sender = models.CharField(max_length=320)
    recipients = models.TextField()
    subject = models.CharField(max_length=998)
    body = models.TextField()
    kept_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-kept_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipients}"
