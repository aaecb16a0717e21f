"""What waits for the reader: tasks of an owner, the inbox of a reviewer, decisions to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import reader as reader_of
from accounts.roles import Permission, Remit
from gates.case import Case, cases_of
from gates.links import task_url
from gates.models import Condition, Review, Rollout, Stage
from gates.models.reviews import ReviewQuerySet as Reviews
from gates.models.rollouts import ENDED
from gates.nextstep import next_step, task_title
from gates.today import today
from gates.views.initiative_page import reader_of as reader_of_page
from gates.views.task import STATES as TASK_STATES
from gates.views.task import check_mark
from initiatives.models import Initiative
from playbook.findings import Finding
from portfolio import waiting
from portfolio.asked import stands_in

PAGE_SIZE = 25
CONDITIONS_SHOWN = 20
OBJECTIONS_SHOWN = 25
TASKS_SHOWN = 3
INITIATIVES_SHOWN = 12


@dataclass(frozen=True)
class Task:
    title: str
    text: str
    who: str
    url: str
    mark: tuple[str, str]


@dataclass(frozen=True)
class OwnWork:
    """One of the reader's initiatives and what stands between it and its next gate."""

    initiative: Initiative
    stage: str
    gate: int | None
    open: int
    left: str
    tasks: list[Task]
    review_due: date | None
    handed_in: bool


@login_required
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """The reader's own initiatives, each with the next things to do before its gate."""
    reader = reader_of(request)
    rollouts = (
        waiting.own_rollouts(reader)
        .select_related("initiative__unit", "initiative__owner", "standing")
        .order_by("-standing__rank", "pk")
    )
    page = Paginator(rollouts, INITIATIVES_SHOWN).get_page(request.GET.get("page"))
    shown: Sequence[Rollout] = list(page.object_list)
    cases = cases_of([rollout.pk for rollout in shown], at=timezone.now())
    work = [_own_work(rollout, cases[rollout.pk], reader) for rollout in shown]
    owed = (
        Condition.objects.still_owed()
        .filter(owner=reader)
        .exclude(rollout__stage__in=ENDED)
        .select_related("rollout__initiative", "decision")
        .order_by("due", "pk")[:CONDITIONS_SHOWN]
    )
    context = {
        "nav": "tasks",
        "page": page,
        "work": work,
        "waiting": waiting.to_work_on(reader).count(),
        "today": timezone.now().date(),
        "owed": owed,
    }
    return render(request, "portfolio/tasks.html", context)


def _holder(finding: Finding, case: Case, reader: User) -> str:
    """Who holds it, the reader being "You" whichever way they are named."""
    check = case.facts.checks.get(finding.key) if finding.kind == "rung" else None
    assignee = check.assignee if check else None
    if assignee is not None:
        return "You" if assignee.id == reader.pk else assignee.label
    return "You" if finding.who in ("", str(reader)) else finding.who


def _own_work(rollout: Rollout, case: Case, reader: User) -> OwnWork:
    review = case.facts.review
    handed_in = review is not None and review.state == "submitted"
    blockers, initiative = case.to_do, rollout.initiative
    found = [
        Task(
            title=task_title(finding),
            text=finding.text,
            who=_holder(finding, case, reader),
            url=task_url(case.document, initiative.reference, finding),
            mark=_mark(finding, case),
        )
        for finding in blockers[:TASKS_SHOWN]
    ]
    # The initiative's page leads with this step, and so does this list.
    step = next_step(rollout, case, reader_of_page(reader, initiative, {reader.pk}))
    if step.yours and step.title not in [task.title for task in found[:1]]:
        url = initiative.get_absolute_url() if step.post else step.url
        found = [Task(step.title, step.text, "You", url, TASK_STATES["waiting"]), *found]
    return OwnWork(
        initiative=initiative,
        stage=str(Stage(rollout.stage).label),
        gate=case.facts.gate,
        open=len(blockers),
        left=case.evaluation.left,
        tasks=found[:TASKS_SHOWN],
        review_due=review.due if review else None,
        handed_in=handed_in,
    )


def _mark(finding: Finding, case: Case) -> tuple[str, str]:
    """The shape and the word for how it stands; a check says how far it has come."""
    return check_mark(case, finding.key) if finding.kind == "rung" else TASK_STATES[finding.state]


