"""Every change to the design assessment and the ladder."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from audit.words import day_words
from checklists.models import Check, CheckStatus, DesignAnswer
from initiatives.errors import Refused
from initiatives.evidence import verify_evidence
from initiatives.models import Evidence, Initiative
from initiatives.services import conclude, conclude_all, lock
from playbook.document import DesignQuestion, Document, MvpCheck


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says to one question of the design assessment, settled or still open."""

    question: DesignQuestion
    text: str
    settled: bool


@transaction.atomic
def answer_questions(
    *, initiative: Initiative, answers: Iterable[Answer], by: User, at: datetime
) -> list[DesignAnswer]:
    """Keep answers to questions of the design assessment, all of them or none.

    Raises Refused when an empty answer is marked settled.
    """
    stored = lock(initiative.pk)
    given = [replace(answer, text=answer.text.strip()) for answer in answers]
    if any(answer.settled and not answer.text for answer in given):
        raise Refused("Write the answer before you mark it settled.")
    kept = DesignAnswer.objects.bulk_create(
        [
            DesignAnswer(
                initiative=stored,
                question=answer.question.key,
                text=answer.text,
                settled=answer.settled,
                answered_by=by,
                answered_at=at,
            )
            for answer in given
        ],
        update_conflicts=True,
        unique_fields=["initiative", "question"],
        update_fields=["text", "settled", "answered_by", "answered_at"],
    )
    conclude_all(
        initiative=stored,
        verb="design.answered",
        said=[
            (
                f"{'Settled' if answer.settled else 'Still open'}: {answer.question.question}",
                {
                    "question": answer.question.key,
                    "text": answer.text,
                    "settled": answer.settled,
                },
            )
            for answer in given
        ],
        by=by,
        at=at,
    )
    return kept


def _check(initiative: Initiative, check: MvpCheck) -> Check:
    return Check.objects.filter(initiative=initiative, key=check.key).first() or Check(
        initiative=initiative, key=check.key
    )


def _save(check: Check, asked: MvpCheck, verb: str, summary: str, by: User, at: datetime) -> Check:
    check.save()
    conclude(
        initiative=check.initiative,
        verb=verb,
        summary=f"{asked.name}: {summary}",
        data={
            "check": check.key,
            "status": check.status,
            "assignee": check.assignee_id,
            "due": check.due,
            "solution": check.solution,
            "evidence": check.evidence_id,
            "valid_until": check.valid_until,
            "confirmed_by": check.confirmed_by_id,
            "renewal": check.renewal_id,
        },
        by=by,
        at=at,
    )
    return check


@transaction.atomic
def assign_check(
    *, initiative: Initiative, check: MvpCheck, assignee: User, by: User, at: datetime
) -> Check:
    """Name who answers for the check; how far it has come stays as it is."""
    row = _check(lock(initiative.pk), check)
    row.assignee = assignee
    if row.status == CheckStatus.UNASSIGNED:
        row.status = CheckStatus.ASSIGNED
    return _save(row, check, "check.assigned", f"{assignee} answers for it", by, at)


@transaction.atomic
def plan_check(
    *,
    initiative: Initiative,
    check: MvpCheck,
    assignee: User,
    solution: str,
    due: date,
    by: User,
    at: datetime,
) -> Check:
    """Say how the check will be met, by whom and by when. A met check stays met.

    Raises Refused without a solution path.
    """
    row = _check(lock(initiative.pk), check)
    if not solution.strip():
        raise Refused("Solution path: say how this will be met.")
    row.assignee, row.solution, row.due = assignee, solution.strip(), due
    if row.status != CheckStatus.MET:
        row.status = CheckStatus.PLANNED
    return _save(row, check, "check.planned", f"planned for {day_words(due)}", by, at)


@transaction.atomic
def meet_check(
    *,
    initiative: Initiative,
    check: MvpCheck,
    evidence: Evidence,
    days_valid: int | None,
    by: User,
    at: datetime,
) -> Check:
    """Say that the check is met and by which evidence; it counts once a second person saw that.

    A check that counts goes on counting by what it has until the new evidence is seen.
    ``days_valid`` is the shelf life from the playbook, counted from the day the evidence came.
    Raises Refused for evidence of another initiative, or evidence that has run out.
    """
    stored = lock(initiative.pk)
    if evidence.initiative_id != stored.pk:
        raise Refused("This evidence belongs to another initiative.")
    until = shelf_end(evidence, days_valid)
    if until is not None and until < at.date():
        raise Refused(f"This evidence counted until {day_words(until)}. Bring something fresher.")
    row = _check(stored, check)
    row.assignee = row.assignee or by
    seen_just_now = evidence.verified_at is not None and evidence.verified_at >= at
    counts = _counts(row, at.date())
    if counts and row.evidence_id == evidence.pk:
        return row
    if counts and not seen_just_now:
        row.renewal, row.renewal_until = evidence, until
        row.renewed_at, row.renewed_by = at, by
        summary = f"fresh evidence “{evidence.title}” waits to be seen"
        return _save(row, check, "check.renewed", summary, by, at)
    _forget_renewal(row)
    row.status, row.evidence, row.valid_until = CheckStatus.MET, evidence, until
    row.met_at, row.met_by, row.confirmed_at, row.confirmed_by = at, by, None, None
    return _save(row, check, "check.met", f"met, shown by “{evidence.title}”", by, at)


