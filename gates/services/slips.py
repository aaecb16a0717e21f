"""Taking gates back: what a passed gate rested on gave way, and stayed away past its grace."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit.services import SystemActor
from audit.words import day_words
from gates.case import Case, case_of
from gates.models import Decision, Outcome, Passage, Review, ReviewState, Rollout, Slip
from gates.models.reviews import UNDER_WAY
from gates.models.slips import SlipQuerySet
from gates.services.decisions import conclude_decision
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
            *_unreviewed().values_list("passage__rollout", flat=True),
        }
    )


def _unreviewed() -> SlipQuerySet:
    """Gates that were taken back, next to be judged, and that nobody has reviewed since."""
    since = Review.objects.filter(
        rollout=OuterRef("passage__rollout"),
        gate=OuterRef("passage__gate"),
        pk__gt=OuterRef("passage__decision__review"),
    )
    return Slip.objects.taken_back().filter(
        ~Exists(since), passage__rollout__in=Rollout.objects.live()
    )


@transaction.atomic
def settle(*, rollout: Rollout, at: datetime) -> None:
    """Bring the slips of a rollout up to what its facts say today.

    A slip opens when a passed gate stops holding and ends when all holds again. One that outlasts
    the playbook's grace takes its gate back by an automatic decision: that passage is void and the
    gate is owed, the stage stays, and a review of it opens.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("initiative", "playbook").get(pk=rollout.pk)
    with hooks.gathered(at):
        case = case_of(stored, today=at.date())
        _end(initiative, stored, case, at)
        _open(initiative, stored, case, at)
        for slip in _outlasted(stored, case, at):
            _take_back(initiative, stored, slip, at)
        _review_again(initiative, stored, at)


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
        slip = known.get(gate) or Slip(passage=passages[gate], since=at.date())
        if slip.text == text:
            continue
        opened, slip.text = slip.pk is None, text
        slip.save()
        back = taken_back_on(case.document, slip.since)
        until = f" and is taken back on {day_words(back)}" if back else ""
        _tell(
            initiative,
            "slip.opened" if opened else "slip.changed",
            f"Gate {gate} is giving way{until}. {text}",
            {"slip": slip.pk, "gate": gate, "facts": _ids(findings), "since": slip.since},
            at,
        )


def _outlasted(rollout: Rollout, case: Case, at: datetime) -> list[Slip]:
    return [
        slip
        for slip in _slips(rollout)
        if (back := taken_back_on(case.document, slip.since)) and at.date() >= back
    ]


def _take_back(initiative: Initiative, rollout: Rollout, slip: Slip, at: datetime) -> None:
    case = case_of(rollout, today=at.date())  # of its own: an earlier gate may just have gone
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


def _review_again(initiative: Initiative, rollout: Rollout, at: datetime) -> None:
    """Open the review of a gate that was taken back, once, when it is the next to be judged.

    Reviews of later gates are withdrawn: they cannot be decided before it. What was answered
    stands in the new review as far as it still counts; each remit signs anew.
    """
    slips = _unreviewed().filter(passage__rollout=rollout)
    gates = set(slips.values_list("passage__gate", flat=True))
    if not gates:
        return
    case = case_of(rollout, today=at.date())
    gate, rules = case.facts.gate, case.document.regate
    if rules is None or gate is None or gate not in gates or case.facts.review is not None:
        return
    rollout.reviews.filter(state__in=UNDER_WAY).update(state=ReviewState.WITHDRAWN, closed_at=at)
    review = Review.objects.create(
        rollout=rollout,
        gate=gate,
        due=at.date() + timedelta(days=rules.review_days),
        opened_at=at,
    )
    _tell(
        initiative,
        "review.opened",
        f"Gate {review.gate} review opened, due {day_words(review.due)}: it was taken back",
        {"review": review.pk, "gate": review.gate, "due": review.due},
        at,
    )


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
