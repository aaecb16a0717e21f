"""Which submitted reviews lack a voice that is one reader's to give, told by the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.roles import Remit
from gates.models import Delegation, SignOff
from gates.models.reviews import SignOffVerdict
from initiatives.models import ImpactClass
from playbook.document import Document
from playbook.document import Remit as Asked

SEAT = Coalesce(F("delegation__delegate_from"), F("given_by"))


def lacks(reader: User, document: Document, day: date) -> Q:
    """Reviews that ask the reader for a voice, or to look again at an answered objection.

    The reader's own remits, and those in which they stand in for somebody that day. Whether a
    hand in the work bars them is for the case to say.
    """
    found = Q(Exists(_answered(reader)))
    for remit in document.remits:
        if remit.key not in Remit.values:
            continue
        asked = _asking(document, remit.key)
        if asked is None:
            continue
        mine = (
            ~Q(Exists(_voices(remit.key).filter(Q(given_by=reader) | Q(seat=reader.pk))))
            if remit.key in reader.remits
            else Q(Exists(_standing_in(reader, remit.key, day)))
        )
        found |= asked & mine & _short(remit)
    return found


def stands_in(reader: User, day: date) -> Iterable[Delegation]:
    held = Delegation.objects.on(day).filter(delegate_to=reader)
    return held.select_related("delegate_from").order_by("pk")


def _asking(document: Document, remit: str) -> Q | None:
    """Reviews whose gate asks for the remit; None when no gate does."""
    asked = None
    for gate in document.gates:
        classes = [
            impact
            for impact in ImpactClass.values
            if remit in document.remits_for(gate.number, impact)
        ]
        if classes:
            here = Q(gate=gate.number, rollout__initiative__impact_class__in=classes)
            asked = here if asked is None else asked | here
    return asked


def _voices(remit: str) -> Any:
    return SignOff.objects.filter(review=OuterRef("pk"), remit=remit).alias(seat=SEAT)


def _short(remit: Asked) -> Q:
    """Fewer voices are in than it takes; of a unanimous remit everybody's are asked for."""
    if remit.unanimous:
        return Q()
    if remit.quorum == 1:
        return ~Q(Exists(_voices(remit.key)))
    enough = (
        _voices(remit.key)
        .values("review")
        .annotate(voices=Count("seat", distinct=True))
        .filter(voices__gte=remit.quorum)
    )
    return ~Q(Exists(enough))


def _standing_in(reader: User, remit: str, day: date) -> Any:
    """Delegations to the reader by somebody who has no voice in the review yet."""
    review = OuterRef(OuterRef("pk"))
    given = SignOff.objects.filter(review=review, remit=remit).alias(seat=SEAT)
    spoken = given.filter(Q(seat=OuterRef("delegate_from")) | Q(given_by=reader))
    return Delegation.objects.on(day).filter(~Exists(spoken), delegate_to=reader, remit=remit)


def _answered(reader: User) -> Any:
    return (
        SignOff.objects.counting()
        .filter(
            review=OuterRef("pk"),
            verdict=SignOffVerdict.OBJECTED,
            answered_at__isnull=False,
        )
        .alias(seat=SEAT)
        .filter(Q(given_by=reader) | Q(seat=reader.pk))
    )
