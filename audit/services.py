"""Writing the audit trail. Call inside the transaction of the change that is recorded."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import connection, transaction

from audit.canonical import digest_of, plain
from audit.copying import insert_many
from audit.models import Event

GENESIS = "0" * 64
SYSTEM = "system"

_through: ContextVar[str] = ContextVar("through", default="")


@contextmanager
def acting_through(means: str) -> Iterator[None]:
    """Name the means by which somebody acts beside them in every event within."""
    token = _through.set(means)
    try:
        yield
    finally:
        _through.reset(token)


def acts_through() -> str:
    """The means by which somebody acts at this moment; empty for a person's own hands."""
    return _through.get()


class Actor(Protocol):
    """Somebody who acts: an account, or the system itself."""

    @property
    def pk(self) -> int | None: ...


@dataclass(frozen=True)
class SystemActor:
    """Clearway acting by itself: a scheduled sweep, a command on the server."""

    label: str = "Clearway"
    pk: None = None

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Entry:
    """One event to be: the chain it joins, a verb from the house's list, a sentence, details."""

    chain: str
    verb: str
    summary: str
    data: dict[str, Any] = field(default_factory=dict)


def link_digest(event: Event) -> str:
    """The digest that the event must carry, from its own content and the digest before it."""
    return digest_of(
        {
            "chain": event.chain,
            "seq": event.seq,
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": event.actor_id,
            "actor_label": event.actor_label,
            "verb": event.verb,
            "summary": event.summary,
            "data": event.data,
            "previous": event.previous,
        }
    )


def record(*, entry: Entry, by: Actor, at: datetime) -> Event:
    """Add one event to its chain."""
    return record_many(entries=[entry], by=by, at=at)[0]


def record_many(*, entries: Sequence[Entry], by: Actor, at: datetime) -> list[Event]:
    """Add events in the order given, at the cost of three statements for any number of chains.

    The caller holds the lock of whatever the chains speak of. Chains that have no row to lock
    (``system``) are serialised here by an advisory lock held until the transaction ends.
    """
    assert transaction.get_connection().in_atomic_block, "an audit event belongs to a transaction"
    chains = {entry.chain for entry in entries}
    if any(not chain.startswith("initiative:") for chain in chains):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clearway.audit.system'))")
    heads = _heads(chains)
    means = acts_through()
    label = f"{by} through {means}" if means else str(by)
    events = []
    for entry in entries:
        seq, previous = heads.get(entry.chain, (0, GENESIS))
        event = Event(
            chain=entry.chain,
            seq=seq + 1,
            at=at,
            actor_id=by.pk,
            actor_label=label[:200],
            verb=entry.verb,
            summary=entry.summary,
            data=plain(entry.data),
            previous=previous,
        )
        event.digest = link_digest(event)
        heads[entry.chain] = (event.seq, event.digest)
        events.append(event)
    return insert_many(events)


def _heads(chains: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The last link of each chain that has one."""
    rows = (
        Event.objects.filter(chain__in=chains)
        .order_by("chain", "-seq")
        .distinct("chain")
        .values_list("chain", "seq", "digest")
    )
    return {chain: (seq, digest) for chain, seq, digest in rows}


@dataclass(frozen=True)
class Break:
    """Where a chain no longer proves what it says."""

    chain: str
    seq: int
    reason: str


def verify() -> tuple[int, list[Break]]:
    """Walk every chain in order; return how many events were read and every break found."""
    breaks: list[Break] = []
    count = 0
    chain, seq, previous = "", 0, GENESIS
    for event in Event.objects.order_by("chain", "seq").iterator(chunk_size=2000):
        count += 1
        if event.chain != chain:
            chain, seq, previous = event.chain, 0, GENESIS
        breaks += _breaks_at(event, seq, previous)
        seq, previous = event.seq, event.digest
    return count, breaks


def breaks_in(events: Iterable[Event]) -> list[Break]:
    """The breaks among neighbouring events of one chain, oldest first, wherever one enters it."""
    breaks: list[Break] = []
    before: Event | None = None
    for event in events:
        seq, previous = (before.seq, before.digest) if before else (event.seq - 1, event.previous)
        breaks += _breaks_at(event, seq, previous)
        before = event
    return breaks


def _breaks_at(event: Event, seq: int, previous: str) -> Iterator[Break]:
    """How the event fails to follow the event with this number and digest."""
    if event.seq != seq + 1:
        yield Break(event.chain, event.seq, f"event {seq + 1} is missing")
    elif event.previous != previous:
        yield Break(event.chain, event.seq, "it does not follow the event before it")
    if link_digest(event) != event.digest:
        yield Break(event.chain, event.seq, "its content was changed after it was written")
