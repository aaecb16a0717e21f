"""Opening, answering, submitting, withdrawing and signing off reviews."""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from audit.words import day_words
from checklists.services import shelf_end
from gates.case import Case, case_of
from gates.models import (
    CriterionAnswer,
    Decision,
    Outcome,
    Review,
    ReviewState,
    Rollout,
    SignOff,
)
from gates.models.reviews import SignOffVerdict, Verdict
from gates.models.rollouts import ENDED
from gates.permissions import OWN_WORK, may_sign_off, signs_for_own_work
from gates.services.sign_offs import delegation_for, told_of, voices_in
from initiatives.errors import Refused
from initiatives.models import Evidence
from initiatives.services import conclude, lock
from playbook.document import Criterion
from playbook.voices import takes_several


@transaction.atomic
def open_review(*, rollout: Rollout, by: User, at: datetime, due: date | None = None) -> Review:
    """Begin a pass at the gate that is to be judged next.

    Without a date it is due after the playbook's ``review_days``, and never before the day until
    which the gate is held. Raises Refused when a review is
    under way, no gate is ahead, or the date has passed.
    """
    initiative = lock(rollout.initiative_id)
    case = case_of(rollout, at=at)
    if case.facts.gate is None:
        raise Refused("No gate lies ahead of this initiative.")
    if case.facts.review is not None:
        raise Refused(f"A review of Gate {case.facts.gate} is under way already.")
    if due is not None and due < at.date():
        raise Refused("Due: choose today or a later day.")
    review = Review.objects.create(
        rollout=rollout,
        gate=case.facts.gate,
        due=due or first_due(rollout, case, at.date()),
        opened_by=by,
        opened_at=at,
    )
    conclude(
        initiative=initiative,
        verb="review.opened",
        summary=f"Gate {review.gate} review opened, due {day_words(review.due)}",
        data={"review": review.pk, "gate": review.gate, "due": review.due},
        by=by,
        at=at,
    )
    return review


def first_due(rollout: Rollout, case: Case, today: date) -> date:
    """The day by which a review that is opened today is to be decided, unless another is named."""
    due = today + timedelta(days=case.document.review_days)
    holds = Decision.objects.filter(
        rollout=rollout,
        gate=case.facts.gate,
        outcome=Outcome.HOLD,
        decided_at__gte=rollout.stage_entered_at,
    )
    held = holds.order_by("-pk").values_list("hold_until", flat=True).first()
    return max(due, held) if held else due


def _under_lock(review: Review) -> Review:
    lock(review.rollout.initiative_id)
    return Review.objects.select_related("rollout__initiative").get(pk=review.pk)


@transaction.atomic
def answer_criterion(
    *,
    rollout: Rollout,
    criterion: Criterion,
    verdict: str,
    note: str,
    evidence: Evidence | None,
    days_valid: int | None,
    by: User,
    at: datetime,
) -> CriterionAnswer:
    """Judge one exit criterion. *Met* needs evidence, which counts for ``days_valid`` days.

    Raises Refused for a criterion that metrics compute, when *met* is said without evidence or
    with evidence that ran out or belongs to another initiative, or when the rollout is over.
    """
    initiative = lock(rollout.initiative_id)
    if criterion.computed:
        raise Refused(f"{criterion.name}: metrics tell whether it is met. Record their figures.")
    if Rollout.objects.filter(pk=rollout.pk, stage__in=ENDED).exists():
        raise Refused("This rollout is over; its criteria are no longer judged.")
    if evidence is not None and evidence.initiative_id != initiative.pk:
        raise Refused("This evidence belongs to another initiative.")
    if verdict == Verdict.MET and evidence is None:
        raise Refused("Evidence: attach what shows that the criterion is met.")
    until = shelf_end(evidence, days_valid) if evidence else None
    if verdict == Verdict.MET and until is not None and until < at.date():
        raise Refused(f"This evidence counted until {day_words(until)}. Bring something fresher.")
    answer, _created = CriterionAnswer.objects.update_or_create(
        rollout=rollout,
        criterion=criterion.key,
        defaults={
            "verdict": verdict,
            "note": note.strip(),
            "evidence": evidence,
            "valid_until": until,
            "answered_by": by,
            "answered_at": at,
            "stands": True,
        },
    )
    conclude(
        initiative=initiative,
        verb="criterion.answered",
        summary=f"{criterion.name}: {answer.get_verdict_display().lower()}",
        data={
            "criterion": criterion.key,
            "verdict": verdict,
            "note": answer.note,
            "evidence": evidence.pk if evidence else None,
            "valid_until": until,
        },
        by=by,
        at=at,
    )
    return answer


