"""Who the system reaches, in which waves, who uses it, and what they say."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from initiatives.models import Initiative


class Exposure(models.Model):
    """How much of the intended population has access on one day, in the initiative's own unit."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="exposures")
    exposed = models.PositiveIntegerField(_("people or transactions with access"))
    counted_on = models.DateField(_("counted on"))
    note = models.CharField(_("how it was counted"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-counted_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "counted_on"], name="operations_exposure_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exposed} on {self.counted_on}"


class ReductionPlan(models.Model):
    """How and by when access comes back under its stage's bound. The newest one counts."""

    initiative = models.ForeignKey(
        Initiative, on_delete=models.CASCADE, related_name="reduction_plans"
    )
    text = models.CharField(_("how access comes down"), max_length=300)
    due = models.DateField(_("by"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="operations_reduction_says_how", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return self.text


class Wave(models.Model):
    """One step of a controlled rollout to everybody."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField(_("wave"))
    name = models.CharField(_("who it reaches"), max_length=120)
    starts = models.DateField(_("starts"))
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["initiative", "number"], name="operations_wave_once"),
            models.CheckConstraint(
                name="operations_wave_released_paired",
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Wave {self.number}: {self.name}"


class UserGroup(models.Model):
    """People of one kind: how many, how many really use it, and, where too few do, why and what
    is done about it."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="user_groups")
    wave = models.ForeignKey(
        Wave, null=True, blank=True, on_delete=models.SET_NULL, related_name="groups"
    )
    name = models.CharField(_("group"), max_length=120)
    people = models.PositiveIntegerField(_("people"))
    using = models.PositiveIntegerField(_("really using it"), null=True, blank=True)
    measured_on = models.DateField(_("measured on"), null=True, blank=True)
    measured_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    target_percent = models.PositiveSmallIntegerField(_("target, in %"), default=60)
    reason = models.TextField(_("why some do not use it"), blank=True)
    action = models.CharField(_("what is done about it"), max_length=300, blank=True)
    action_owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action_due = models.DateField(_("by"), null=True, blank=True)
    action_done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["initiative", "name"], name="operations_group_named_once"
            ),
            models.CheckConstraint(name="operations_group_has_people", condition=Q(people__gt=0)),
            models.CheckConstraint(
                name="operations_group_not_more_users_than_people",
                condition=Q(using__isnull=True) | Q(using__lte=F("people")),
            ),
            models.CheckConstraint(
                name="operations_group_use_dated",
                condition=Q(using__isnull=True, measured_on__isnull=True)
                | Q(using__isnull=False, measured_on__isnull=False),
            ),
            models.CheckConstraint(
                name="operations_group_action_owned_and_dated",
                condition=Q(action="") | Q(action_owner__isnull=False, action_due__isnull=False),
            ),
            models.CheckConstraint(
                name="operations_group_target_is_a_share",
                condition=Q(target_percent__range=(1, 100)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FeedbackItem(models.Model):
    """What users said, from which group, and what came of it."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="feedback")
    group = models.ForeignKey(
        UserGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="feedback"
    )
    text = models.TextField(_("what was said"))
    stage = models.CharField(max_length=10)
    received_on = models.DateField(_("received on"))
    logged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    logged_at = models.DateTimeField()
    outcome = models.TextField(_("what came of it"), blank=True)
    released = models.BooleanField(_("it changed the system"), default=False)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-received_on", "-pk"]
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(
                name="operations_feedback_closed_paired",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="operations_feedback_closed_says_what_came",
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""),
            ),
            models.CheckConstraint(
                name="operations_feedback_says_something", condition=~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
