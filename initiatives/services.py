"""Every change to an initiative itself. Each takes the row lock first and ends in ``conclude``."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Field

from accounts.models import User
from audit.models import FIGURES_RECORDED
from audit.services import SYSTEM, Actor, Entry, acts_through, record, record_many
from initiatives import hooks
from initiatives.errors import Refused
from initiatives.models import BusinessUnit, Initiative, Membership

EDITABLE = (
    "name",
    "problem",
    "benefit",
    "unit",
    "pilot_team",
    "production_team",
    "production_engineering",
    "production_budget",
    "production_mandate",
    "production_owner",
    "production_funder",
    "funding_mechanism",
    "population",
    "population_unit",
    "impact_class",
    "value_score",
    "feasibility_score",
    "integration_complexity",
    "architecture",
    "architecture_note",
)


def lock(initiative_id: int) -> Initiative:
    """The initiative with its row locked until the transaction ends. Take it before any read.

    Raises Initiative.DoesNotExist.
    """
    return Initiative.objects.select_for_update(no_key=True, of=("self",)).get(pk=initiative_id)


def lock_many(initiative_ids: Iterable[int]) -> list[Initiative]:
    """Several initiatives, locked in ascending order so that two callers never wait in a ring."""
    return list(
        Initiative.objects.filter(pk__in=set(initiative_ids))
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )


def conclude(
    *,
    initiative: Initiative,
    verb: str,
    summary: str,
    by: Actor,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> None:
    """End a change: count it, write its audit event, let derived rows follow.

    ``progress`` is false for what no person did (a sweep, a feed): it stops no stall clock, nor
    does what a program does through somebody's token.
    """
    conclude_all(
        initiative=initiative,
        said=[(summary, data or {})],
        verb=verb,
        by=by,
        at=at,
        progress=progress,
    )


def conclude_all(
    *,
    initiative: Initiative,
    verb: str,
    said: Iterable[tuple[str, Mapping[str, Any]]],
    by: Actor,
    at: datetime,
    progress: bool = True,
) -> None:
    """End several changes of a kind to one initiative at once: each has an audit event of these
    words and data, and derived rows follow all of them together."""
    touched: dict[str, Any] = {"version": F("version") + 1}
    if progress and not acts_through():
        touched["touched_at"] = at
    Initiative.objects.filter(pk=initiative.pk).update(**touched)
    record_many(
        entries=[
            Entry(chain=initiative.chain, verb=verb, summary=summary, data=dict(data))
            for summary, data in said
        ],
        by=by,
        at=at,
    )
    hooks.changed([initiative.pk], at)


def conclude_figures(
    *,
    said: Mapping[Initiative, tuple[str, Mapping[str, Any]]],
    typed: bool,
    by: Actor,
    at: datetime,
) -> None:
    """End the recording of figures: an audit event for each initiative, of these words and data.

    What somebody typed is progress and is judged at once. What came by itself comes by the
    thousand, and derived rows follow it in a moment. Neither counts as a change of what people
    write, which nobody can overwrite with a figure.
    """
    record_many(
        entries=[
            Entry(initiative.chain, FIGURES_RECORDED, summary, dict(data))
            for initiative, (summary, data) in said.items()
        ],
        by=by,
        at=at,
    )
    ids = [initiative.pk for initiative in said]
    if not typed:
        hooks.figures_came(ids, at)
        return
    if not acts_through():
        Initiative.objects.filter(pk__in=ids).update(touched_at=at)
    hooks.changed(ids, at)


def next_numbers(count: int) -> list[int]:
    """The next reference numbers. A number is never given twice, not even after an undo."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('initiatives_number') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def create_initiative(
    *,
    fields: Mapping[str, Any],
    by: User,
    at: datetime,
    owner: User | None = None,
    sponsor: User | None = None,
    form_key: UUID | None = None,
) -> Initiative:
    """Add an initiative. Its rollout is started by the gates above."""
    initiative = Initiative(
        number=next_numbers(1)[0],
        owner=owner,
        owner_since=at.date() if owner else None,
        sponsor=sponsor,
        form_key=form_key,
        created_at=at,
        touched_at=at,
        **{name: value for name, value in fields.items() if name in EDITABLE},
    )
    initiative.save()
    conclude(
        initiative=initiative,
        verb="initiative.created",
        summary=f"Added {initiative.name}",
        data={"name": initiative.name, "unit": str(initiative.unit)},
        by=by,
        at=at,
    )
    return initiative