def _counts(row: Check, today: date) -> bool:
    """Whether it is met, seen and not lapsed."""
    fresh = row.valid_until is None or row.valid_until >= today
    return fresh and row.pk is not None and Check.objects.shown().filter(pk=row.pk).exists()


def _forget_renewal(row: Check) -> None:
    row.renewal = row.renewal_until = row.renewed_at = row.renewed_by = None


def _take_up(row: Check) -> None:
    """The renewal is what shows the check from now on."""
    row.evidence, row.valid_until = row.renewal, row.renewal_until
    row.met_at, row.met_by = row.renewed_at, row.renewed_by
    row.confirmed_at = row.confirmed_by = None
    _forget_renewal(row)


@transaction.atomic
def verify_proof(*, evidence: Evidence, document: Document, by: User, at: datetime) -> Evidence:
    """Verify evidence; the checks that it renews rest on it from now on.

    Raises Refused for whoever brought it.
    """
    verified = verify_evidence(evidence=evidence, by=by, at=at)
    fresh = Q(renewal_until__isnull=True) | Q(renewal_until__gte=at.date())
    renewed = Check.objects.filter(fresh, renewal=evidence).select_related("initiative", "renewal")
    for row in renewed.filter(key__in=[check.key for check in document.checks]):
        _take_up(row)
        summary = f"met, shown by “{verified.title}”"
        _save(row, document.check(row.key), "check.met", summary, by, at)
    return verified


@transaction.atomic
def confirm_check(*, initiative: Initiative, check: MvpCheck, by: User, at: datetime) -> Check:
    """A second person saw that evidence, verified before for something else, shows this check.

    Raises Refused for whoever brought the evidence or said that the check is met, and when it is
    not said to be met or its evidence is not verified.
    """
    row = _check(lock(initiative.pk), check)
    if row.status != CheckStatus.MET or row.newest is None:
        raise Refused("This check is not marked as met.")
    if by.pk in (row.newest.added_by_id, row.brought_by_id):
        raise Refused("A second person confirms it. You brought or chose this evidence.")
    if row.newest.verified_at is None:
        raise Refused("Verify the evidence first.")
    if row.renewal is not None:
        if row.renewal_until is not None and row.renewal_until < at.date():
            raise Refused(f"It counted until {day_words(row.renewal_until)}. Bring fresh evidence.")
        _take_up(row)
    assert row.evidence is not None
    row.confirmed_at, row.confirmed_by = at, by
    summary = f"confirmed, shown by “{row.evidence.title}”"
    return _save(row, check, "check.confirmed", summary, by, at)


@transaction.atomic
def reopen_check(
    *, initiative: Initiative, check: MvpCheck, reason: str, by: User, at: datetime
) -> Check:
    """Take back that the check is met: it falls to planned where there is a plan.

    Raises Refused without a reason, or when the check is not met.
    """
    row = _check(lock(initiative.pk), check)
    if row.status != CheckStatus.MET:
        raise Refused("This check is not marked as met.")
    if not reason.strip():
        raise Refused("Reason: say why it no longer holds.")
    planned = bool(row.solution and row.due)
    row.status = CheckStatus.PLANNED if planned else CheckStatus.ASSIGNED
    row.evidence = row.valid_until = None
    row.met_at = row.met_by = row.confirmed_at = row.confirmed_by = None
    _forget_renewal(row)
    return _save(row, check, "check.reopened", f"no longer met. {reason.strip()}", by, at)


def shelf_end(evidence: Evidence, days_valid: int | None) -> date | None:
    """The last day on which the evidence counts: its own, or the end of the shelf life."""
    ends = [evidence.valid_until] if evidence.valid_until else []
    if days_valid is not None:
        ends.append(evidence.added_at.date() + timedelta(days=days_valid))
    return min(ends, default=None)
