"""Telling other systems of domain events: each endpoint of each event, at least once.

A delivery is a row, so nothing hangs on a message in the queue: a lost one is made up for by the
next sweep, a repeated one finds nothing free, and what a killed worker had in hand is taken again.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.errors import Refused
from accounts.mail import letter
from accounts.models import User
from accounts.services.shared import note
from audit.canonical import canonical_json
from audit.models import Event
from audit.outgoing import Unreachable, send, target_of
from audit.services import SYSTEM, Entry, SystemActor, record
from gates.voices import CLOSED_VERB
from webhooks.models import TAKEN_AGAIN_AFTER, Delivery, DeliveryState, Endpoint

logger = logging.getLogger(__name__)

# Twelve times ten seconds stay within a task's time.
AT_A_TIME = 12
# An event counts by its moment, while its transaction may be under way; none lasts so long.
LATE_BY = timedelta(hours=1)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=1)
KEPT_FOR = timedelta(days=30)
MOST_ENDPOINTS = 20
SAID_BYTES = 300
TOLD_OF_A_VOICE = ("review", "remit", "voices")

CLAIM = """
    INSERT INTO webhooks_delivery
        (endpoint_id, event_id, state, claimed_at, next_at, attempts, said)
    SELECT p.id, e.id, 'waiting', %(at)s, %(at)s, 0, ''
    FROM webhooks_endpoint AS p
    JOIN audit_event AS e
      ON e.at >= greatest(p.made_at, p.swept_to - make_interval(secs => %(late)s))
     AND e.at <= %(at)s
    WHERE p.ended_at IS NULL AND p.gave_up_at IS NULL
      AND (
          p.verbs = '{}' OR e.verb = ANY (p.verbs) OR split_part(e.verb, '.', 1) = ANY (p.verbs)
      )
      AND NOT EXISTS (
          SELECT 1 FROM webhooks_delivery AS d WHERE d.endpoint_id = p.id AND d.event_id = e.id
      )
    ORDER BY e.id
    ON CONFLICT DO NOTHING
"""
TAKE = """
    UPDATE webhooks_delivery AS d SET taken_at = %s
    FROM (
        SELECT next.id FROM webhooks_delivery AS next
        JOIN webhooks_endpoint AS p ON p.id = next.endpoint_id
        WHERE next.state = 'waiting' AND next.next_at <= %s
            AND (next.taken_at IS NULL OR next.taken_at < %s)
            AND p.ended_at IS NULL AND p.gave_up_at IS NULL
        ORDER BY next.next_at, next.id LIMIT %s FOR UPDATE OF next SKIP LOCKED
    ) AS free
    WHERE d.id = free.id
    RETURNING d.id
"""


@transaction.atomic
def add_endpoint(*, url: str, verbs: Sequence[str], by: User, at: datetime) -> Endpoint:
    """Send events to the address from now on; of these verbs, or all.

    Raises Refused for an address that may not be asked, or that is served already.
    """
    reasons = []
    try:
        target_of(url)
    except Unreachable as unreachable:
        reasons.append(f"Address: {unreachable}")
    active = Endpoint.objects.active()
    if active.filter(url=url).exists():
        reasons.append("Address: it hears of events already. Switch that one off first.")
    if active.count() >= MOST_ENDPOINTS:
        reasons.append(f"{MOST_ENDPOINTS} addresses hear of events. Switch one off first.")
    if reasons:
        raise Refused(reasons)
    endpoint = Endpoint.objects.create(
        url=url,
        salt=secrets.token_hex(16),
        verbs=sorted(set(verbs)),
        made_by=by,
        made_at=at,
        swept_to=at,
    )
    note(
        "webhook.added",
        f"Events are sent to {endpoint.host}",
        data={"endpoint": endpoint.pk, "host": endpoint.host, "verbs": endpoint.verbs},
        by=by,
        at=at,
    )
    return endpoint


@transaction.atomic
def end_endpoint(*, endpoint: Endpoint, by: User, at: datetime) -> Endpoint:
    """Send nothing more there, also nothing that waits."""
    stored = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if stored.ended_at is None:
        stored.ended_by, stored.ended_at = by, at
        stored.save(update_fields=["ended_by", "ended_at"])
        _coming(stored).update(state=DeliveryState.GIVEN_UP)
        note(
            "webhook.ended",
            f"Events are sent to {stored.host} no more",
            data={"endpoint": stored.pk},
            by=by,
            at=at,
        )
    return stored


@transaction.atomic
def send_test(*, endpoint: Endpoint, by: User, at: datetime) -> Delivery:
    """Send the endpoint an event that says it is a test, whatever verbs it hears of."""
    entry = Entry(
        chain=SYSTEM,
        verb="webhook.tested",
        summary=f"A test of {endpoint.host}",
        data={"endpoint": endpoint.pk},
    )
    event = record(entry=entry, by=by, at=at)
    return Delivery.objects.create(endpoint=endpoint, event=event, claimed_at=at, next_at=at)


@transaction.atomic
def claim_new(*, at: datetime) -> None:
    """Claim every event that an endpoint has not been told of, and forget old deliveries.

    Two sweeps at a time make the same claims; the ledger's unique constraint keeps one of each.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"at": at, "late": LATE_BY.total_seconds()})
    Endpoint.objects.active().filter(swept_to__lt=at).update(swept_to=at)
    done = Delivery.objects.exclude(state=DeliveryState.WAITING)
    done.filter(claimed_at__lt=at - KEPT_FOR).delete()


