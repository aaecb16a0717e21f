"""The design assessment, the exit criteria and the MVP ladder, answered one by one."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from api.entrance import asker
from api.fields import Body, Day, Id, Key, OneOf, Reference, Text, Written
from api.loading import load, named
from api.resources.evidence import evidence_on
from api.resources.people import Person, given, person, somebody
from checklists import services
from checklists.models import Check, DesignAnswer
from gates.blockers import check_state
from gates.case import Case, case_of
from gates.forms.shared import people_on
from gates.models import CriterionAnswer, Rollout
from gates.models.reviews import Verdict
from gates.services.reviews import answer_criterion
from initiatives.permissions import may_edit
from playbook.document import Criterion, DesignQuestion, MvpCheck

router = Router()

VerdictKey = Annotated[str, OneOf(Verdict.values)]


class DesignOut(Schema):
    question: str
    area: str
    asks: str
    text: str
    settled: bool
    answered_by: Person | None
    answered_at: datetime | None


class DesignIn(Body):
    text: Text
    settled: bool


class CriterionOut(Schema):
    """``verdict`` is empty until somebody judged, and for a ``computed`` criterion: its metrics say
    how it stands, and the evaluation tells. ``days_valid`` is the evidence's shelf life."""

    criterion: str
    gate: int
    name: str
    needs: str
    days_valid: int | None
    computed: bool
    verdict: str
    note: str
    evidence: int | None
    valid_until: date | None
    answered_by: Person | None
    answered_at: datetime | None


class CriterionIn(Body):
    """*Met* needs evidence of the initiative, by its number."""

    verdict: VerdictKey
    note: Written
    evidence: Id | None = None


class CheckOut(Schema):
    """``state`` is *met* once a second person saw that the evidence shows it, and *lapsed* once
    that has run out. ``renewal`` is fresh evidence that waits to be seen."""

    check: str
    item: str
    name: str
    needs: str
    days_valid: int | None
    state: str
    assignee: Person | None
    solution: str
    due: date | None
    evidence: int | None
    renewal: int | None
    valid_until: date | None


class AssignIn(Body):
    assignee: Id


class PlanIn(Body):
    assignee: Id
    solution: Written
    due: Day


class MeetIn(Body):
    evidence: Id


class ReopenIn(Body):
    reason: Written


def _design(rollout: Rollout, question: DesignQuestion, row: DesignAnswer | None) -> DesignOut:
    return DesignOut(
        question=question.key,
        area=rollout.playbook.parsed.area_of_question(question.key).key,
        asks=question.question,
        text=row.text if row else "",
        settled=bool(row and row.settled),
        answered_by=person(row.answered_by) if row else None,
        answered_at=row.answered_at if row else None,
    )


@router.get("/initiatives/{reference}/design", response=list[DesignOut])
def list_design(request: HttpRequest, reference: Reference) -> list[DesignOut]:
    """Every question of the design assessment with its answer."""
    rollout = load(request, reference)
    answers = DesignAnswer.objects.filter(initiative=rollout.initiative_id)
    known = {row.question: row for row in answers.select_related("answered_by")}
    return [
        _design(rollout, question, known.get(question.key))
        for area in rollout.playbook.parsed.design_areas
        for question in area.questions
    ]


@router.put("/initiatives/{reference}/design/{key}", response=DesignOut)
def answer_design(
    request: HttpRequest, reference: Reference, key: Key, answer: DesignIn
) -> DesignOut:
    """Answer one question, settled or still open."""
    rollout = load(request, reference, may=may_edit)
    question = named(rollout.playbook.parsed.question, key)
    (row,) = services.answer_questions(
        initiative=rollout.initiative,
        answers=[services.Answer(question, answer.text, answer.settled)],
        by=asker(request).user,
        at=timezone.now(),
    )
    return _design(rollout, question, row)


def _criterion(
    rollout: Rollout, gate: int, asked: Criterion, row: CriterionAnswer | None
) -> CriterionOut:
    """An answer that only prefills its form is not told: it counts for nothing."""
    row = row if row is not None and row.stands else None
    return CriterionOut(
        criterion=asked.key,
        gate=gate,
        name=asked.name,
        needs=asked.needs,
        days_valid=rollout.playbook.parsed.days_valid(asked),
        computed=bool(asked.measures),
        verdict=row.verdict if row else "",
        note=row.note if row else "",
        evidence=row.evidence_id if row else None,
        valid_until=row.valid_until if row else None,
        answered_by=somebody(row.answered_by) if row else None,
        answered_at=row.answered_at if row else None,
    )


@router.get("/initiatives/{reference}/criteria", response=list[CriterionOut])
def list_criteria(request: HttpRequest, reference: Reference) -> list[CriterionOut]:
    """The exit criteria of every gate that its impact class asks, with what was found."""
    rollout = load(request, reference)
    answers = CriterionAnswer.objects.filter(rollout=rollout).select_related("answered_by")
    known = {row.criterion: row for row in answers}
    document, impact = rollout.playbook.parsed, rollout.initiative.impact_class
    return [
        _criterion(rollout, gate.number, asked, known.get(asked.key))
        for gate in document.gates
        for asked in document.criteria_for(gate.number, impact)
    ]


