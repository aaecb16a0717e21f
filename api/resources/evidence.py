"""Evidence: what there is, a link more, and a second person's word for it."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import StringConstraints

from api.entrance import asker
from api.fields import Body, Day, Named, Reference, RowId
from api.loading import by_hand, load
from api.paging import Page, Paged, page_of
from api.resources.people import Person, person, somebody
from checklists.services import verify_proof
from initiatives.errors import Refused
from initiatives.evidence import add_evidence
from initiatives.models import Evidence, Initiative
from initiatives.permissions import may_edit, may_verify

router = Router()

# As narrow as a browser opens it: no spaces, no control characters.
Link = Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9][!-~]*$", max_length=1000)]


class EvidenceOut(Schema):
    """``url`` is empty for a file, which is downloaded from its page."""

    id: int
    title: str
    url: str
    file_name: str
    added_by: Person
    added_at: datetime
    verified_by: Person | None
    verified_at: datetime | None
    valid_until: date | None


class LinkIn(Body):
    """``valid_until`` where it says itself when it runs out."""

    title: Named
    url: Link
    valid_until: Day | None = None


def shown(row: Evidence) -> EvidenceOut:
    return EvidenceOut(
        id=row.pk,
        title=row.title,
        url=row.url,
        file_name=row.file_name,
        added_by=somebody(row.added_by),
        added_at=row.added_at,
        verified_by=person(row.verified_by),
        verified_at=row.verified_at,
        valid_until=row.valid_until,
    )


def evidence_on(initiative: Initiative, pk: int) -> Evidence:
    """Raises Refused for what is no evidence of the initiative."""
    found = Evidence.objects.filter(initiative=initiative, pk=pk).first()
    if found is None:
        raise Refused(f"evidence: this initiative has none with the number {pk}.")
    return found


@router.get("/initiatives/{reference}/evidence", response=Page[EvidenceOut])
def list_evidence(request: HttpRequest, reference: Reference, asked: Paged) -> dict[str, Any]:
    """All of it, what nobody verified yet first."""
    rollout = load(request, reference)
    rows = Evidence.objects.filter(initiative=rollout.initiative_id).unverified_first()
    return page_of(rows.select_related("added_by", "verified_by"), asked, shown)


@router.post("/initiatives/{reference}/evidence", response={201: EvidenceOut})
def add_link(request: HttpRequest, reference: Reference, link: LinkIn) -> Status:
    """Attach a link. It counts once a second person has verified it."""
    rollout, at = load(request, reference, may=may_edit), timezone.now()
    if link.valid_until is not None and link.valid_until < at.date():
        raise Refused("valid_until: choose today or a later day.")
    added = add_evidence(
        initiative=rollout.initiative,
        title=link.title.strip(),
        url=link.url,
        valid_until=link.valid_until,
        by=asker(request).user,
        at=at,
    )
    return Status(201, shown(added))


@router.post("/initiatives/{reference}/evidence/{pk}/verify", response=EvidenceOut)
def verify_evidence(request: HttpRequest, reference: Reference, pk: RowId) -> EvidenceOut:
    """Confirm that it shows what it says; never what one brought, and never by a token."""
    rollout = load(request, reference, may=may_verify)
    found = Evidence.objects.filter(initiative=rollout.initiative_id, pk=pk).first()
    if found is None:
        raise Http404
    by_hand(request)
    document = rollout.playbook.parsed
    return shown(
        verify_proof(evidence=found, document=document, by=asker(request).user, at=timezone.now())
    )