def take(*, limit: int, at: datetime) -> list[Delivery]:
    """Up to ``limit`` deliveries that are due, from now on in the caller's hands.

    One statement takes them, so two workers never hold the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [at, at, at - TAKEN_AGAIN_AFTER, limit])
        ids = [row[0] for row in cursor.fetchall()]
    return list(
        Delivery.objects.filter(pk__in=ids).select_related("endpoint", "event").order_by("pk")
    )


def deliver_some(*, at: datetime, limit: int = AT_A_TIME) -> int:
    """Take deliveries and send them; return how many arrived.

    An endpoint that fails once is not asked again in this batch: what it had coming is put back.
    """
    arrived, failed = 0, set()
    for delivery in take(limit=limit, at=at):
        if delivery.endpoint_id in failed:
            Delivery.objects.filter(pk=delivery.pk).update(taken_at=None)
        elif _deliver(delivery, at):
            arrived += 1
        else:
            failed.add(delivery.endpoint_id)
    return arrived


def body_of(event: Event) -> bytes:
    """What a receiver is told of an event, in canonical JSON.

    Without the digest, and of a voice that is closed until all are in without what it said: who
    knows the one could try out the other.
    """
    closed = event.verb == CLOSED_VERB
    data = {key: event.data[key] for key in TOLD_OF_A_VOICE} if closed else event.data
    return canonical_json(
        {
            "id": event.pk,
            "chain": event.chain,
            "seq": event.seq,
            "at": event.at,
            "actor": {"id": event.actor_id, "label": event.actor_label},
            "verb": event.verb,
            "summary": event.summary,
            "data": data,
        }
    ).encode()


def signature(secret: str, body: bytes, at: datetime) -> str:
    """``t`` is when it was signed, in Unix seconds; ``v1`` the HMAC-SHA256 of t, a dot and the
    body, in hexadecimal."""
    moment = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def _deliver(delivery: Delivery, at: datetime) -> bool:
    body = body_of(delivery.event)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Clearway",
        "Clearway-Event": delivery.event.verb,
        "Clearway-Delivery": str(delivery.pk),
        "Clearway-Signature": signature(delivery.endpoint.secret, body, at),
    }
    status, said = None, ""
    try:
        answer = send(
            "POST", delivery.endpoint.url, body=body, headers=headers, most_bytes=SAID_BYTES
        )
    except Unreachable as unreachable:
        said = str(unreachable)
    else:
        status = answer.status
        said = answer.body.decode(errors="replace").replace("\0", "")
    if status is not None and 200 <= status < 300:
        _note_success(delivery, status, said, at)
        return True
    _note_failure(delivery, status, said, at)
    return False


@transaction.atomic
def _note_success(delivery: Delivery, status: int, said: str, at: datetime) -> None:
    # The endpoint first, as whoever ends it does: neither waits for the other.
    failing = Endpoint.objects.filter(pk=delivery.endpoint_id, gave_up_at__isnull=True)
    failing.filter(failing_since__isnull=False).update(failing_since=None)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DELIVERED,
        delivered_at=at,
        attempts=delivery.attempts + 1,
        status=status,
        said=said[:SAID_BYTES],
    )


@transaction.atomic
def _note_failure(delivery: Delivery, status: int | None, said: str, at: datetime) -> None:
    """Keep what went wrong and when to try again; after a day, give up."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=delivery.endpoint_id)
    over = not endpoint.active or at - delivery.claimed_at >= GIVE_UP_AFTER
    wait = min(FIRST_WAIT * 2 ** min(delivery.attempts, 10), LONGEST_WAIT)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.GIVEN_UP if over else DeliveryState.WAITING,
        attempts=delivery.attempts + 1,
        next_at=at + wait,
        taken_at=None,
        status=status,
        said=said[:SAID_BYTES],
    )
    # What else it has coming waits as long: one address that is silent holds up no other.
    _coming(endpoint).filter(next_at__lt=at + wait).update(next_at=at + wait, taken_at=None)
    if endpoint.failing_since is None:
        endpoint.failing_since = at
        endpoint.save(update_fields=["failing_since"])
    elif endpoint.active and at - endpoint.failing_since >= GIVE_UP_AFTER:
        _give_up(endpoint, at)


def _coming(endpoint: Endpoint) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)


def _give_up(endpoint: Endpoint, at: datetime) -> None:
    endpoint.gave_up_at = at
    endpoint.save(update_fields=["gave_up_at"])
    _coming(endpoint).update(state=DeliveryState.GIVEN_UP)
    note(
        "webhook.gave_up",
        f"{endpoint.host} did not take events for a day, so nothing is sent there any more",
        data={"endpoint": endpoint.pk},
        by=SystemActor(),
        at=at,
    )
    transaction.on_commit(lambda: _tell(endpoint))


def _tell(endpoint: Endpoint) -> None:
    """Tell who added it. The page and the audit trail say it too, so a lost mail loses little."""
    mail = letter(
        to=endpoint.made_by.email,
        subject="Clearway sends no more events to an address",
        text=f"{endpoint.url} did not take events for a day, so it is switched off.",
        path=reverse("webhooks:endpoint", args=[endpoint.pk]),
        act="See what it answered",
        why="You added this address to Clearway's webhooks.",
    )
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        logger.warning("Nobody could be told that %s is switched off: %s", endpoint.url, error)
