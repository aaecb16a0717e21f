"""Where domain events are sent to, and the ledger of their deliveries."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.models import Event

# Longer than a task may run (CELERY_TASK_TIME_LIMIT): whoever took the delivery is surely gone.
TAKEN_AGAIN_AFTER = timedelta(minutes=5)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def active(self) -> "EndpointQuerySet":
        return self.filter(ended_at__isnull=True, gave_up_at__isnull=True)


class Endpoint(models.Model):
    """An address that hears of events from the moment it was added.

    ``verbs`` names events, or kinds of them (``review`` for ``review.opened``); none means all.
    The signing secret is worked out from ``salt`` and the installation's key, and stored nowhere.
    ``swept_to`` is the moment up to which events were claimed for it, ``failing_since`` the first
    failure that no success followed. Somebody ends an endpoint; Clearway gives one up that failed
    for a whole day.
    """

    url = models.CharField(_("address"), max_length=500)
    salt = models.CharField(max_length=32)
    verbs = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    swept_to = models.DateTimeField()

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="webhooks_endpoint_ended_paired",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="webhooks_gave_up_after_failing",
                condition=Q(gave_up_at__isnull=True) | Q(failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """What the trail says of the address: the rest of it may be somebody's secret."""
        return urlsplit(self.url).hostname or ""

    @property
    def active(self) -> bool:
        return self.ended_at is None and self.gave_up_at is None

    @property
    def secret(self) -> str:
        """What both sides sign and check with, in hexadecimal."""
        return salted_hmac("webhooks.endpoint", self.salt, algorithm="sha256").hexdigest()


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def free(self, at: datetime) -> "DeliveryQuerySet":
        """Due, and in nobody's hands: never taken, or by somebody who is gone."""
        gone = Q(taken_at__lt=at - TAKEN_AGAIN_AFTER)
        return self.filter(
            Q(taken_at__isnull=True) | gone,
            state=DeliveryState.WAITING,
            next_at__lte=at,
            endpoint__ended_at__isnull=True,
            endpoint__gave_up_at__isnull=True,
        )

    def newest_first(self) -> "DeliveryQuerySet":
        return self.order_by("-pk")


class Delivery(models.Model):
    """One event on its way to one endpoint. ``status`` is the last answer's, ``said`` what it or
    the connection said."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    # Nothing is tied to the audit trail's own table, which is never deleted from.
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    claimed_at = models.DateTimeField()
    next_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    said = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            # However many sweeps run at once, an endpoint hears of an event by one delivery.
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhooks_delivered_once"),
            models.CheckConstraint(
                name="webhooks_delivered_has_its_moment",
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | ~Q(state=DeliveryState.DELIVERED) & Q(delivered_at__isnull=True),
            ),
            models.CheckConstraint(
                name="webhooks_next_after_claimed", condition=Q(next_at__gte=F("claimed_at"))
            ),
        ]
        indexes = [
            # A worker takes the next ones that are due by this index.
            models.Index(
                fields=["next_at"],
                name="webhooks_waiting",
                condition=Q(state=DeliveryState.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"
