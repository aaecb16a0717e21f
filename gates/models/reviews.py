"""Reviews at gates: the answers to exit criteria and the sign-offs."""

import pgtrigger
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Remit
from gates.models.delegations import Delegation
from gates.models.rollouts import Rollout
from initiatives.models import Evidence

GATES = (0, 1, 2, 3, 4)


class ReviewState(models.TextChoices):
    OPEN = "open", _("Open")
    SUBMITTED = "submitted", _("Submitted")
    DECIDED = "decided", _("Decided")
    WITHDRAWN = "withdrawn", _("Withdrawn")


UNDER_WAY = (ReviewState.OPEN, ReviewState.SUBMITTED)


class ReviewQuerySet(models.QuerySet["Review"]):
    def under_way(self) -> "ReviewQuerySet":
        return self.filter(state__in=UNDER_WAY)

    def awaiting_decision(self) -> "ReviewQuerySet":
        return self.filter(state=ReviewState.SUBMITTED)


class Review(models.Model):
    """One pass at one gate. ``due`` is the day by which it is to be decided.

    Nobody opened a review that Clearway opened when it took the gate back.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="reviews")
    gate = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ReviewState.choices, default=ReviewState.OPEN)
    due = models.DateField(_("due"))
    opened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    submitted_facts = models.JSONField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "gate"],
                condition=Q(state__in=UNDER_WAY),
                name="gates_one_open_review",
            ),
            models.CheckConstraint(name="gates_review_gate_known", condition=Q(gate__in=GATES)),
            models.CheckConstraint(
                name="gates_review_submitted_paired",
                condition=Q(
                    submitted_at__isnull=True,
                    submitted_by__isnull=True,
                    submitted_facts__isnull=True,
                )
                | Q(
                    submitted_at__isnull=False,
                    submitted_by__isnull=False,
                    submitted_facts__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="gates_review_state_matches_dates",
                condition=Q(state=ReviewState.OPEN, submitted_at__isnull=True)
                & Q(closed_at__isnull=True)
                | Q(state=ReviewState.SUBMITTED, submitted_at__isnull=False)
                & Q(closed_at__isnull=True)
                | Q(state=ReviewState.DECIDED, submitted_at__isnull=False)
                & Q(closed_at__isnull=False)
                | Q(state=ReviewState.WITHDRAWN, closed_at__isnull=False),
            ),
        ]
        indexes = [
            # The sweep for due and overdue reviews reads this index alone.
            models.Index(
                fields=["due"],
                name="gates_review_due",
                condition=Q(state__in=UNDER_WAY),
                include=["id", "rollout", "gate", "state"],
            ),
            # Who is to sign off or decide is told by this one.
            models.Index(
                fields=["submitted_at"],
                name="gates_review_submitted",
                condition=Q(state=ReviewState.SUBMITTED),
            ),
        ]

    def __str__(self) -> str:
        return f"Gate {self.gate} review of {self.rollout.initiative}"


class Verdict(models.TextChoices):
    MET = "met", _("Met")
    NOT_MET = "not_met", _("Not met")


class CriterionAnswer(models.Model):
    """A person's judgement of one exit criterion, kept from review to review.

    ``stands`` is false after a return: the answer prefills the form but counts for nothing until
    somebody confirms it.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="answers")
    criterion = models.CharField(max_length=60)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices)
    note = models.TextField(_("what was found"), blank=True)
    evidence = models.ForeignKey(
        Evidence, null=True, blank=True, on_delete=models.RESTRICT, related_name="answers"
    )
    valid_until = models.DateField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()
    stands = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "criterion"], name="gates_criterion_answer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.get_verdict_display()}"


class SignOffVerdict(models.TextChoices):
    SIGNED = "signed", _("Signed off")
    OBJECTED = "objected", _("Objected")


# The delegation is locked, so that nobody ends it in the same moment.
STANDS_IN_BY_RIGHT = """
    IF NEW.delegation_id IS NULL THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM gates_delegation d WHERE d.id = NEW.delegation_id FOR SHARE;
    IF NOT EXISTS (
        SELECT 1 FROM gates_delegation d
        WHERE d.id = NEW.delegation_id AND d.remit = NEW.remit
          AND d.delegate_to_id = NEW.given_by_id
          AND (NEW.given_at AT TIME ZONE 'UTC')::date BETWEEN d.first_day AND d.last_day
          AND (d.ended_at IS NULL OR d.ended_at >= NEW.given_at)
    ) THEN
        RAISE EXCEPTION 'A stand-in signs for their remit, on the days that were named.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class SignOffQuerySet(models.QuerySet["SignOff"]):
    def counting(self) -> "SignOffQuerySet":
        """All but what was said in the place of a reviewer who has spoken for themselves."""
        own = SignOff.objects.filter(
            review=OuterRef("review"),
            remit=OuterRef("remit"),
            given_by=OuterRef("delegation__delegate_from"),
            delegation__isnull=True,
        )
        return self.exclude(Exists(own))


class SignOff(models.Model):
    """What a reviewer said of a submitted review within one remit; each one's latest word counts.

    With a delegation it was said in the place of whoever made it. Saying anything anew forgets
    the answer to what was said before.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="sign_offs")
    remit = models.CharField(max_length=20, choices=Remit.choices)
    verdict = models.CharField(max_length=8, choices=SignOffVerdict.choices)
    note = models.TextField(_("remarks"), blank=True)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_offs")
    given_at = models.DateTimeField()
    delegation = models.ForeignKey(
        Delegation, null=True, on_delete=models.PROTECT, related_name="sign_offs"
    )
    answer = models.TextField(_("your answer"), blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = SignOffQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review", "remit", "given_by"], name="gates_sign_off_once_each"
            ),
            models.CheckConstraint(
                name="gates_objection_says_why",
                condition=Q(verdict=SignOffVerdict.SIGNED) | ~Q(note=""),
            ),
            models.CheckConstraint(
                name="gates_answer_paired",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="gates_answer_to_an_objection",
                condition=Q(answered_at__isnull=True, answer="")
                | Q(answered_at__isnull=False, verdict=SignOffVerdict.OBJECTED) & ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="gates_answer_by_another",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("given_by")),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="stands_in_by_right",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=STANDS_IN_BY_RIGHT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_remit_display()}: {self.get_verdict_display()}"

    @property
    def seat_id(self) -> int:
        """The reviewer whose voice it is, whoever gave it."""
        return self.delegation.delegate_from_id if self.delegation else self.given_by_id

    @property
    def whose_own(self) -> bool:
        """Whether the reviewer said it, and nobody in their place."""
        return self.delegation_id is None

    @property
    def who(self) -> str:
        if self.delegation:
            return f"{self.given_by} for {self.delegation.delegate_from}"
        return str(self.given_by)