@router.put("/initiatives/{reference}/criteria/{key}", response=CriterionOut)
def judge_criterion(
    request: HttpRequest, reference: Reference, key: Key, answer: CriterionIn
) -> CriterionOut:
    """Judge one exit criterion."""
    rollout = load(request, reference, may=may_edit)
    document = rollout.playbook.parsed
    asked = named(document.criterion, key)
    proof = None if answer.evidence is None else evidence_on(rollout.initiative, answer.evidence)
    row = answer_criterion(
        rollout=rollout,
        criterion=asked,
        verdict=answer.verdict,
        note=answer.note,
        evidence=proof,
        days_valid=document.days_valid(asked),
        by=asker(request).user,
        at=timezone.now(),
    )
    return _criterion(rollout, document.gate_of_criterion(key).number, asked, row)


def _check(case: Case, asked: MvpCheck, row: Check | None) -> CheckOut:
    return CheckOut(
        check=asked.key,
        item=case.document.item_of_check(asked.key).key,
        name=asked.name,
        needs=asked.needs,
        days_valid=case.document.days_valid(asked),
        state=check_state(case, asked.key),
        assignee=person(row.assignee) if row else None,
        solution=row.solution if row else "",
        due=row.due if row else None,
        evidence=row.evidence_id if row else None,
        renewal=row.renewal_id if row else None,
        valid_until=row.valid_until if row else None,
    )


def _one(rollout: Rollout, asked: MvpCheck) -> CheckOut:
    rows = Check.objects.filter(initiative=rollout.initiative_id, key=asked.key)
    row = rows.select_related("assignee").first()
    return _check(case_of(rollout, at=timezone.now()), asked, row)


@router.get("/initiatives/{reference}/checks", response=list[CheckOut])
def list_checks(request: HttpRequest, reference: Reference) -> list[CheckOut]:
    """The whole MVP ladder."""
    rollout = load(request, reference)
    rows = Check.objects.filter(initiative=rollout.initiative_id).select_related("assignee")
    known = {row.key: row for row in rows}
    case = case_of(rollout, at=timezone.now())
    return [_check(case, asked, known.get(asked.key)) for asked in case.document.checks]


@router.get("/initiatives/{reference}/checks/{key}", response=CheckOut)
def read_check(request: HttpRequest, reference: Reference, key: Key) -> CheckOut:
    rollout = load(request, reference)
    return _one(rollout, named(rollout.playbook.parsed.check, key))


def _about(request: HttpRequest, reference: str, key: str) -> tuple[Rollout, MvpCheck, Any]:
    """The rollout, its check, and what every service about it is told."""
    rollout = load(request, reference, may=may_edit)
    asked = named(rollout.playbook.parsed.check, key)
    common = {
        "initiative": rollout.initiative,
        "check": asked,
        "by": asker(request).user,
        "at": timezone.now(),
    }
    return rollout, asked, common


@router.post("/initiatives/{reference}/checks/{key}/assign", response=CheckOut)
def assign_check(request: HttpRequest, reference: Reference, key: Key, order: AssignIn) -> CheckOut:
    """Name who answers for it."""
    rollout, asked, common = _about(request, reference, key)
    assignee = given(people_on(rollout.initiative), order.assignee, "assignee")
    services.assign_check(assignee=assignee, **common)
    return _one(rollout, asked)


@router.post("/initiatives/{reference}/checks/{key}/plan", response=CheckOut)
def plan_check(request: HttpRequest, reference: Reference, key: Key, plan: PlanIn) -> CheckOut:
    """Say how it will be met, by whom and by when."""
    rollout, asked, common = _about(request, reference, key)
    assignee = given(people_on(rollout.initiative), plan.assignee, "assignee")
    services.plan_check(assignee=assignee, solution=plan.solution, due=plan.due, **common)
    return _one(rollout, asked)


@router.post("/initiatives/{reference}/checks/{key}/meet", response=CheckOut)
def meet_check(request: HttpRequest, reference: Reference, key: Key, proof: MeetIn) -> CheckOut:
    """Say that it is met and by which evidence; it counts once a second person saw that."""
    rollout, asked, common = _about(request, reference, key)
    services.meet_check(
        evidence=evidence_on(rollout.initiative, proof.evidence),
        days_valid=rollout.playbook.parsed.days_valid(asked),
        **common,
    )
    return _one(rollout, asked)


@router.post("/initiatives/{reference}/checks/{key}/reopen", response=CheckOut)
def reopen_check(
    request: HttpRequest, reference: Reference, key: Key, reopening: ReopenIn
) -> CheckOut:
    """Take back that it is met."""
    rollout, asked, common = _about(request, reference, key)
    services.reopen_check(reason=reopening.reason, **common)
    return _one(rollout, asked)
