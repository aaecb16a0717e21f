"""What gates do to money: a go releases it, a return freezes it, an end gives it back.

Every service locks the initiative first, as the decision does, so that no tranche changes while
its gate is being decided.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import Actor, Entry, record_many
from gates.models import Decision, GatedTranche, Passage, Release, Rollout, Stage
from gates.models.decisions import PASSING
from gates.models.rollouts import ENDED, PATH
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative, Tranche
from initiatives.money import facts_of, told
from initiatives.services import conclude, lock


def gate_into(stage: str) -> int:
    """The gate whose go opens the stage, and so releases the money for it."""
    return PATH.index(Stage(stage)) - 1


def standing_decision(initiative: Initiative, stage: str) -> Decision | None:
    """The go at the gate into the stage, as long as the rollout is live and the go counts."""
    passage = (
        Passage.objects.filter(
            rollout__in=Rollout.objects.live().filter(initiative=initiative),
            gate=gate_into(stage),
            void_since__isnull=True,
        )
        .select_related("decision__rollout")
        .first()
    )
    return passage.decision if passage else None


def moved_back(decision: Decision) -> bool:
    """Whether it led to an earlier stage: a return, or a go revoked."""
    before, after = Stage(decision.from_stage), Stage(decision.to_stage)
    return before in PATH and after in PATH and PATH.index(after) < PATH.index(before)


def follow(*, initiative: Initiative, decision: Decision, by: Actor, at: datetime) -> None:
    """What the decision does to the initiative's money, in the decision's own transaction."""
    unreleased = GatedTranche.objects.filter(initiative=initiative).unreleased()
    if decision.outcome in PASSING and isinstance(by, User) and decision.gate is not None:
        _release(unreleased.ready().filter(stage=PATH[decision.gate + 1]), decision, by, at)
    elif decision.to_stage in ENDED and decision.from_stage not in ENDED:
        _mark(unreleased, "withdrawn", f"given back: {decision}", by, at)
    elif moved_back(decision):
        later = PATH[PATH.index(Stage(decision.to_stage)) :]
        affected = unreleased.filter(stage__in=later, frozen_at__isnull=True)
        _mark(affected, "frozen", f"frozen: {decision}", by, at)


def _release(tranches: Iterable[Tranche], decision: Decision, by: User, at: datetime) -> None:
    released = Release.objects.bulk_create(
        Release(
            tranche=tranche,
            decision=decision,
            amount=tranche.amount,
            released_by=by,
            released_at=at,
        )
        for tranche in tranches
    )
    record_many(
        entries=[_entry(each.tranche, "released", f"released by {decision}") for each in released],
        by=by,
        at=at,
    )


def _mark(tranches: Iterable[GatedTranche], done: str, words: str, by: Actor, at: datetime) -> None:
    marked = list(tranches)
    for tranche in marked:
        setattr(tranche, f"{done}_at", at)
    GatedTranche.objects.bulk_update(marked, [f"{done}_at"])
    record_many(entries=[_entry(each, done, words) for each in marked], by=by, at=at)


def _entry(tranche: Tranche, done: str, words: str) -> Entry:
    return Entry(
        f"initiative:{tranche.initiative_id}",
        f"tranche.{done}",
        f"{told(tranche.amount, tranche.currency)} for {_stage(tranche)} {words}",
        facts_of(tranche),
    )


def _stage(tranche: Tranche) -> str:
    return str(Stage(tranche.stage).label).lower()


@transaction.atomic
def release(*, tranche: Tranche, by: User, at: datetime) -> Release:
    """Release what was approved only after its gate was passed, naming that gate's decision.

    Raises NotAllowed for whoever asked, approved or owns the initiative. Raises Refused unless the
    tranche is approved, neither released, frozen nor withdrawn, and pays for the stage that the
    rollout is in, by a go that counts.
    """
    initiative = lock(tranche.initiative_id)
    stored = _unreleased(tranche)
    if by.pk in stored.hands:
        raise NotAllowed("Whoever asked, approved or owns the initiative does not release it.")
    if stored.approved_at is None:
        raise Refused("Only approved money is released. Have it approved first.")
    if stored.frozen_at is not None:
        raise Refused("It is frozen since a return. Thaw it once its gate is passed anew.")
    decision = standing_decision(initiative, stored.stage)
    if decision is None:
        raise Refused(
            f"Gate {gate_into(stored.stage)} is not passed. Its go releases this money by itself."
        )
    if decision.rollout.stage != stored.stage:
        now = Stage(decision.rollout.stage).label.lower()
        raise Refused(
            f"It pays for {_stage(stored)}, which is over. Withdraw it and ask for {now}."
        )
    row = Release.objects.create(
        tranche=stored,
        decision=decision,
        amount=stored.amount,
        released_by=by,
        released_at=at,
    )
    _conclude(initiative, stored, "released", f"released by {decision}", by, at)
    return row


@transaction.atomic
def withdraw(*, tranche: Tranche, by: User, at: datetime) -> None:
    """Take a tranche back, asked for or approved. Raises Refused once it is released."""
    initiative = lock(tranche.initiative_id)
    stored = _unreleased(tranche)
    stored.withdrawn_at = at
    stored.save(update_fields=["withdrawn_at"])
    _conclude(initiative, stored, "withdrawn", "withdrawn", by, at)


@transaction.atomic
def thaw(*, tranche: Tranche, by: User, at: datetime) -> None:
    """Let money that a return froze count again. Raises Refused until its gate is passed anew."""
    initiative = lock(tranche.initiative_id)
    stored = _unreleased(tranche)
    if stored.frozen_at is None:
        raise Refused("It is not frozen.")
    if standing_decision(initiative, stored.stage) is None:
        gate = gate_into(stored.stage)
        raise Refused(f"Gate {gate} is to be passed anew before this money is thawed.")
    stored.frozen_at = None
    stored.save(update_fields=["frozen_at"])
    _conclude(initiative, stored, "thawed", "thawed", by, at)


def _unreleased(tranche: Tranche) -> GatedTranche:
    """The tranche as it is now. Raises Refused when nothing can be done with it any more."""
    stored = GatedTranche.objects.select_related("release", "initiative").get(pk=tranche.pk)
    if hasattr(stored, "release"):
        raise Refused("It is released, and a release stands.")
    if stored.withdrawn_at is not None:
        raise Refused("It was withdrawn. Ask anew.")
    return stored


def _conclude(
    initiative: Initiative, tranche: Tranche, done: str, words: str, by: User, at: datetime
) -> None:
    entry = _entry(tranche, done, words)
    conclude(
        initiative=initiative, verb=entry.verb, summary=entry.summary, data=entry.data, by=by, at=at
    )
