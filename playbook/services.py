"""Publishing a playbook, and the draft that becomes one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from accounts.errors import Refused
from accounts.models import User
from audit.canonical import digest_of
from audit.models import Event
from audit.services import SYSTEM, Actor, Entry, SystemActor, record
from playbook.comparing import Change, compare_data
from playbook.document import Document
from playbook.drafting import checked
from playbook.loading import standard
from playbook.models import PlaybookDraft, PlaybookText, PlaybookVersion
from playbook.places import Data, data_of

SAID = 10  # changes that one event names; the count tells of the rest


class ChangedMeanwhile(Refused):
    """Somebody else changed the draft since the page was loaded; nothing was saved."""


@transaction.atomic
def publish(
    *, document: Document, by: Actor, at: datetime, shipped: bool = False
) -> PlaybookVersion:
    """Publish the document as the next version; the same content is never published twice.

    Returns the version that holds the content, whether it is new or not. No rollout moves to it.
    Who publishes meanwhile waits, so that each takes a number of its own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clearway.playbook'))")
    content = data_of(document)
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


@transaction.atomic
def start_draft(*, by: User, at: datetime) -> PlaybookDraft:
    """A draft that says what the current version says. Raises Refused while there is another."""
    current = PlaybookVersion.objects.current()
    try:
        with transaction.atomic():
            draft = PlaybookDraft.objects.create(
                based_on=current, document=data_of(current.parsed), started_by=by, started_at=at
            )
    except IntegrityError as error:
        raise Refused("There is a draft already. Work on that one, or drop it first.") from error
    _tell(
        draft, "playbook.draft_started", f"Started a draft after version {current.number}", by, at
    )
    return draft


@transaction.atomic
def change_draft(
    *, draft: PlaybookDraft, document: Data, seen: int, by: User, at: datetime
) -> list[Change]:
    """Put the document in the place of the draft's, when ``seen`` is its latest edit.

    Returns what changed. Raises ChangedMeanwhile with the words of the edits that came between,
    drafting.Unfit when the document may not be as it is.
    """
    stored = _lock(draft)
    _unchanged_since(stored, seen)
    sound = data_of(checked(document))
    changes = compare_data(stored.document, sound)
    if not changes:
        return []
    stored.document = sound
    stored.edits += 1
    stored.save(update_fields=["document", "edits"])
    words = [change.sentence for change in changes[:SAID]]
    if len(changes) > SAID:
        words.append(f"And {len(changes) - SAID} changes more.")
    _tell(stored, "playbook.draft_changed", " ".join(words), by, at, changes=len(changes))
    return changes


@transaction.atomic
def drop_draft(*, draft: PlaybookDraft, seen: int, by: User, at: datetime) -> None:
    """Do away with the draft; what it said stays in the audit trail's words only."""
    stored = _lock(draft)
    _unchanged_since(stored, seen)
    _tell(stored, "playbook.draft_dropped", f"Dropped the draft after {stored.edits} edits", by, at)
    stored.delete()


@transaction.atomic
def publish_draft(*, draft: PlaybookDraft, seen: int, by: User, at: datetime) -> PlaybookVersion:
    """Publish the draft as the next version. No rollout moves to it.

    Raises Refused when it says nothing new, when another version came out since it was started,
    or when it changed since it was read; drafting.Unfit when it breaks the standard.
    """
    stored = _lock(draft)
    _unchanged_since(stored, seen)
    document = checked(stored.document)
    current = PlaybookVersion.objects.current()
    if current != stored.based_on:
        raise Refused(
            f"Version {current.number} came out since this draft was started. Download the draft "
            "as TOML, drop it, start anew and take the file in."
        )
    if same := PlaybookVersion.objects.filter(text=digest_of(data_of(document))).first():
        raise Refused(f"Version {same.number} says exactly this. Change something, or its edition.")
    version = publish(document=document, by=by, at=at)
    stored.published_as = version
    stored.save(update_fields=["published_as"])
    return version


def _lock(draft: PlaybookDraft) -> PlaybookDraft:
    stored = (
        PlaybookDraft.objects.select_for_update(of=("self",))
        .select_related("based_on")
        .filter(pk=draft.pk, published_as__isnull=True)
        .first()
    )
    if stored is None:
        raise ChangedMeanwhile("This draft was published or dropped meanwhile. Start another.")
    return stored


def _unchanged_since(draft: PlaybookDraft, seen: int) -> None:
    if draft.edits != seen:
        edits = edits_since(draft, seen)
        raise ChangedMeanwhile(
            [f"{edit.actor_label} changed the draft meanwhile. {edit.summary}" for edit in edits]
            or ["The draft changed meanwhile. Look at it again."]
        )


def edits_since(draft: PlaybookDraft, seen: int = 0) -> Sequence[Event]:
    """The edits after the one with this number, oldest first."""
    return list(
        Event.objects.of(SYSTEM)
        .filter(verb="playbook.draft_changed", data__draft=draft.pk, data__edit__gt=seen)
        .order_by("seq")
    )


def _tell(
    draft: PlaybookDraft, verb: str, summary: str, by: User, at: datetime, **data: int
) -> None:
    record(
        entry=Entry(
            chain=SYSTEM,
            verb=verb,
            summary=summary,
            data={"draft": draft.pk, "edit": draft.edits, **data},
        ),
        by=by,
        at=at,
    )
