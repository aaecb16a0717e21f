"""How many conditions are owed already, and whether a conditional go may add more."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q

from gates.models import Condition
from gates.models.rollouts import ENDED
from initiatives.models import Initiative
from playbook.document import CapRules


@dataclass(frozen=True)
class Carried:
    """Conditions owed by an initiative, and by all initiatives with its sponsor (``None``: nobody
    sponsors it)."""

    initiative: int
    sponsor: int
    sponsored_by: str | None


def carried_by(initiative: Initiative) -> Carried:
    """What is owed now, in one query. Call under ``lock_sponsor`` to rely on it."""
    mine = Q(rollout__initiative=initiative)
    sponsors = Q(rollout__initiative__sponsor=initiative.sponsor_id)
    owed = Condition.objects.still_owed().exclude(rollout__stage__in=ENDED)
    counted = owed.filter(mine | sponsors if initiative.sponsor_id else mine).aggregate(
        mine=Count("pk", filter=mine), every=Count("pk")
    )
    sponsor = initiative.sponsor
    return Carried(counted["mine"], counted["every"], str(sponsor) if sponsor else None)


def lock_sponsor(initiative: Initiative) -> None:
    """Wait until nobody else adds conditions under this sponsor, and keep others waiting until
    the transaction ends. Take it after the initiative's lock, and never two of them."""
    if initiative.sponsor_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"clearway.conditions:{initiative.sponsor_id}"],
        )


def against_cap(rules: CapRules | None, carried: Carried, adding: int) -> list[str]:
    """Why so many more conditions are too many; empty when they are not."""
    if rules is None or not adding:
        return []
    reasons = []
    if carried.initiative + adding > (most := rules.open_per_initiative):
        reasons.append(_told("this initiative owes", carried.initiative, adding, most))
    if carried.sponsored_by and carried.sponsor + adding > (most := rules.open_per_sponsor):
        whose = f"what {carried.sponsored_by} sponsors owes"
        reasons.append(_told(whose, carried.sponsor, adding, most))
    return reasons


def _told(owes: str, owed: int, adding: int, most: int) -> str:
    conditions = "condition" if owed == 1 else "conditions"
    return (
        f"Cap on conditions: {owes} {owed} {conditions}, this would add {adding}, and the playbook "
        f"allows {most}. Close some first; the page Conditions lists them."
    )
