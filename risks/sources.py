"""The source systems of an initiative: listed, changed and taken off, each with its event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from risks.models import SourceSystem

FIELDS = (
    "name",
    "pilot_way",
    "production_way",
    "security",
    "latency_ms",
    "months",
    "in_scope",
    "in_budget",
)


@transaction.atomic
def list_source(
    *, initiative: Initiative, fields: Mapping[str, Any], by: User, at: datetime
) -> SourceSystem:
    """List a system that production reads from or writes to.

    ``fields`` are those of SourceSystem named in FIELDS; what is left out is unknown. Raises
    Refused without a name, or for a system that is listed already.
    """
    stored = lock(initiative.pk)
    source = SourceSystem(initiative=stored)
    _fill(source, fields)
    _save(source, by, at)
    conclude(
        initiative=stored,
        verb="source.listed",
        summary=f"Source system listed: {source.name}",
        data=_told(source),
        by=by,
        at=at,
    )
    return source


@transaction.atomic
def change_source(
    *, source: SourceSystem, fields: Mapping[str, Any], by: User, at: datetime
) -> SourceSystem:
    """Change what is known of a listed system; what ``fields`` leaves out stays.

    Raises Refused as listing does, and SourceSystem.DoesNotExist once it is taken off.
    """
    initiative = lock(source.initiative_id)
    stored = SourceSystem.objects.live().get(pk=source.pk)
    before = _told(stored)
    _fill(stored, fields)
    after = _told(stored)
    changed = {key: [before[key], after[key]] for key in FIELDS if before[key] != after[key]}
    if changed:
        _save(stored, by, at)
        conclude(
            initiative=initiative,
            verb="source.changed",
            summary=f"Source system changed: {stored.name}",
            data={"source": stored.pk, "changed": changed},
            by=by,
            at=at,
        )
    return stored


@transaction.atomic
def remove_source(*, source: SourceSystem, by: User, at: datetime) -> None:
    """Take off a system that production does not need. The history keeps what was known of it, and
    whoever had a hand in it decides nothing that it told."""
    initiative = lock(source.initiative_id)
    stored = SourceSystem.objects.live().get(pk=source.pk)
    stored.removed_by, stored.removed_at = by, at
    stored.touched_by(by.pk)
    stored.save(update_fields=["removed_by", "removed_at", "hands"])
    conclude(
        initiative=initiative,
        verb="source.removed",
        summary=f"Source system taken off: {stored.name}",
        data=_told(stored),
        by=by,
        at=at,
    )


def _fill(source: SourceSystem, fields: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in fields:
            value = fields[name]
            setattr(source, name, value.strip() if isinstance(value, str) else value)
    if not source.name:
        raise Refused("System: give its name.")
    listed = SourceSystem.objects.live().filter(initiative=source.initiative_id)
    others = listed.exclude(pk=source.pk)
    if others.filter(name__iexact=source.name).exists():
        raise Refused(f"System: “{source.name}” is listed already. Change that row.")


def _save(source: SourceSystem, by: User, at: datetime) -> None:
    source.listed_by, source.listed_at = by, at
    source.touched_by(by.pk)
    source.save()


def _told(source: SourceSystem) -> dict[str, Any]:
    """What an event says of it."""
    return {"source": source.pk, **{name: getattr(source, name) for name in FIELDS}}
