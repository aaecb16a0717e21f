"""The ledger of what was let through: conditions owed, by sponsor and aged, and exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from accounts.models import User
from accounts.roles import Permission
from gates.agreed import criterion_name
from gates.models import Condition, CriterionException
from gates.models.exceptions import ExceptionQuerySet
from gates.models.rollouts import ENDED
from portfolio.rows import document_of

SPONSOR = "rollout__initiative__sponsor"
SORTS = {
    "age": ("Oldest first", (F("oldest").asc(),)),
    "due": ("Due first", (F("first_due").asc(),)),
    "many": ("Most owed first", (F("owed").desc(),)),
}
"""How sponsors, and the conditions under each, are put in order."""
WITHIN = {"age": ("decision__decided_at", "pk"), "due": ("due", "pk"), "many": ("due", "pk")}


@dataclass(frozen=True)
class Entry:
    """One condition owed, with its ages in days; ``left`` are those to the revocation."""

    condition: Condition
    open_for: int
    overdue: int
    left: int
    revoked_on: date

    @classmethod
    def of(cls, condition: Condition, today: date) -> Entry:
        grace = document_of(condition.rollout.playbook_id).condition_grace_days
        revoked_on = condition.due + timedelta(days=grace + 1)
        return cls(
            condition,
            (today - condition.decision.decided_at.date()).days,
            max((today - condition.due).days, 0),
            (revoked_on - today).days,
            revoked_on,
        )


@dataclass(frozen=True)
class Account:
    """What is owed under one sponsor; no name where nobody sponsors."""

    name: str
    owed: int
    overdue: int
    entries: Sequence[Entry]


def owed_to(reader: User) -> QuerySet[Condition]:
    """Every open condition under way, or those of the initiatives that the reader sponsors."""
    owed = Condition.objects.still_owed().exclude(rollout__stage__in=ENDED)
    return owed if reader.may(Permission.SEE_ALL) else owed.filter(**{SPONSOR: reader})


def sponsors(reader: User, sort: str, today: date) -> QuerySet[Any, Mapping[str, Any]]:
    """The sponsors under whom something is owed, with how much and since when."""
    _name, order = SORTS[sort]
    return (
        owed_to(reader)
        .order_by()
        .values(sponsor=F(SPONSOR), name=F(f"{SPONSOR}__name"))
        .annotate(
            owed=Count("pk"),
            overdue=Count("pk", filter=Q(due__lt=today)),
            oldest=Min("decision__decided_at"),
            first_due=Min("due"),
        )
        .order_by(*order, "name", "sponsor")
    )


def accounts(
    reader: User, found: Sequence[Mapping[str, Any]], sort: str, today: date
) -> list[Account]:
    """These sponsors with their conditions, in one query for all of them."""
    ids = [row["sponsor"] for row in found]
    theirs = Q(**{f"{SPONSOR}__in": [pk for pk in ids if pk is not None]})
    if None in ids:
        theirs |= Q(**{f"{SPONSOR}__isnull": True})
    by_sponsor: dict[int | None, list[Entry]] = {pk: [] for pk in ids}
    rows = owed_to(reader).filter(theirs).order_by(*WITHIN[sort])
    for condition in rows.select_related("rollout__initiative", "decision", "owner").defer(
        "decision__facts"
    ):
        sponsor = condition.rollout.initiative.sponsor_id
        by_sponsor[sponsor].append(Entry.of(condition, today))
    return [
        Account(row["name"] or "", row["owed"], row["overdue"], by_sponsor[row["sponsor"]])
        for row in found
    ]


def exceptions(reader: User, today: date) -> ExceptionQuerySet:
    """What is asked or counts, the one that is over next in front."""
    found = CriterionException.objects.open().filter(expires__gte=today)
    found = found.exclude(rollout__stage__in=ENDED)
    if not reader.may(Permission.SEE_ALL):
        found = found.filter(**{SPONSOR: reader})
    found = found.select_related("rollout__initiative__sponsor", "asked_by", "approved_by")
    return found.order_by("expires", "pk")


def excepted(rows: Sequence[CriterionException]) -> list[tuple[str, CriterionException]]:
    """Exceptions, each with the name of its criterion."""
    return [
        (criterion_name(document_of(row.rollout.playbook_id), row.criterion), row) for row in rows
    ]
