"""Every change to whom the system reaches and how it is kept good."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.words import day_words
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from operations.models import Exposure


@transaction.atomic
def count_exposure(
    *,
    initiative: Initiative,
    exposed: int,
    counted_on: date,
    by: User,
    at: datetime,
    note: str = "",
) -> Exposure:
    """Record how many have access on a day; a second count of one day replaces the first.

    Raises Refused for a day to come.
    """
    stored = lock(initiative.pk)
    if counted_on > at.date():
        raise Refused("Counted on: choose today or an earlier day.")
    row, _created = Exposure.objects.update_or_create(
        initiative=stored,
        counted_on=counted_on,
        defaults={
            "exposed": exposed,
            "note": note.strip(),
            "recorded_by": by,
            "recorded_at": at,
        },
    )
    conclude(
        initiative=stored,
        verb="exposure.counted",
        summary=f"{exposed:,} have access, counted on {day_words(counted_on)}",
        data={"exposed": exposed, "counted_on": counted_on, "note": row.note},
        by=by,
        at=at,
    )
    return row
