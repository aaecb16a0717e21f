"""Claiming what is due, once for each person, and sending what is claimed.

The claim is a row, so nothing hangs on a message in the queue: a lost one is made up for by the
next sweep, a repeated one finds nothing free, and what a killed worker had in hand is taken again.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from email.utils import parseaddr
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
)

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.mail import letter
from accounts.models import Grant
from accounts.roles import Remit, Role
from gates.models import Rollout
from playbook.document import Document, ReminderStep
from playbook.models import PlaybookVersion
from reminders.due import Owed, owed
from reminders.models import TAKEN_AGAIN_AFTER, Sending, stale
from reminders.rules import RULES, still_due, subjects_of
from reminders.voices import Voices

logger = logging.getLogger(__name__)

AT_A_TIME = 100
# How much a killed worker may repeat: what it sent since it last said what was sent.
SAID_EVERY_SECONDS = 1.0
NAME_LENGTH = 90
# What the server, or the mail itself, says against one mail; anything else stops them all. A
# refused sender is the same for every mail, so it is the server's or the settings' matter.
# UnicodeError is a ValueError, and so is a header that would break a line.
REFUSALS = (SMTPRecipientsRefused, SMTPDataError, SMTPNotSupportedError, ValueError)
PERMANENT = 500  # SMTP: the same mail will be refused again
UNWRITABLE = 554  # SMTP: transaction failed, without a closer reason
WHY = (
    "Clearway reminds owners, reviewers, sponsors and the program office of what is due. "
    "It says each thing once."
)

TAKE = """
    UPDATE reminders_sending AS s SET taken_at = %s
    FROM (
        SELECT next.id, u.email FROM reminders_sending AS next
        JOIN accounts_user AS u ON u.id = next.recipient_id
        WHERE next.sent_at IS NULL AND next.refused = '' AND u.is_active
            AND (next.taken_at IS NULL OR next.taken_at < %s)
        ORDER BY next.id LIMIT %s FOR UPDATE OF next SKIP LOCKED
    ) AS free
    WHERE s.id = free.id
    RETURNING s.*, free.email AS address