@dataclass(frozen=True)
class Waiting:
    """A submitted review as a list of decisions or sign-offs shows it."""

    review: Review
    initiative: Initiative
    days: int
    overdue: bool
    mine: bool
    deciders: str
    text: str
    acts: list[tuple[str, str]]
    again: list[str]
    """The remits in which the reader's objection was answered."""


@login_required
@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """Submitted reviews: those that wait for the reader, then all others they may see."""
    reader = reader_of(request)
    everybodys = waiting.submitted(reader)
    mine = request.GET.get("show") != "all"
    shown = waiting.to_decide(reader) if mine else everybodys
    page = Paginator(_with_initiative(shown), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "portfolio/decisions.html",
        {
            "nav": "decisions",
            "page": page,
            "waiting": waiting_of(list(page.object_list), reader),
            "mine": mine,
            "my_count": waiting.waits(request, reader).decisions,
            "all_count": everybodys.count(),
            "sees_meetings": reader.may(Permission.SEE_ALL),
            "may_ever": reader.may(Permission.DECIDE_ALL) or reader.sponsored_initiatives.exists(),
        },
    )


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for a voice of the reader's, or of somebody whom they stand in for, the one due
    first in front; and the reader's objections that stand."""
    reader = reader_of(request)
    document = waiting.current_document(request)
    reviews = _with_initiative(waiting.to_sign(reader, document))
    page = Paginator(reviews, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "nav": "inbox",
        "page": page,
        "objections": waiting.objections(reader, document)[:OBJECTIONS_SHOWN],
        "waiting": waiting_of(list(page.object_list), reader),
        "remits": sorted(str(Remit(remit).label) for remit in reader.remits),
        "stands_in": list(stands_in(reader, today())),
    }
    return render(request, "portfolio/inbox.html", context)


def _with_initiative(reviews: Reviews) -> Reviews:
    return reviews.select_related("rollout__initiative__unit")


def waiting_of(reviews: Sequence[Review], reader: User) -> list[Waiting]:
    """The reviews with what their cases say, in one query for all of them."""
    now = timezone.now()
    cases = cases_of([review.rollout_id for review in reviews], at=now)
    return [_waiting(review, cases[review.rollout_id], reader, now.date()) for review in reviews]


def _waiting(review: Review, case: Case, reader: User, today: date) -> Waiting:
    initiative = review.rollout.initiative
    assert review.submitted_at is not None
    return Waiting(
        review=review,
        initiative=initiative,
        days=(today - review.submitted_at.date()).days,
        overdue=review.due < today,
        mine=reader.pk in case.decider_ids,
        deciders=" or ".join(person.label for person in case.facts.deciders[:3]),
        text=_in_a_line(case),
        acts=_sign_offs(case, initiative.reference, reader),
        again=_answered(case, reader),
    )


def _in_a_line(case: Case) -> str:
    """What a decider wants to know before opening the page."""
    sign_offs = case.evaluation.of("sign_off")
    objections = [finding for finding in sign_offs if finding.state == "not_met"]
    missing = [finding for finding in sign_offs if finding.state == "waiting"]
    others = [f for f in case.evaluation.blockers if f.kind not in ("sign_off", "decider")]
    said = []
    if objections:
        said.append(f"{objections[0].title.lower().capitalize()}")
    said.append(
        f"{len(missing)} of {len(sign_offs)} sign-offs to come"
        if missing
        else f"all {len(sign_offs)} sign-offs in"
        if not objections
        else "no other sign-off to come"
    )
    if others:
        said.append(f"{len(others)} other {'blocker' if len(others) == 1 else 'blockers'} open")
    words = ", ".join(said)
    return words[0].upper() + words[1:]


def _sign_offs(case: Case, reference: str, reader: User) -> list[tuple[str, str]]:
    """What this reader can sign, or look at again: the remit's name and the page's address."""
    again = _answered(case, reader)
    return [
        (name, task_url(case.document, reference, finding))
        for finding in case.evaluation.of("sign_off")
        if (name := str(Remit(finding.key).label)) in again
        or (finding.state == "waiting" and case.facts.asks(reader.pk, finding.key))
    ]


def _answered(case: Case, reader: User) -> list[str]:
    """The names of remits in which an objection of the reader's was answered."""
    return [
        str(Remit(key).label)
        for key, given in case.facts.sign_offs.items()
        if any(word.answer and reader.pk in word.whose for word in given.all)
    ]
