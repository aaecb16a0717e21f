"""Changes to what initiatives share: who relies on what, what failed in it, and what that means.

A failure changes what the guards of every initiative that relies on the same thing read. So whoever
begins or ends to rely on it, and whoever records or mends a failure of it, first takes the lock of
the thing's own row, and then those of the initiatives, in ascending order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from initiatives import hooks
from initiatives.bulk import conclude_many
from initiatives.errors import Refused
from initiatives.models import Dependency, Fault, FaultAnswer, Initiative, Reliance
from initiatives.services import conclude, lock, lock_many
from playbook.document import FailureMode


def _hold(dependency_id: int) -> Dependency:
    """What is shared, with its row locked: nobody begins or ends to rely on it meanwhile.

    Raises Dependency.DoesNotExist.
    """
    return Dependency.objects.select_for_update(no_key=True).get(pk=dependency_id)


@transaction.atomic
def name_and_rely_on(
    *,
    initiative: Initiative,
    kind: str,
    name: str,
    owner: str,
    note: str,
    used_for: str,
    by: User,
    at: datetime,
) -> Reliance:
    """Name something shared that nobody has named yet, and say that the initiative relies on it.

    Raises Refused without a name or a use, and for what is named already.
    """
    name = name.strip()
    if not name:
        raise Refused("Name: say what it is called.")
    with connection.cursor() as cursor:  # two who name the same at once: the second is told
        key = f"dependency:{kind}:{name.lower()}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    if known := Dependency.objects.called(kind, name).first():
        raise Refused(f"Name: {known.called} is known already. Take that one.")
    dependency = Dependency.objects.create(
        kind=kind, name=name, owner=owner.strip(), note=note.strip(), named_by=by, named_at=at
    )
    return rely_on(initiative=initiative, dependency=dependency, used_for=used_for, by=by, at=at)


@transaction.atomic
def rely_on(
    *, initiative: Initiative, dependency: Dependency, used_for: str, by: User, at: datetime
) -> Reliance:
    """Say that the initiative relies on something shared, and for what.

    Raises Refused without a use, and for what it lists already.
    """
    held = _hold(dependency.pk)
    stored = lock(initiative.pk)
    if not used_for.strip():
        raise Refused("Used for: say in a few words what it is used for.")
    if Reliance.objects.filter(initiative=stored, dependency=held).exists():
        raise Refused(f"{held} is listed already.")
    reliance = Reliance.objects.create(
        initiative=stored, dependency=held, used_for=used_for.strip(), listed_by=by, listed_at=at
    )
    conclude(
        initiative=stored,
        verb="dependency.listed",
        summary=f"Relies on {held.called}: {reliance.used_for}",
        data=_told(reliance),
        by=by,
        at=at,
    )
    return reliance


@transaction.atomic
def take_off(*, reliance: Reliance, by: User, at: datetime) -> None:
    """The initiative no longer relies on it.

    Raises Refused while a failure of it, found elsewhere, waits for an answer, or one that was
    found here is not mended: neither goes away by looking away. Raises Reliance.DoesNotExist once
    it is taken off.
    """
    held = _hold(reliance.dependency_id)
    initiative = lock(reliance.initiative_id)
    stored = Reliance.objects.get(pk=reliance.pk)
    faults = Fault.objects.open().filter(dependency=held)
    if faults.filter(found_in=initiative).exists():
        raise Refused(f"{held}: say how its failure was mended before you take it off.")
    if faults.exclude(answers__initiative=initiative).exists():
        raise Refused(f"{held}: say what its failure means here before you take it off.")
    told = _told(stored)
    stored.delete()
    conclude(
        initiative=initiative,
        verb="dependency.taken_off",
        summary=f"No longer relies on {held.called}",
        data=told,
        by=by,
        at=at,
    )


def _told(reliance: Reliance) -> dict[str, Any]:
    dependency = reliance.dependency
    return {
        "dependency": dependency.pk,
        "kind": dependency.kind,
        "name": dependency.name,
        "used_for": reliance.used_for,
    }


@transaction.atomic
def record_fault(
    *,
    dependency: Dependency,
    found_in: Initiative,
    mode: FailureMode,
    text: str,
    by: User,
    at: datetime,
) -> Fault:
    """Record a failure of something shared where it was found. Every other initiative that relies
    on it is asked what it means there, and has the event in its own history.

    Raises Refused without words, and in an initiative that does not list the thing.
    """
    held = _hold(dependency.pk)
    stored, others = _lock_all(held, found_in)
    if not text.strip():
        raise Refused("What failed: say it in a sentence.")
    if not stored.reliances.filter(dependency=held).exists():
        raise Refused(f"{held}: list it among the dependencies of this initiative first.")
    fault = Fault.objects.create(
        dependency=held,
        found_in=stored,
        mode=mode.key,
        text=text.strip(),
        found_by=by,
        found_at=at,
    )
    _conclude_all(
        fault,
        stored,
        others,
        verbs=("dependency.failed", "dependency.failed_elsewhere"),
        here_says=f"{held} failed here: {fault.text}",
        there_says=f"{held} failed in {stored.reference}: {fault.text}",
        by=by,
        at=at,
    )
    return fault


@transaction.atomic
def mend_fault(*, fault: Fault, note: str, by: User, at: datetime) -> Fault:
    """Say how a failure was mended where it was found; it asks nobody anything any more.

    Raises Refused without words, and for one that was mended before.
    """
    held = _hold(fault.dependency_id)
    stored, others = _lock_all(held, fault.found_in)
    row = _open(fault)
    if not note.strip():
        raise Refused("How it was mended: say it in a sentence.")
    row.mended_by, row.mended_at, row.mended_note = by, at, note.strip()
    row.save(update_fields=["mended_by", "mended_at", "mended_note"])
    _conclude_all(
        row,
        stored,
        others,
        verbs=("dependency.mended", "dependency.mended_elsewhere"),
        here_says=f"{held} is mended: {row.mended_note}",
        there_says=f"{held} is mended in {stored.reference}: {row.mended_note}",
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def answer_fault(
    *, fault: Fault, initiative: Initiative, verdict: str, text: str, by: User, at: datetime
) -> FaultAnswer:
    """Say what a failure that was found elsewhere means here. A later answer takes the place of
    an earlier one; the history keeps both.

    Raises Refused without words, for a failure that was found here or is mended, and in an
    initiative that does not rely on the thing.
    """
    stored = lock(initiative.pk)
    row = _open(fault)
    if not text.strip():
        raise Refused("Why, or what is done about it: say it in a sentence.")
    if row.found_in_id == stored.pk:
        raise Refused("This failure was found here. Say how it was mended.")
    if not stored.reliances.filter(dependency=row.dependency_id).exists():
        raise Refused(f"{row.dependency}: this initiative does not rely on it.")
    answer, _created = FaultAnswer.objects.update_or_create(
        fault=row,
        initiative=stored,
        defaults={
            "verdict": verdict,
            "text": text.strip(),
            "answered_by": by,
            "answered_at": at,
        },
    )
    conclude(
        initiative=stored,
        verb="dependency.answered",
        summary=f"{row.dependency}: {answer.get_verdict_display().lower()}. {answer.text}",
        data={"fault": row.pk, "verdict": verdict, "text": answer.text},
        by=by,
        at=at,
    )
    return answer


def _open(fault: Fault) -> Fault:
    row = Fault.objects.select_related("dependency").get(pk=fault.pk)
    if row.mended_at is not None:
        raise Refused("This failure is mended already. Record a new one if it failed again.")
    return row


def _lock_all(held: Dependency, found_in: Initiative) -> tuple[Initiative, list[Initiative]]:
    """The initiative in which a failure was found and the others that rely on the thing, locked."""
    ids = {found_in.pk, *held.reliances.values_list("initiative", flat=True)}
    locked = lock_many(ids)
    (here,) = (each for each in locked if each.pk == found_in.pk)
    return here, [each for each in locked if each.pk != found_in.pk]


def _conclude_all(
    fault: Fault,
    here: Initiative,
    others: Sequence[Initiative],
    *,
    verbs: tuple[str, str],
    here_says: str,
    there_says: str,
    by: User,
    at: datetime,
) -> None:
    """One event in each history; progress only where the failure was found."""
    data = {"fault": fault.pk, "dependency": fault.dependency_id, "mode": fault.mode}
    with hooks.gathered(at):
        conclude(initiative=here, verb=verbs[0], summary=here_says, data=data, by=by, at=at)
        ids = [other.pk for other in others]
        conclude_many(
            initiatives=others,
            verb=verbs[1],
            summaries=dict.fromkeys(ids, there_says),
            data={pk: {**data, "found_in": here.reference} for pk in ids},
            by=by,
            at=at,
            progress=False,
        )