"""


@transaction.atomic
def claim_due(*, at: datetime) -> None:
    """Claim everything that is due and unclaimed; forget what is no longer due, or said too late.

    Two sweeps at a time derive the same claims; the ledger's unique constraint keeps one of each.
    """
    Sending.objects.free(at).filter(stale(at) | ~still_due()).delete()
    in_use = Rollout.objects.live().filter(playbook=OuterRef("pk"))
    versions = list(PlaybookVersion.objects.filter(Exists(in_use)))
    found = owed(today=at.date(), versions=versions)
    if not found:
        return
    documents = {version.pk: version.parsed for version in versions}
    recipients = _Recipients(found, at.date())
    claims = [
        _claim(one, documents[one.playbook], person, at)
        for one in found
        for person in recipients.of(one, documents[one.playbook])
    ]
    Sending.objects.bulk_create(claims, ignore_conflicts=True)


class _Recipients:
    """Whom an audience means, where it is more than one person; read once for a sweep."""

    def __init__(self, found: Sequence[Owed], today: date) -> None:
        held = Grant.objects.filter(
            user__is_active=True, role__in=[Role.PROGRAM_OFFICE, Role.REVIEWER]
        ).order_by("user_id")
        self.holders: dict[tuple[str, str], list[int]] = {}
        for role, remit, user in held.values_list("role", "remit", "user_id"):
            self.holders.setdefault((role, remit), []).append(user)
        self.voices = Voices({one.subject for one in found if one.rule == "sign_off"}, today)

    def of(self, one: Owed, document: Document) -> Iterable[tuple[int, str]]:
        """Who is told of it, each with the task that is theirs; nobody whom its page refuses."""
        meant = self._meant(one, document)
        return [(user, task) for user, task in meant if user not in (one.owner, one.submitter)]

    def _meant(self, one: Owed, document: Document) -> Iterable[tuple[int, str]]:
        if one.person is not None:
            return [(one.person, one.task)]
        if one.rule != "sign_off":
            return [(user, one.task) for user in self.holders.get((Role.PROGRAM_OFFICE, ""), [])]
        remits: dict[int, list[str]] = {}
        own = {one.owner, one.submitter}
        for remit in document.remits_for(one.gate, one.impact_class):
            holders = self.holders.get((Role.REVIEWER, remit), [])
            for user in self.voices.asked(one.subject, document.remit(remit), holders, own):
                remits.setdefault(user, []).append(str(Remit(remit).label).lower())
        return [(user, " and ".join(words)) for user, words in remits.items()]


def _claim(one: Owed, document: Document, person: tuple[int, str], at: datetime) -> Sending:
    recipient, task = person
    step = next(step for step in document.reminders if step.key == one.step)
    words = {
        "name": one.name,
        "gate": f"Gate {one.gate}",
        "due": f"{one.due.day} {one.due:%B %Y}",
        "task": task,
    }
    short = one.name if len(one.name) <= NAME_LENGTH else f"{one.name[: NAME_LENGTH - 1]}…"
    return Sending(
        rule=one.rule,
        step=one.step,
        subject=one.subject,
        recipient_id=recipient,
        due=one.due,
        title=" ".join(step.subject.format(**{**words, "name": short}).split())[:250],
        text=step.text.format(**words),
        path=path_of(one, step),
        claimed_at=at,
    )


def path_of(one: Owed, step: ReminderStep) -> str:
    """The address of the very task."""
    rule = RULES[one.rule]
    ids = [one.subject] if rule.by_id else []
    return reverse(f"gates:{rule.page_for(step.audience)}", args=[one.reference, *ids])


def take(*, limit: int, at: datetime) -> list[Sending]:
    """Up to ``limit`` free sendings, from now on in the caller's hands, each with its address.

    One statement takes them, so two workers never hold the same.
    """
    return list(Sending.objects.raw(TAKE, [at, at - TAKEN_AGAIN_AFTER, limit]))


def send_some(*, limit: int = AT_A_TIME, at: datetime) -> int:
    """Take free sendings and send them over one connection; return how many went out.

    A mail refused for good is noted and not tried again; one refused for now is tried later. When
    the server fails as such, what was not tried is put back for the next sweep.
    """
    taken = take(limit=limit, at=at)
    if not taken:
        return 0
    said: list[int] = []
    sent: list[int] = []
    tried: set[int] = set()
    last = time.monotonic()
    try:
        with get_connection() as server:
            for sending in taken:
                tried.add(sending.pk)
                try:
                    server.send_messages([mail_of(sending)])
                except REFUSALS as error:
                    _refuse(sending, error)
                    continue
                sent.append(sending.pk)
                if time.monotonic() - last > SAID_EVERY_SECONDS:
                    said += _say_sent(sent[len(said) :], at)
                    last = time.monotonic()
    except (SMTPException, OSError) as error:
        logger.warning("The mail server failed after %s of %s: %s", len(sent), len(taken), error)
        # The mail at which it failed waits like one in a vanished worker's hands: it may be why.
        left = [sending.pk for sending in taken if sending.pk not in tried]
        Sending.objects.unsent().filter(pk__in=left).update(taken_at=None)
    finally:
        _say_sent(sent[len(said) :], at)
    return len(sent)


def _say_sent(ids: list[int], at: datetime) -> list[int]:
    if ids:
        Sending.objects.filter(pk__in=ids).update(sent_at=at)
    return ids


def _refuse(sending: Sending, error: Exception) -> None:
    """Keep a permanent refusal; a temporary one is tried again later."""
    code, words = _answer(error)
    if code >= PERMANENT:
        said = words.decode(errors="replace") if isinstance(words, bytes) else words
        Sending.objects.filter(pk=sending.pk).update(refused=f"{code} {said}"[:300])


def _answer(error: Exception) -> tuple[int, bytes | str]:
    """The server's answer to one mail; a mail that cannot be written gets the one it would get."""
    match error:
        case SMTPRecipientsRefused():
            return next(iter(error.recipients.values()))
        case SMTPDataError():
            return error.smtp_code, error.smtp_error
    return UNWRITABLE, str(error)


def mail_of(sending: Sending) -> EmailMultiAlternatives:
    """The mail of a taken sending, under an id by which a repeated one is known as such."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return letter(
        to=sending.address,
        subject=sending.title,
        text=sending.text,
        path=sending.path,
        act=RULES[sending.rule].act,
        why=WHY,
        headers={
            "Message-ID": f"<reminder-{sending.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def forget(initiative_ids: Sequence[int]) -> None:
    """Delete every reminder about these initiatives, sent or not; they are about to be removed."""
    Sending.objects.filter(subjects_of(initiative_ids)).delete()
