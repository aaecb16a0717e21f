"""Gate reviews: open, submit and withdraw them; read what reviewers said; sign off by hand."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status

from accounts.roles import Remit
from api.entrance import asker
from api.fields import Body, Day, OneOf, Reference, RowId, Text
from api.loading import authorise, by_hand, load, seen_rollouts
from api.paging import Page, Paged, page_of
from api.resources.people import Person, person, somebody
from gates.case import case_of
from gates.models import Review, ReviewState, SignOff
from gates.models.reviews import SignOffVerdict
from gates.services import reviews as services
from initiatives.permissions import may_submit
from playbook.voices import takes_several

router = Router()


class ReviewOut(Schema):
    """``state`` is open, submitted, decided or withdrawn."""

    id: int
    initiative: str
    gate: int
    state: str
    due: date
    opened_by: Person | None
    opened_at: datetime
    submitted_by: Person | None
    submitted_at: datetime | None
    closed_at: datetime | None


class OpenIn(Body):
    """Without a day the playbook's interval counts."""

    due: Day | None = None


class SignOffOut(Schema):
    """``stood_for`` is the reviewer in whose place it was said, ``answer`` what an objection was
    answered."""

    remit: str
    verdict: str
    note: str
    given_by: Person
    stood_for: Person | None
    given_at: datetime
    answer: str


class SignOffIn(Body):
    """An objection says what would answer it."""

    remit: Annotated[str, OneOf(Remit.values)]
    verdict: Annotated[str, OneOf(SignOffVerdict.values)]
    note: Text = ""


def shown(row: Review) -> ReviewOut:
    return ReviewOut(
        id=row.pk,
        initiative=row.rollout.initiative.reference,
        gate=row.gate,
        state=row.state,
        due=row.due,
        opened_by=person(row.opened_by),
        opened_at=row.opened_at,
        submitted_by=person(row.submitted_by),
        submitted_at=row.submitted_at,
        closed_at=row.closed_at,
    )


def _sign_off(row: SignOff) -> SignOffOut:
    return SignOffOut(
        remit=row.remit,
        verdict=row.verdict,
        note=row.note,
        given_by=somebody(row.given_by),
        stood_for=somebody(row.delegation.delegate_from) if row.delegation else None,
        given_at=row.given_at,
        answer=row.answer,
    )


READ = ("rollout__initiative", "opened_by", "submitted_by")


def review_of(request: HttpRequest, pk: int) -> Review:
    """Raises Http404 for one that the asker may not know of, or the token does not reach."""
    seen = Review.objects.filter(rollout__in=seen_rollouts(request)).select_related(*READ)
    found = seen.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/initiatives/{reference}/reviews", response=Page[ReviewOut])
def list_reviews(request: HttpRequest, reference: Reference, asked: Paged) -> dict[str, Any]:
    """Every pass at a gate, of every rollout of the initiative, newest first."""
    rollout = load(request, reference)
    rows = Review.objects.filter(rollout__initiative=rollout.initiative_id)
    return page_of(rows.select_related(*READ).order_by("-opened_at", "-pk"), asked, shown)


@router.post("/initiatives/{reference}/reviews", response={201: ReviewOut})
def open_review(request: HttpRequest, reference: Reference, order: OpenIn) -> Status:
    """Open a review of the gate that is judged next."""
    rollout = load(request, reference, may=may_submit)
    opened = services.open_review(
        rollout=rollout, by=asker(request).user, at=timezone.now(), due=order.due
    )
    return Status(201, shown(opened))


@router.get("/reviews/{pk}", response=ReviewOut)
def read_review(request: HttpRequest, pk: RowId) -> ReviewOut:
    return shown(review_of(request, pk))


@router.post("/reviews/{pk}/submit", response=ReviewOut)
def submit_review(request: HttpRequest, pk: RowId) -> ReviewOut:
    """Hand it to the reviewers and the decider."""
    found = review_of(request, pk)
    authorise(request, found.rollout.initiative, may_submit)
    services.submit_review(review=found, by=asker(request).user, at=timezone.now())
    return shown(review_of(request, pk))


@router.post("/reviews/{pk}/withdraw", response=ReviewOut)
def withdraw_review(request: HttpRequest, pk: RowId) -> ReviewOut:
    """Take it back; answers and evidence stay for the next one."""
    found = review_of(request, pk)
    authorise(request, found.rollout.initiative, may_submit)
    services.withdraw_review(review=found, by=asker(request).user, at=timezone.now())
    return shown(review_of(request, pk))


@router.get("/reviews/{pk}/sign-offs", response=list[SignOffOut])
def list_sign_offs(request: HttpRequest, pk: RowId) -> list[SignOffOut]:
    """What reviewers said. Where a remit takes several voices, others' stay closed until all are
    in or the review closes."""
    found = review_of(request, pk)
    closed = _closed_remits(found)
    rows = found.sign_offs.select_related("given_by", "delegation__delegate_from")
    return [
        _sign_off(row)
        for row in rows.order_by("given_at", "pk")
        if row.remit not in closed or row.given_by_id == asker(request).user.pk
    ]


def _closed_remits(review: Review) -> Collection[str]:
    """The remits whose voices are not to be read yet."""
    if review.state != ReviewState.SUBMITTED:
        return ()
    case = case_of(review.rollout, at=timezone.now())
    if case.facts.review is not None and case.facts.review.id == review.pk:
        return case.facts.unopened
    return [remit.key for remit in case.document.remits if takes_several(remit)]


@router.post("/reviews/{pk}/sign-offs", response={201: SignOffOut})
def sign_off(request: HttpRequest, pk: RowId, word: SignOffIn) -> Status:
    """Sign off or object within one's remit; a person's own act, never a token's."""
    found = review_of(request, pk)
    by_hand(request)
    row = services.sign_off(
        review=found,
        remit=word.remit,
        verdict=word.verdict,
        note=word.note,
        by=asker(request).user,
        at=timezone.now(),
    )
    return Status(201, _sign_off(row))
