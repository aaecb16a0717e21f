"""People freed from a running system, offered to what waits at intake."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.words import day_words
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock, lock_many
from operations.models import CapacityOffer


@transaction.atomic
def offer_capacity(
    *,
    initiative: Initiative,
    people: int,
    share_percent: int,
    skills: str,
    free_from: date,
    by: User,
    at: datetime,
) -> CapacityOffer:
    """Offer people of a running system, for a share of their time, to what waits at intake.

    Raises Refused for nobody, and for a share outside 1 to 100 %.
    """
    stored = lock(initiative.pk)
    reasons = []
    if people < 1:
        reasons.append("People: offer one or more.")
    if not 1 <= share_percent <= 100:
        reasons.append("Share of their time: enter 1 to 100 %.")
    if reasons:
        raise Refused(reasons)
    offer = CapacityOffer.objects.create(
        initiative=stored,
        people=people,
        share_percent=share_percent,
        skills=skills.strip(),
        free_from=free_from,
        offered_by=by,
        offered_at=at,
    )
    conclude(
        initiative=stored,
        verb="capacity.offered",
        summary=f"Offered to the intake queue: {offer}, from {day_words(free_from)}",
        data={
            "offer": offer.pk,
            "people": people,
            "share_percent": share_percent,
            "skills": offer.skills,
            "free_from": free_from,
        },
        by=by,
        at=at,
    )
    return offer


@transaction.atomic
def take_offer(*, offer: CapacityOffer, initiative: Initiative, by: User, at: datetime) -> None:
    """Give the offered people to another initiative. Both histories tell of it.

    Whether it still waits at intake is known further up, where its row is locked first.
    Raises Refused for an offer that is taken or taken back, and for the initiative it came from.
    """
    if offer.initiative_id == initiative.pk:
        raise Refused("Goes to: choose another initiative than the one that frees the people.")
    locked = {row.pk: row for row in lock_many([offer.initiative_id, initiative.pk])}
    giver, taker = locked[offer.initiative_id], locked[initiative.pk]
    row = _still_open(offer)
    row.taken_by = taker
    row.save(update_fields=["taken_by"])
    for chain, words in (
        (giver, f"{row} goes to {taker.reference} {taker.name}"),
        (taker, f"{row} comes from {giver.reference} {giver.name}"),
    ):
        conclude(
            initiative=chain,
            verb="capacity.taken",
            summary=f"Capacity: {words}",
            data={"offer": row.pk, "from": giver.reference, "to": taker.reference},
            by=by,
            at=at,
        )


@transaction.atomic
def end_offer(*, offer: CapacityOffer, by: User, at: datetime) -> CapacityOffer:
    """Take back an offer that nobody took. Raises Refused otherwise."""
    stored = lock(offer.initiative_id)
    row = _still_open(offer)
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    conclude(
        initiative=stored,
        verb="capacity.withdrawn",
        summary=f"No longer offered: {row}",
        data={"offer": row.pk},
        by=by,
        at=at,
    )
    return row


def _still_open(offer: CapacityOffer) -> CapacityOffer:
    row = CapacityOffer.objects.get(pk=offer.pk)
    if row.taken_by_id is not None:
        raise Refused("Another initiative has taken this offer.")
    if row.ended_at is not None:
        raise Refused("The offer was taken back.")
    return row
