"""Taking gates back: what a passed gate rested on gave way, and stayed away past its grace."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from audit.services import SystemActor
from audit.words import day_words
from gates.case import Case, case_of
from gates.models import Decision, Outcome, Passage, Rollout, Slip
from gates.services.decisions import conclude_decision
from gates.services.rereviews import review_again, unreviewed
from initiatives import hooks
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from playbook.findings import Finding
from playbook.standing_facts import taken_back_on, words_of


def in_question() -> list[int]:
    """The ids of rollouts at which something may be to do, in few indexed queries.

    Standings only point at them: ``settle`` judges anew under lock.
    """
    giving_way = Rollout.objects.live().filter(~Q(standing__failing=[]), standing__isnull=False)
    slipping = Slip.objects.filter(ended_on__isnull=True)
    return sorted(
        {
            *giving_way.values_list("pk", flat=True),
            *slipping.values_list("passage__rollout", flat=True),
            *unreviewed().values_list("rollout", flat=True),
        }
    )


@transaction.atomic
def settle(*, rollout: Rollout, at: datetime) -> None:
    """Bring the slips of a rollout up to what its facts say today.

    A slip opens when a passed gate stops holding and ends when all holds again; one that opens
    again within the grace goes on from its first day, so that coming and going wins no time. One
    that outlasts the playbook's grace takes its gate back by an automatic decision: that passage
    is void and the gate is owed, the stage stays, and a review of it opens.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("initiative", "playbook").get(pk=rollout.pk)
    with hooks.gathered(at):
        case = case_of(stored, at=at)
        _end(initiative, stored, case, at)
        _open(initiative, stored, case, at)
        for slip in _outlasted(stored, case, at):
            _take_back(initiative, stored, slip, at)
        review_again(initiative=initiative, rollout=stored, at=at)


def _slips(rollout: Rollout) -> Sequence[Slip]:
    slips = Slip.objects.filter(passage__rollout=rollout, ended_on__isnull=True)
    return list(slips.select_related("passage").order_by("passage__gate"))


def _end(initiative: Initiative, rollout: Rollout, case: Case, at: datetime) -> None:
    """End the slips of gates that hold again, or that nobody counts on any more."""
    for slip in _slips(rollout):
        gate = slip.passage.gate
        if slip.passage.void_since is None and gate in case.failing:
            continue
        slip.ended_on = at.date()
        slip.save(update_fields=["ended_on"])
        counted = slip.passage.void_since is None and rollout.live
        _tell(
            initiative,
            "slip.ended",
            f"Gate {gate} holds again" if counted else f"Gate {gate} no longer counts",
            {"slip": slip.pk, "gate": gate, "since": slip.since},
            at,
        )


def _open(initiative: Initiative, rollout: Rollout, case: Case, at: datetime) -> None:
    """Open a slip for each gate that stopped holding; keep the words of the others true."""
    known = {slip.passage.gate: slip for slip in _slips(rollout)}
    passages: Mapping[int, Passage] = {
        passage.gate: passage for passage in rollout.passages.filter(void_since__isnull=True)
    }
    for gate, findings in case.failing.items():
        text = words_of(findings)
        slip = known.get(gate) or _opened(passages[gate], case, at)
        opened = gate not in known
        if slip.text == text and not opened:
            continue
        slip.text = text
        slip.save()
        back = taken_back_on(case.document, slip.since)
        until = f" and is taken back on {day_words(max(back, at.date()))}" if back else ""
        _tell(
            initiative,
            "slip.opened" if opened else "slip.changed",
            f"Gate {gate} is giving way{until}. {text}",
            {"slip": slip.pk, "gate": gate, "facts": _ids(findings), "since": slip.since},
            at,
        )


def _opened(passage: Passage, case: Case, at: datetime) -> Slip:
    """A new slip, or the former one where it ended no longer ago than the grace."""
    rules = case.document.regate
    within = at.date() - timedelta(days=rules.grace_days if rules else 0)
    slip = passage.slips.filter(ended_on__gt=within).first()
    if slip is None:
        return Slip(passage=passage, since=at.date())
    slip.ended_on = None
    return slip


def _outlasted(rollout: Rollout, case: Case, at: datetime) -> list[Slip]:
    return [
        slip
        for slip in _slips(rollout)
        if (back := taken_back_on(case.document, slip.since)) and at.date() >= back
    ]


def _take_back(initiative: Initiative, rollout: Rollout, slip: Slip, at: datetime) -> None:
    case = case_of(rollout, at=at)  # of its own: an earlier gate may just have gone
    passage = slip.passage
    decision = Decision(
        rollout=rollout,
        gate=passage.gate,
        outcome=Outcome.LAPSE,
        from_stage=rollout.stage,
        to_stage=rollout.stage,
        decided_at=at,
        owner=initiative.owner,
        reason=f"It has not held since {day_words(slip.since)}. {slip.text}",
        facts=case.seen,
        digest=case.digest,
    )
    decision.save()
    slip.ended_on, slip.lapse = at.date(), decision
    slip.save(update_fields=["ended_on", "lapse"])
    passage.void_since, passage.voided_by = at, decision
    passage.save(update_fields=["void_since", "voided_by"])
    conclude_decision(initiative, decision, by=SystemActor(), at=at)


def _ids(findings: Sequence[Finding]) -> list[str]:
    return [found.id for found in findings]


def _tell(
    initiative: Initiative, verb: str, summary: str, data: Mapping[str, object], at: datetime
) -> None:
    conclude(
        initiative=initiative,
        verb=verb,
        summary=summary,
        data=data,
        by=SystemActor(),
        at=at,
        progress=False,
    )
