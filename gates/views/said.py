"""What people said of a rollout so far: the rows behind a review's facts, a query for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import F

from accounts.models import Grant, User
from accounts.roles import Role
from checklists.models import Check, DesignAnswer
from gates.models import CriterionAnswer, Review, Rollout, SignOff
from playbook.facts import SignOffFact
from risks.models import Assessment


@dataclass
class Said:
    """Answers by the key of what they answer."""

    rollout: Rollout
    review: Review | None
    reader: User
    voices: Mapping[str, SignOffFact]
    """What was said in each remit, counts, and may be read by everybody."""

    @cached_property
    def answers(self) -> Mapping[str, CriterionAnswer]:
        rows = CriterionAnswer.objects.filter(rollout=self.rollout, stands=True).select_related(
            "answered_by", "evidence__added_by", "evidence__verified_by"
        )
        return {row.criterion: row for row in rows}

    @cached_property
    def design(self) -> Mapping[str, DesignAnswer]:
        rows = DesignAnswer.objects.filter(initiative=self.rollout.initiative_id)
        return {row.question: row for row in rows.select_related("answered_by")}

    @cached_property
    def checks(self) -> Mapping[str, Check]:
        rows = Check.objects.filter(initiative=self.rollout.initiative_id).select_related(
            "evidence__added_by", "evidence__verified_by"
        )
        return {row.key: row for row in rows}

    @cached_property
    def assessments(self) -> Mapping[str, Assessment]:
        rows = Assessment.objects.current().filter(initiative=self.rollout.initiative_id)
        return {row.mode: row for row in rows.select_related("assessed_by", "owner")}

    @cached_property
    def sign_offs(self) -> Mapping[str, list[SignOff]]:
        """By remit and as they weigh, what this reader may read of what was said."""
        found: dict[str, list[SignOff]] = {}
        if self.review is None:
            return found
        rows = self.review.sign_offs.select_related(
            "given_by", "answered_by", "delegation__delegate_from"
        )
        for row in rows.order_by("verdict", F("answered_at").asc(nulls_first=True), "given_at"):
            voice = self.voices.get(row.remit)
            read = {word.by.id for word in voice.all} if voice else set()
            if row.given_by_id in {*read, self.reader.pk}:
                found.setdefault(row.remit, []).append(row)
        return found

    @cached_property
    def reviewers(self) -> Mapping[str, list[User]]:
        """Who may sign for each remit, the owner and the submitter left out."""
        barred = {self.rollout.initiative.owner_id}
        if self.review is not None:
            barred.add(self.review.submitted_by_id)
        found: dict[str, list[User]] = {}
        grants = Grant.objects.filter(role=Role.REVIEWER, user__is_active=True)
        for grant in grants.select_related("user").order_by("user__name", "user_id"):
            if grant.user_id not in barred:
                found.setdefault(grant.remit, []).append(grant.user)
        return found
