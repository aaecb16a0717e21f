"""What the running system contributes to the facts of a gate: whom it reaches, who uses it."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from django.db.models import OuterRef

from accounts.facts import Rows, person
from operations.models import Exposure, UserGroup
from playbook.facts import CountFact, ExposureFact, GroupFact

# Weekly counts of more than a year: a breach that lasts is told by the day on which it showed.
COUNTS_READ = 60


def subqueries(initiative: str) -> dict[str, Rows]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "exposures_data": Rows(
            Exposure.objects.filter(initiative=OuterRef(initiative)).order_by("-counted_on")[
                :COUNTS_READ
            ],
            exposed="exposed",
            counted_on="counted_on",
            author=person("recorded_by"),
        ),
        "groups_data": Rows(
            UserGroup.objects.filter(initiative=OuterRef(initiative)).order_by("id"),
            id="id",
            name="name",
            people="people",
            using="using",
            target_percent="target_percent",
            action="action",
            measured_on="measured_on",
            done_at="action_done_at",
            author=person("measured_by"),
        ),
    }


def exposure_of(rows: Sequence[Any], since: date) -> ExposureFact | None:
    """The newest count, and how often in a row the counts since that day have risen."""
    if not rows:
        return None
    counts = [CountFact(date.fromisoformat(row["counted_on"]), row["exposed"]) for row in rows]
    newest, *earlier = counts
    within = [count for count in counts if count.counted_on >= since]
    rises = 0
    for newer, older in pairwise(within):
        if newer.exposed <= older.exposed:
            break
        rises += 1
    return ExposureFact(
        newest.exposed,
        newest.counted_on,
        rises,
        tuple(count for count in earlier if count.counted_on >= since),
    )


def groups_of(rows: Sequence[Any]) -> tuple[GroupFact, ...]:
    return tuple(
        GroupFact(
            id=row["id"],
            name=row["name"],
            people=row["people"],
            using=row["using"],
            target_percent=row["target_percent"],
            acted_on=bool(row["action"]) and not _spent(row),
        )
        for row in rows
    )


def _spent(row: Any) -> bool:
    """Whether the action was finished before the use that it did not raise was measured."""
    done, measured = row["done_at"], row["measured_on"]
    return bool(done and measured) and measured > done[:10]


def adoption(groups: Sequence[GroupFact]) -> float | None:
    """The share, in percent, of the people in measured groups who use it; None when none is."""
    measured = [group for group in groups if group.using is not None]
    people = sum(group.people for group in measured)
    return 100 * sum(group.using or 0 for group in measured) / people if people else None
