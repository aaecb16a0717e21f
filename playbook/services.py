"""Publishing a playbook."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from audit.canonical import digest_of
from audit.services import SYSTEM, Actor, Entry, SystemActor, record
from playbook.document import Document
from playbook.loading import standard
from playbook.models import PlaybookText, PlaybookVersion


@transaction.atomic
def publish(
    *, document: Document, by: Actor, at: datetime, shipped: bool = False
) -> PlaybookVersion:
    """Publish the document as the next version; the same content is never published twice.

    Returns the version that holds the content, whether it is new or not. No rollout moves to it.
    """
    content = document.model_dump(mode="json")
    digest = digest_of(content)
    if known := PlaybookVersion.objects.filter(text=digest).first():
        return known
    newest = PlaybookVersion.objects.aggregate(newest=Max("number"))["newest"] or 0
    version = PlaybookVersion.objects.create(
        number=newest + 1,
        title=document.title,
        text=PlaybookText.objects.create(sha256=digest, document=content),
        shipped=shipped,
        published_at=at,
        published_by_label=str(by)[:200],
    )
    record(
        entry=Entry(
            chain=SYSTEM,
            verb="playbook.published",
            summary=f"Published the playbook {version}",
            data={"number": version.number, "sha256": digest},
        ),
        by=by,
        at=at,
    )
    return version


def ensure_standard(*, at: datetime) -> PlaybookVersion:
    """See to it that a playbook is published, and that a newer release's standard is too.

    Once the program office has published a version of its own, a new release's standard waits
    for the office to take it in: it is not put above the office's work.
    """
    newest = PlaybookVersion.objects.order_by("number").last()
    if newest is not None and not newest.shipped:
        return newest
    return publish(document=standard(), by=SystemActor(), at=at, shipped=True)