def added_by_form(key: UUID) -> Initiative | None:
    """What a form added when it was sent before.

    Call it before adding, in the same transaction: a form sent twice at once waits for itself.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(key)])
    return Initiative.objects.filter(form_key=key).first()


@transaction.atomic
def edit_initiative(
    *, initiative: Initiative, fields: Mapping[str, Any], version: int, by: User, at: datetime
) -> Initiative:
    """Change what is known of an initiative.

    Raises Refused when somebody changed the same fields since ``version`` was read.
    """
    stored = lock(initiative.pk)
    changes = {
        name: (getattr(stored, name), value)
        for name, value in fields.items()
        if name in EDITABLE and getattr(stored, name) != value
    }
    if not changes:
        return stored
    if stored.version != version and any(
        getattr(initiative, name) != before for name, (before, _after) in changes.items()
    ):
        raise Refused("Somebody else changed this initiative meanwhile. Check what it says now.")
    for name, (_before, after) in changes.items():
        setattr(stored, name, after)
    stored.save(update_fields=[*changes])
    conclude(
        initiative=stored,
        verb="initiative.edited",
        summary=f"Changed {', '.join(_label(name) for name in changes)}",
        data={name: [str(before), str(after)] for name, (before, after) in changes.items()},
        by=by,
        at=at,
    )
    return stored


def _label(name: str) -> str:
    field = Initiative._meta.get_field(name)
    assert isinstance(field, Field)
    return str(field.verbose_name)


@transaction.atomic
def assign_people(
    *,
    initiatives: Sequence[Initiative],
    by: User,
    at: datetime,
    owner: User | None = None,
    sponsor: User | None = None,
) -> int:
    """Set owner, sponsor or both on several initiatives; return how many changed.

    Raises Refused for somebody who can no longer sign in, or who would be owner and sponsor.
    """
    for person in (owner, sponsor):
        if person is not None and not person.is_active:
            raise Refused(f"{person} can no longer sign in. Choose somebody else.")
    changed = 0
    locked = lock_many(initiative.pk for initiative in initiatives)
    clashes = [
        str(i)
        for i in locked
        if (sponsor or i.sponsor_id) and _same(owner or i.owner_id, sponsor or i.sponsor_id)
    ]
    if clashes:
        raise Refused(
            f"One person cannot both own and sponsor: {'; '.join(clashes[:5])}. "
            "The sponsor decides what the owner submits."
        )
    with hooks.gathered(at):
        for initiative in locked:
            changed += _assign(initiative, owner=owner, sponsor=sponsor, by=by, at=at)
    return changed


def _assign(
    initiative: Initiative, *, owner: User | None, sponsor: User | None, by: User, at: datetime
) -> bool:
    said = []
    if owner is not None and initiative.owner_id != owner.pk:
        initiative.owner, initiative.owner_since = owner, at.date()
        said.append(f"{owner} owns it")
    if sponsor is not None and initiative.sponsor_id != sponsor.pk:
        initiative.sponsor = sponsor
        said.append(f"{sponsor} sponsors it")
    if not said:
        return False
    initiative.save(update_fields=["owner", "owner_since", "sponsor"])
    conclude(
        initiative=initiative,
        verb="initiative.assigned",
        summary="; ".join(said),
        data={"owner": initiative.owner_id, "sponsor": initiative.sponsor_id},
        by=by,
        at=at,
    )
    return True


def _same(one: User | int | None, other: User | int | None) -> bool:
    def pk(person: User | int | None) -> int | None:
        return person.pk if isinstance(person, User) else person

    return pk(one) is not None and pk(one) == pk(other)


@transaction.atomic
def set_contributors(
    *, initiative: Initiative, people: Sequence[User], by: User, at: datetime
) -> None:
    """Replace the contributors by these people."""
    stored = lock(initiative.pk)
    wanted = {person.pk for person in people}
    Membership.objects.filter(initiative=stored).exclude(user__in=wanted).delete()
    Membership.objects.bulk_create(
        [Membership(initiative=stored, user=person) for person in people], ignore_conflicts=True
    )
    names = ", ".join(str(person) for person in people) or "nobody"
    conclude(
        initiative=stored,
        verb="initiative.contributors",
        summary=f"Contributors: {names}",
        data={"contributors": sorted(wanted)},
        by=by,
        at=at,
    )


def lock_units() -> None:
    """Wait until nobody else adds units, and keep others waiting until the transaction ends.

    Take it before the lock of any initiative, so that two callers never wait in a ring.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clearway.units'))")


@transaction.atomic
def unit_at(*, names: Sequence[str], by: Actor, at: datetime) -> BusinessUnit:
    """The unit at the end of these names from the root, made where it is missing."""
    lock_units()
    unit: BusinessUnit | None = None
    for name in names:
        found = BusinessUnit.objects.filter(parent=unit, name=name).first()
        unit = found or _new_unit(name=name, parent=unit, by=by, at=at)
    assert unit is not None, "a unit needs a name"
    return unit


def _new_unit(*, name: str, parent: BusinessUnit | None, by: Actor, at: datetime) -> BusinessUnit:
    unit = BusinessUnit(name=name, parent=parent)
    unit.label = f"{parent.label} › {name}" if parent else name
    unit.save()
    unit.path = f"{parent.path if parent else ''}{unit.pk}/"
    unit.save(update_fields=["path"])
    entry = Entry(SYSTEM, "unit.added", f"Added the unit {unit}", {"unit": unit.pk})
    record(entry=entry, by=by, at=at)
    return unit
