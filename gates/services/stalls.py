"""Saying what is behind a stall, and bringing back what came to rest."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.canonical import digest_of
from gates.case import Case, case_of
from gates.differences import differences
from gates.models import Decision, Outcome, Rollout, StallNote
from gates.models.rollouts import ENDED
from gates.services.decisions import FactsChanged, conclude_decision
from gates.services.rollouts import resume, start_rollout
from initiatives.errors import NotAllowed, Refused
from initiatives.services import conclude, lock
from playbook.labels import stall_reasons

AT_REST = "It is neither stalled nor over; there is nothing to revive."


def at_rest(case: Case) -> bool:
    """Whether it is paused, stalled or over."""
    return case.facts.stage in ENDED or bool(stall_reasons(case.document, case.facts))


def awaits_words(case: Case) -> bool:
    """Whether it is stalled without being paused: a pause carries its own words and cause."""
    return case.facts.paused_since is None and bool(stall_reasons(case.document, case.facts))


@transaction.atomic
def note_stall(*, rollout: Rollout, words: str, cause: str, by: User, at: datetime) -> StallNote:
    """Say what is said of a stall, and which failure mode is behind it. It stops no clock.

    Raises Refused for what is not stalled, is paused, or is said without words or cause.
    """
    initiative = lock(rollout.initiative_id)
    case = case_of(Rollout.objects.get(pk=rollout.pk), at=at)
    if case.facts.paused_since is not None:
        raise Refused("It is paused, and its pause says why. Resume it, or pause it anew.")
    if not awaits_words(case):
        raise Refused("It is not stalled; there is nothing to explain.")
    if not words.strip():
        raise Refused("What is said: write down the words given for the stall.")
    if cause not in {mode.key for mode in case.document.failure_modes}:
        raise Refused("Cause: choose which of the seven failure modes is behind it.")
    note = StallNote.objects.create(
        rollout=rollout, words=words.strip(), cause=cause, noted_by=by, noted_at=at
    )
    conclude(
        initiative=initiative,
        verb="rollout.stall_noted",
        summary=f"Of its stall: {note.words}",
        data={"rollout": rollout.pk, "cause": cause},
        by=by,
        at=at,
        progress=False,
    )
    return note


@transaction.atomic
def revive(
    *,
    rollout: Rollout,
    reason: str,
    change_by: date | None,
    seen: Mapping[str, Any],
    by: User,
    at: datetime,
) -> Decision:
    """Bring back what came to rest: end its pause, say what changes in its stall and by when, or
    begin anew at intake what was stopped or retired.

    Raises NotAllowed for somebody who may not decide this, FactsChanged when a fact differs from
    what was seen, and Refused with every reason why it cannot be revived like this.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("initiative", "playbook", "claim").get(pk=rollout.pk)
    case = case_of(stored, at=at)
    if by.pk not in case.decider_ids:
        raise NotAllowed(
            "The program office or the sponsor decides, and never the owner, the submitter or "
            "whoever brought the evidence."
        )
    if digest_of(seen) != case.digest:
        raise FactsChanged(differences(case.document, seen, case.seen))
    if reasons := _against(case, reason, change_by, at.date()):
        raise Refused(reasons)
    decision = Decision.objects.create(
        rollout=stored,
        outcome=Outcome.REVIVE,
        from_stage=stored.stage,
        to_stage=stored.stage,
        decided_by=by,
        decided_at=at,
        owner=initiative.owner,
        reason=reason.strip(),
        change_by=change_by,
        facts=case.seen,
        digest=case.digest,
    )
    if not stored.live:
        start_rollout(initiative=initiative, by=by, at=at)
    elif case.facts.paused_since is not None:
        resume(rollout=stored, by=by, at=at)
    conclude_decision(initiative, decision, by=by, at=at)
    return decision


def _against(case: Case, reason: str, change_by: date | None, today: date) -> list[str]:
    reasons = [] if reason.strip() else ["What changes: say it in a sentence or two."]
    if not at_rest(case):
        reasons.append(AT_REST)
    if case.facts.stage not in ENDED and (change_by is None or change_by <= today):
        reasons.append("By when: name a day after today.")
    return reasons
