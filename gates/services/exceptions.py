"""Exceptions from judged criteria: asked for by who works on it, approved by somebody else."""

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from audit.words import day_words
from gates.agreed import criterion_name
from gates.case import Case, case_of
from gates.models import CriterionAnswer, CriterionException, Decision, Rollout
from gates.models.exceptions import Ending
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative
from initiatives.permissions import may_oversee
from initiatives.services import conclude, lock
from playbook.document import Criterion
from playbook.evaluate import criterion_finding
from playbook.exceptions import judged_by_people


def bounds(case: Case) -> tuple[int, int]:
    """The longest days of an exception, and how many may count at a time; 0 allows none."""
    rules = case.document.exceptions
    return (rules.max_days, rules.max_open) if rules else (0, 0)


def may_be_excepted(case: Case, key: str) -> Criterion | None:
    """The criterion, where a gate asks it of the rollout by now and people judge it; else None."""
    asked = {
        criterion.key: criterion
        for gate in case.document.gates
        if case.facts.gate is None or gate.number <= case.facts.gate or gate.number in case.passed
        for criterion in case.document.criteria_for(gate.number, case.facts.impact_class)
        if judged_by_people(criterion)
    }
    return asked.get(key)


def against(case: Case, key: str) -> str:
    """Why no exception from this criterion is possible on these facts; empty when one is."""
    criterion, (_days, most) = may_be_excepted(case, key), bounds(case)
    if criterion is None:
        return (
            "Only an exit criterion that people judge, and that a gate asks by now, can be "
            "excepted. MVP checks and what figures compute never are."
        )
    if not most:
        return "The playbook allows no exception."
    exception = case.facts.exceptions.get(key)
    if exception is not None and exception.counts_on(case.facts.today):
        return f"It is excepted until {day_words(exception.expires)} already."
    if not criterion_finding(criterion, case.facts).blocks:
        return "It is met, so it needs no exception."
    counting = sum(e.counts_on(case.facts.today) for e in case.facts.exceptions.values())
    if counting >= most:
        return (
            f"{counting} exceptions count at this rollout, and the playbook allows {most} at a "
            "time. Meet one of those criteria first."
        )
    return ""


@transaction.atomic
def ask_exception(
    *, rollout: Rollout, key: str, reason: str, expires: date, by: User, at: datetime
) -> CriterionException:
    """Ask that a criterion need not hold until a day. It counts once somebody else approved it.

    Raises Refused with every reason why it cannot be asked.
    """
    initiative = lock(rollout.initiative_id)
    stored = _live(rollout)
    case = case_of(stored, at=at)
    longest = at.date() + timedelta(days=bounds(case)[0])
    reasons = [reason for reason in [against(case, key)] if reason]
    if stored.exceptions.waiting(on=at.date()).filter(criterion=key).exists():
        reasons.append("An exception from it waits for approval already.")
    if not reason.strip():
        reasons.append("Why: say what stands in the way, and why it may wait.")
    if not at.date() < expires <= longest and not reasons:
        reasons.append(f"Until: choose a day after today, at the latest {day_words(longest)}.")
    if reasons:
        raise Refused(reasons)
    _give_up(stored, key, by, at)
    asked = CriterionException.objects.create(
        rollout=stored,
        criterion=key,
        reason=reason.strip(),
        expires=expires,
        asked_by=by,
        asked_at=at,
        owner_then_id=initiative.owner_id,
    )
    _conclude(initiative, case, asked, "asked", f"Exception asked: {asked.reason}", by, at)
    return asked


def _give_up(rollout: Rollout, key: str, by: User, at: datetime) -> None:
    """A request that nobody answered in its time makes way for the next."""
    rollout.exceptions.open().filter(criterion=key, approved_at__isnull=True).update(
        ended_at=at, ended_by=by, ending=Ending.WITHDRAWN
    )


@transaction.atomic
def approve_exception(
    *, exception: CriterionException, note: str, by: User, at: datetime
) -> CriterionException:
    """Let the exception count until its day.

    Raises NotAllowed for the owner, now or then, whoever asked, and whoever judged the criterion
    or brought its evidence; Refused when nothing is there to be approved or the playbook's bounds
    are reached.
    """
    initiative = lock(exception.rollout.initiative_id)
    stored = _waiting(exception, at)
    _only_others(initiative, stored, by)
    case = case_of(_live(stored.rollout), at=at)
    if reason := against(case, stored.criterion):
        raise Refused(reason)
    stored.approved_by, stored.approved_at = by, at
    stored.remarks = note.strip()
    stored.save(update_fields=["approved_by", "approved_at", "remarks"])
    said = f"Exception approved until {day_words(stored.expires)}. {stored.remarks}".strip()
    _conclude(initiative, case, stored, "approved", said, by, at)
    return stored


