"""Evidence: added once, verified by a second person, and taken back with a reason."""

import hashlib
from datetime import date, datetime

from django.core.files import File
from django.db import transaction

from accounts.models import User
from initiatives.errors import Refused
from initiatives.models import Evidence, Initiative
from initiatives.services import conclude, lock


@transaction.atomic
def add_evidence(
    *,
    initiative: Initiative,
    title: str,
    by: User,
    at: datetime,
    url: str = "",
    file: File | None = None,
    valid_until: date | None = None,
) -> Evidence:
    """Attach a link or a file. A file is kept under its SHA-256."""
    stored = lock(initiative.pk)
    evidence = Evidence(
        initiative=stored,
        title=title,
        url=url,
        added_by=by,
        added_at=at,
        valid_until=valid_until,
    )
    if file is not None:
        evidence.sha256 = _digest(file)
        evidence.file_name = (file.name or "")[:200]
        evidence.file.save(file.name or "evidence", file, save=False)
    evidence.save()
    conclude(
        initiative=stored,
        verb="evidence.added",
        summary=f"Evidence: {title}",
        data={"evidence": evidence.pk, "url": url, "sha256": evidence.sha256},
        by=by,
        at=at,
    )
    return evidence


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


@transaction.atomic
def verify_evidence(*, evidence: Evidence, by: User, at: datetime) -> Evidence:
    """A second person confirms that the evidence shows what it says.

    Raises Refused for whoever brought it.
    """
    initiative = lock(evidence.initiative_id)
    stored = Evidence.objects.get(pk=evidence.pk)
    if stored.added_by_id == by.pk:
        raise Refused("A second person verifies evidence. You brought this one; ask somebody else.")
    if stored.verified_at is None:
        stored.verified_by, stored.verified_at = by, at
        stored.save(update_fields=["verified_by", "verified_at"])
        conclude(
            initiative=initiative,
            verb="evidence.verified",
            summary=f"Verified: {stored.title}",
            data={"evidence": stored.pk},
            by=by,
            at=at,
        )
    return stored


@transaction.atomic
def withdraw_verification(*, evidence: Evidence, reason: str, by: User, at: datetime) -> Evidence:
    """Take a verification back: what rests on the evidence no longer counts as met."""
    initiative = lock(evidence.initiative_id)
    stored = Evidence.objects.get(pk=evidence.pk)
    if stored.verified_at is not None:
        stored.verified_by = stored.verified_at = None
        stored.save(update_fields=["verified_by", "verified_at"])
        conclude(
            initiative=initiative,
            verb="evidence.unverified",
            summary=f"No longer verified: {stored.title}. {reason}",
            data={"evidence": stored.pk, "reason": reason},
            by=by,
            at=at,
        )
    return stored