@transaction.atomic
def submit_review(*, review: Review, by: User, at: datetime) -> Review:
    """Hand the review to the reviewers and the decider.

    Raises Refused with every blocker that no condition could cover; what a condition may cover
    is left to the decider.
    """
    stored = _under_lock(review)
    if stored.state != ReviewState.OPEN:
        raise Refused(f"This review is {stored.get_state_display().lower()} already.")
    case = case_of(stored.rollout, at=at)
    if case.facts.review is None or case.facts.review.id != stored.pk:
        raise Refused("The initiative is at another gate now. Withdraw this review.")
    reasons = [
        f"{finding.title}: {finding.text} {finding.fix}".strip()
        for finding in case.evaluation.to_submit
    ]
    if reasons:
        raise Refused(reasons)
    stored.state = ReviewState.SUBMITTED
    stored.submitted_by, stored.submitted_at = by, at
    stored.submitted_facts = case.seen
    stored.save(update_fields=["state", "submitted_by", "submitted_at", "submitted_facts"])
    conclude(
        initiative=stored.rollout.initiative,
        verb="review.submitted",
        summary=f"Gate {stored.gate} review submitted",
        data={"review": stored.pk, "gate": stored.gate, "facts": case.digest},
        by=by,
        at=at,
    )
    return stored


@transaction.atomic
def withdraw_review(*, review: Review, by: User, at: datetime) -> Review:
    """Take the review back; answers and evidence stay for the next one.

    Raises Refused when it is closed.
    """
    stored = _under_lock(review)
    if stored.state not in (ReviewState.OPEN, ReviewState.SUBMITTED):
        raise Refused(f"This review is {stored.get_state_display().lower()} already.")
    stored.state, stored.closed_at = ReviewState.WITHDRAWN, at
    stored.save(update_fields=["state", "closed_at"])
    conclude(
        initiative=stored.rollout.initiative,
        verb="review.withdrawn",
        summary=f"Gate {stored.gate} review withdrawn",
        data={"review": stored.pk, "gate": stored.gate},
        by=by,
        at=at,
    )
    return stored


@transaction.atomic
def sign_off(
    *, review: Review, remit: str, verdict: str, note: str, by: User, at: datetime
) -> SignOff:
    """Sign off or object within a remit; saying it anew replaces what one said before, with
    whatever it was answered.

    Whoever does not hold the remit says it for somebody whom they stand in for that day. Raises
    NotAllowed outside one's remits, and Refused for one's own work, a review that is not
    submitted, a remit that the gate does not ask, or an objection without words.
    """
    stored = _under_lock(review)
    initiative = stored.rollout.initiative
    case = case_of(stored.rollout, at=at)
    delegation = None
    if not may_sign_off(by, remit):
        delegation = delegation_for(review=stored, remit=remit, by=by, case=case, at=at)
    if signs_for_own_work(by, case):
        raise Refused(str(OWN_WORK))
    if stored.state != ReviewState.SUBMITTED:
        raise Refused("A review is signed off after it is submitted and before it is decided.")
    document = stored.rollout.playbook.parsed
    if remit not in document.remits_for(stored.gate, initiative.impact_class):
        raise Refused("This gate does not ask for this remit.")
    if verdict == SignOffVerdict.OBJECTED and not note.strip():
        raise Refused("Remarks: say what you object to and what would answer it.")
    given, _created = SignOff.objects.update_or_create(
        review=stored,
        remit=remit,
        given_by=by,
        defaults={
            "verdict": verdict,
            "note": note.strip(),
            "given_at": at,
            "delegation": delegation,
            "answer": "",
            "answered_by": None,
            "answered_at": None,
        },
    )
    voices = voices_in(stored, remit) if takes_several(document.remit(remit)) else None
    verb, said = told_of(given, voices=voices)
    stands_for = delegation.delegate_from if delegation else None
    conclude(
        initiative=initiative,
        verb=verb,
        summary=f"Gate {stored.gate}, {given.get_remit_display().lower()}: {said}"
        + (f", for {stands_for}" if stands_for else ""),
        data={
            "review": stored.pk,
            "remit": remit,
            "verdict": verdict,
            "note": given.note,
            "stood_for": stands_for.pk if stands_for else None,
            "voices": voices,
        },
        by=by,
        at=at,
    )
    return given
