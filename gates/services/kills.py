"""What would end an initiative: agreed while nothing is piloted, hit, and settled by others."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from gates.models.kills import locked
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative, KillCriterion
from initiatives.permissions import may_settle
from initiatives.services import conclude, lock

LOCKED = "Kill criteria are locked at Gate 0: what was agreed before the pilot stands."


@transaction.atomic
def state_kill_criterion(
    *, initiative: Initiative, text: str, sign: str, by: User, at: datetime
) -> KillCriterion:
    """Agree on something that would end it, and the figure or event that shows it. One that is
    added after Gate 0 is locked at once. Raises Refused without words for both."""
    stored = lock(initiative.pk)
    _both_said(text, sign)
    row = KillCriterion.objects.create(
        initiative=stored, text=text.strip(), sign=sign.strip(), agreed_by=by, agreed_at=at
    )
    _conclude(stored, row, "agreed", f"It would end: {row.text}", by, at)
    return row


@transaction.atomic
def change_kill_criterion(
    *, kill: KillCriterion, text: str, sign: str, by: User, at: datetime
) -> KillCriterion:
    """Word it anew before Gate 0. Raises Refused without words, once locked, or when it is hit."""
    initiative = lock(kill.initiative_id)
    row = _unlocked(initiative, kill)
    _both_said(text, sign)
    row.text, row.sign = text.strip(), sign.strip()
    row.agreed_by, row.agreed_at = by, at
    row.save(update_fields=["text", "sign", "agreed_by", "agreed_at"])
    _conclude(initiative, row, "changed", f"It would end: {row.text}", by, at)
    return row


@transaction.atomic
def remove_kill_criterion(*, kill: KillCriterion, by: User, at: datetime) -> None:
    """Take it back before Gate 0; the history keeps it. Raises Refused once locked or hit."""
    initiative = lock(kill.initiative_id)
    row = _unlocked(initiative, kill)
    KillCriterion.objects.filter(pk=row.pk).delete()
    _conclude(initiative, row, "removed", f"It would no longer end: {row.text}", by, at)


@transaction.atomic
def record_hit(*, kill: KillCriterion, note: str, by: User, at: datetime) -> KillCriterion:
    """Say that it happened. No gate opens until a decision ends the work or the hit is settled.

    Raises Refused without words, or while it is hit.
    """
    initiative = lock(kill.initiative_id)
    row = KillCriterion.objects.get(pk=kill.pk)
    if row.open_hit:
        raise Refused("It is hit already, and the hit is not settled.")
    if not note.strip():
        raise Refused("What happened: say it in a sentence, with its figure.")
    row.hit_by, row.hit_at, row.hit_note = by, at, note.strip()
    row.owner_then_id = initiative.owner_id
    row.settled_by = row.settled_at = None
    row.settled_note = ""
    row.save()
    _conclude(initiative, row, "hit", f"Kill criterion hit: {row.text}. {row.hit_note}", by, at)
    return row


@transaction.atomic
def settle_hit(*, kill: KillCriterion, note: str, by: User, at: datetime) -> KillCriterion:
    """Say why the work may go on all the same. Whoever does so decides nothing on it.

    Raises NotAllowed for the owner, now or when it was hit, and for everybody but the sponsor and
    the program office, and Refused without words or when it is not hit.
    """
    initiative = lock(kill.initiative_id)
    row = KillCriterion.objects.get(pk=kill.pk)
    if not may_settle(by, row, initiative):
        raise NotAllowed(
            "The sponsor or the program office settles a hit, and never the owner, now or then."
        )
    if not row.open_hit:
        raise Refused("It is not hit, so there is nothing to settle.")
    if not note.strip():
        raise Refused("Why it may go on: say it in a sentence or two.")
    row.settled_by, row.settled_at, row.settled_note = by, at, note.strip()
    row.save(update_fields=["settled_by", "settled_at", "settled_note"])
    _conclude(initiative, row, "settled", f"Hit settled: {row.text}. {row.settled_note}", by, at)
    return row


def _both_said(text: str, sign: str) -> None:
    reasons = []
    if not text.strip():
        reasons.append("What would end it: say it in a few words.")
    if not sign.strip():
        reasons.append("Figure or event: name what shows it.")
    if reasons:
        raise Refused(reasons)


def _unlocked(initiative: Initiative, kill: KillCriterion) -> KillCriterion:
    row = KillCriterion.objects.get(pk=kill.pk)
    if row.open_hit:
        raise Refused("It is hit. A hit is decided on or settled, never taken away.")
    if locked(initiative):
        raise Refused(LOCKED)
    return row


def _conclude(
    initiative: Initiative, row: KillCriterion, done: str, words: str, by: User, at: datetime
) -> None:
    conclude(
        initiative=initiative,
        verb=f"kill.{done}",
        summary=words,
        data={
            "kill_criterion": row.pk,
            "text": row.text,
            "sign": row.sign,
            "hit": row.hit_note,
            "settled": row.settled_note,
        },
        by=by,
        at=at,
    )