@transaction.atomic
def refuse_exception(
    *, exception: CriterionException, note: str, by: User, at: datetime
) -> CriterionException:
    """Say that the criterion has to hold. Raises NotAllowed as for an approval, and Refused
    without words or when it waits for nobody."""
    initiative = lock(exception.rollout.initiative_id)
    stored = _waiting(exception, at)
    _only_others(initiative, stored, by)
    if not note.strip():
        raise Refused("Remarks: say why the criterion has to hold.")
    return _end(initiative, stored, Ending.REFUSED, note, by, at)


@transaction.atomic
def end_exception(*, exception: CriterionException, by: User, at: datetime) -> CriterionException:
    """Withdraw a request, or end what was approved before its day. Raises Refused when it is
    over already."""
    initiative = lock(exception.rollout.initiative_id)
    stored = CriterionException.objects.select_related("rollout").get(pk=exception.pk)
    if stored.state_on(at.date()) not in ("asked", "approved"):
        raise Refused("It is over already.")
    ending = Ending.WITHDRAWN if stored.approved_at is None else Ending.ENDED
    return _end(initiative, stored, ending, "", by, at)


def void_exceptions(*, rollout: Rollout, decision: Decision, gate: int) -> None:
    """Void what excused criteria from this gate on: before it is passed anew, it is asked anew."""
    asked_at = {c.key: number for c, number in rollout.playbook.parsed.placed_criteria}
    for exception in rollout.exceptions.open():
        if asked_at.get(exception.criterion, gate) >= gate:
            exception.voided_by = decision
            exception.save(update_fields=["voided_by"])


def _live(rollout: Rollout) -> Rollout:
    stored = Rollout.objects.select_related("initiative", "playbook").get(pk=rollout.pk)
    if not stored.live:
        raise Refused("This rollout is over; nothing of it is excepted.")
    return stored


def _waiting(exception: CriterionException, at: datetime) -> CriterionException:
    stored = CriterionException.objects.select_related("rollout").get(pk=exception.pk)
    state = stored.state_on(at.date())
    if state == "expired":
        raise Refused("Its day is over. It has to be asked anew.")
    if state != "asked":
        raise Refused(f"It is {state} already.")
    return stored


def barred(exception: CriterionException) -> frozenset[int | None]:
    """Who asked, owned the initiative then, judged the criterion or brought its evidence: others
    approve the exception."""
    answer = (
        CriterionAnswer.objects.filter(rollout=exception.rollout_id, criterion=exception.criterion)
        .values_list("answered_by", "evidence__added_by")
        .first()
    )
    return frozenset((exception.asked_by_id, exception.owner_then_id, *(answer or ())))


def _only_others(initiative: Initiative, exception: CriterionException, by: User) -> None:
    if not may_oversee(by, initiative) or by.pk in barred(exception):
        raise NotAllowed(
            "The sponsor or the program office answers this, and never the owner, now or then, "
            "who asked for it, or who judged the criterion or brought its evidence."
        )


def _end(
    initiative: Initiative,
    exception: CriterionException,
    ending: Ending,
    note: str,
    by: User,
    at: datetime,
) -> CriterionException:
    exception.ended_by, exception.ended_at, exception.ending = by, at, ending
    exception.remarks = note.strip() or exception.remarks
    exception.save(update_fields=["ended_by", "ended_at", "ending", "remarks"])
    case = case_of(Rollout.objects.get(pk=exception.rollout_id), at=at)
    said = f"Exception {str(ending.label).lower()}. {note.strip()}".strip()
    _conclude(initiative, case, exception, str(ending), said, by, at)
    return exception


def _conclude(
    initiative: Initiative,
    case: Case,
    exception: CriterionException,
    done: str,
    words: str,
    by: User,
    at: datetime,
) -> None:
    conclude(
        initiative=initiative,
        verb=f"exception.{done}",
        summary=f"{criterion_name(case.document, exception.criterion)}: {words}",
        data={
            "exception": exception.pk,
            "criterion": exception.criterion,
            "reason": exception.reason,
            "expires": exception.expires,
            "note": exception.remarks,
        },
        by=by,
        at=at,
    )
