"""Many initiatives at once, for imports: the same rules as ``services``, a few statements each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from audit.copying import insert_many
from audit.services import Actor, Entry, record_many
from initiatives import hooks
from initiatives.errors import Refused
from initiatives.models import BusinessUnit, Initiative
from initiatives.services import lock_many, next_numbers

UnitPath = tuple[str, ...]
BATCH = 2000


def folded(path: Iterable[str]) -> UnitPath:
    return tuple(name.casefold() for name in path)


class UnitTree:
    """The units by their names from the root; case tells no two units apart."""

    def __init__(self) -> None:
        self.names: dict[int, UnitPath] = {}
        self._units: dict[UnitPath, BusinessUnit] = {}
        # Ordered by depth, so that a parent is known before its children.
        for unit in sorted(BusinessUnit.objects.all(), key=lambda unit: unit.path.count("/")):
            self._keep(unit, (*self.names.get(unit.parent_id or 0, ()), unit.name))

    def _keep(self, unit: BusinessUnit, names: UnitPath) -> None:
        self.names[unit.pk] = names
        self._units.setdefault(folded(names), unit)

    def at(self, names: UnitPath) -> BusinessUnit:
        return self._units[folded(names)]

    def ensure(self, paths: Iterable[UnitPath]) -> list[BusinessUnit]:
        """Add what is missing, level by level; return the units that were added."""
        added: list[BusinessUnit] = []
        wanted = list(dict.fromkeys(paths))
        for depth in range(1, max(map(len, wanted), default=0) + 1):
            missing: dict[UnitPath, UnitPath] = {}
            for names in wanted:
                if len(names) >= depth and folded(names[:depth]) not in self._units:
                    missing.setdefault(folded(names[:depth]), names[:depth])
            units = [self._new(names) for names in missing.values()]
            BusinessUnit.objects.bulk_create(units, batch_size=BATCH)
            for unit, names in zip(units, missing.values(), strict=True):
                unit.path = f"{unit.parent.path if unit.parent else ''}{unit.pk}/"
                self._keep(unit, names)
            BusinessUnit.objects.bulk_update(units, ["path"], batch_size=BATCH)
            added += units
        return added

    def _new(self, names: UnitPath) -> BusinessUnit:
        parent = self.at(names[:-1]) if len(names) > 1 else None
        label = f"{parent.label} › {names[-1]}" if parent else names[-1]
        return BusinessUnit(name=names[-1], parent=parent, label=label, path="")


def create_many(*, fields: Sequence[Mapping[str, Any]], at: datetime) -> list[Initiative]:
    """Add initiatives in the order given. The caller starts their rollouts and writes the events.

    Call inside a transaction. ``fields`` are model fields, ``owner_id`` and ``sponsor_id`` too.
    """
    initiatives = [
        Initiative(
            number=number,
            created_at=at,
            touched_at=at,
            owner_since=at.date() if values.get("owner_id") else None,
            **values,
        )
        for number, values in zip(next_numbers(len(fields)), fields, strict=True)
    ]
    return insert_many(initiatives)


@transaction.atomic
def edit_many(
    *,
    changes: Mapping[int, Mapping[str, Any]],
    verb: str,
    summaries: Mapping[int, str],
    data: Mapping[int, Mapping[str, Any]],
    by: Actor,
    at: datetime,
) -> None:
    """Change fields of several initiatives, by id; one audit event and one version for each.

    Like ``conclude`` it counts as progress. Raises Refused for somebody who would own and sponsor.
    """
    locked = lock_many(changes)
    names: set[str] = set()
    for initiative in locked:
        values = dict(changes[initiative.pk])
        if "owner_id" in values:
            values["owner_since"] = at.date() if values["owner_id"] else None
        for name, value in values.items():
            setattr(initiative, name, value)
            names.add(name.removesuffix("_id"))
        if initiative.owner_id and initiative.owner_id == initiative.sponsor_id:
            raise Refused(f"{initiative}: one person cannot both own and sponsor it.")
    if names:
        Initiative.objects.bulk_update(locked, sorted(names), batch_size=BATCH)
    conclude_many(
        initiatives=locked, verb=verb, summaries=summaries, data=data, by=by, at=at, progress=True
    )


def conclude_many(
    *,
    initiatives: Sequence[Initiative],
    verb: str,
    summaries: Mapping[int, str],
    data: Mapping[int, Mapping[str, Any]],
    by: Actor,
    at: datetime,
    progress: bool,
) -> None:
    """End one change to several initiatives as ``conclude`` ends it for one, in few statements.

    The caller holds their locks. ``summaries`` and ``data`` are by the initiative's id.
    """
    touched: dict[str, Any] = {"version": F("version") + 1}
    if progress:
        touched["touched_at"] = at
    ids = [initiative.pk for initiative in initiatives]
    Initiative.objects.filter(pk__in=ids).update(**touched)
    record_many(
        entries=[
            Entry(
                chain=initiative.chain,
                verb=verb,
                summary=summaries[initiative.pk],
                data=dict(data[initiative.pk]),
            )
            for initiative in initiatives
        ],
        by=by,
        at=at,
    )
    hooks.changed(ids, at)


def remove_many(*, initiatives: Sequence[Initiative], units: Iterable[int]) -> None:
    """Delete initiatives with all that hangs on them, and those units that nothing uses any more.

    For taking an import back. The caller holds the locks and writes the events; the audit keeps
    its chains.
    """
    ids = [initiative.pk for initiative in initiatives]
    hooks.removing(ids)
    Initiative.objects.filter(pk__in=ids).delete()
    left = set(units)
    while left:
        unused = BusinessUnit.objects.filter(
            pk__in=left, children__isnull=True, initiatives__isnull=True
        )
        gone = set(unused.values_list("pk", flat=True))
        if not gone:
            break
        BusinessUnit.objects.filter(pk__in=gone).delete()
        left -= gone
