"""Deciding at a gate, and what follows from a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.canonical import digest_of
from audit.services import Actor, SystemActor
from gates.caps import Carried, against_cap, carried_by, lock_sponsor
from gates.case import Case, case_of
from gates.differences import Difference, differences
from gates.models import (
    Condition,
    Decision,
    Outcome,
    Passage,
    Promise,
    Review,
    ReviewState,
    Rollout,
)
from gates.models.decisions import PASSING
from gates.models.reviews import UNDER_WAY
from gates.models.rollouts import END_OF, ENDED, PATH, Stage
from gates.services import money
from gates.services.exceptions import void_exceptions
from gates.services.prefilling import only_prefill
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from operations.services.reach import plan_reduction
from playbook.reach import too_many_for


class FactsChanged(Refused):
    """Something changed between the decider's page and the decision; nothing was decided."""

    def __init__(self, changes: Sequence[Difference]) -> None:
        self.changes = list(changes)
        super().__init__("The facts changed since you opened this page. Read what changed.")


@dataclass(frozen=True)
class NewCondition:
    """An action that a conditional go asks for, covering one open blocker by its id."""

    blocker: str
    text: str
    owner: User
    due: date


@dataclass(frozen=True)
class Choice:
    """What the decider chose, and why. Which further fields count depends on the outcome."""

    outcome: str
    reason: str
    conditions: Sequence[NewCondition] = ()
    hold_until: date | None = None
    return_to: str = ""
    cause: str = ""
    reduction: str = ""
    """How access comes down, where a return leads to a stage that allows fewer people."""
    reduction_due: date | None = None


@transaction.atomic
def decide(
    *, rollout: Rollout, choice: Choice, seen: Mapping[str, Any], by: User, at: datetime
) -> Decision:
    """Decide at the gate that is to be judged next. ``seen`` is the canonical facts that the
    decider's page showed.

    Raises NotAllowed for somebody who may not decide this, FactsChanged when a fact differs from
    what was seen, and Refused with every reason why the outcome is not open.
    """
    initiative = lock(rollout.initiative_id)
    stored = Rollout.objects.select_related("initiative", "playbook", "claim").get(pk=rollout.pk)
    if choice.outcome == Outcome.CONDITIONAL_GO:
        lock_sponsor(initiative)
    case = case_of(stored, at=at)
    if by.pk not in case.decider_ids:
        raise NotAllowed(
            "The program office or the sponsor decides, and never the owner, the submitter or "
            "whoever brought the evidence."
        )
    if digest_of(seen) != case.digest:
        raise FactsChanged(differences(case.document, seen, case.seen))
    reasons = refusals(case, choice, at.date(), carried_by(initiative))
    if reasons:
        raise Refused(reasons)
    return _carry_out(initiative, stored, case, choice, by, at)


def refusals(case: Case, choice: Choice, today: date, carried: Carried) -> list[str]:
    """Every reason why this outcome is not open on these facts, with what is owed already."""
    reasons = [] if choice.reason.strip() else ["Why: say it in a sentence or two."]
    check = {
        Outcome.GO: _against_go,
        Outcome.CONDITIONAL_GO: _against_conditional_go,
        Outcome.HOLD: _against_hold,
        Outcome.RETURN: _against_return,
        Outcome.STOP: _against_stop,
    }.get(Outcome(choice.outcome))
    if check is None:
        return [*reasons, "Nobody decides this by hand."]
    reasons += check(case, choice, today)
    if choice.outcome == Outcome.CONDITIONAL_GO:
        reasons += against_cap(case.document.condition_cap, carried, len(choice.conditions))
    return reasons


def _unreviewed(case: Case) -> list[str]:
    review = case.facts.review
    if review is None or review.state != "submitted":
        return ["Review: it is decided after it is submitted."]
    return []


def _against_go(case: Case, choice: Choice, today: date) -> list[str]:
    if case.facts.gate is None:
        return ["No gate lies ahead."]
    return [f"{f.title}: {f.text} {f.fix}".strip() for f in case.evaluation.blockers]


def _against_conditional_go(case: Case, choice: Choice, today: date) -> list[str]:
    if case.facts.gate is None:
        return ["No gate lies ahead."]
    reasons = [
        f"{f.title}: {f.text} No condition can cover this. {f.fix}".strip()
        for f in case.evaluation.uncovered
    ]
    open_ids = {f.id: f for f in case.evaluation.blockers if f.coverable}
    if not case.evaluation.blockers:
        reasons.append("Nothing is open: a go needs no conditions.")
    covered = [condition.blocker for condition in choice.conditions]
    for blocker, finding in open_ids.items():
        if covered.count(blocker) != 1:
            reasons.append(f"{finding.title}: give it one condition, with an owner and a date.")
    if not reasons and set(covered) - set(open_ids):
        reasons.append("A condition covers something that is no longer open.")
    for condition in choice.conditions:
        if not condition.text.strip():
            reasons.append("What must be done: describe the action of each condition.")
        if condition.due < today:
            reasons.append("By: a condition is due today or later.")
    return reasons


def _against_hold(case: Case, choice: Choice, today: date) -> list[str]:
    reasons = _unreviewed(case) + _uncoded(case, choice)
    if choice.hold_until is None or choice.hold_until <= today:
        reasons.append("Hold until: name a day after today.")
    if case.facts.holds >= case.document.max_holds:
        reasons.append(
            f"Held {case.facts.holds} times at this gate. Decide to go on, return or stop."
        )
    return reasons


def _against_return(case: Case, choice: Choice, today: date) -> list[str]:
    earlier = earlier_stages(case.facts.stage)
    if not earlier:
        return ["No earlier stage lies behind it."]
    reasons = _uncoded(case, choice)
    if choice.return_to not in earlier:
        reasons.append("Return to: choose an earlier stage.")
        return reasons
    bounds = too_many_for(case.document, case.facts, choice.return_to)
    planned = choice.reduction.strip() and choice.reduction_due and choice.reduction_due >= today
    if bounds is not None and not planned:
        reasons.append(
            f"How access comes down: {case.facts.exposed_percent:.3g} % have it, and that stage "
            f"allows {bounds.high_percent:g} %. Say how it comes down, and by which day."
        )
    return reasons


def _against_stop(case: Case, choice: Choice, today: date) -> list[str]:
    return _uncoded(case, choice) + (["It is over already."] if case.facts.stage in ENDED else [])


def _uncoded(case: Case, choice: Choice) -> list[str]:
    if choice.cause not in {mode.key for mode in case.document.failure_modes}:
        return ["Cause: choose which of the seven failure modes is behind it."]
    return []


def earlier_stages(stage: str) -> list[str]:
    """The stages that a return may name, nearest last."""
    return [str(earlier) for earlier in PATH[: PATH.index(Stage(stage))]] if stage in PATH else []


def _carry_out(
    initiative: Initiative, rollout: Rollout, case: Case, choice: Choice, by: User, at: datetime
) -> Decision:
    review = (
        Review.objects.get(pk=case.facts.review.id)
        if case.facts.review and case.facts.review.state == "submitted"
        else None
    )
    before = Stage(rollout.stage)
    decision = Decision(
        rollout=rollout,
        review=review,
        gate=case.facts.gate,
        outcome=choice.outcome,
        from_stage=before,
        to_stage=_target(case, choice),
        decided_by=by,
        decided_at=at,
        owner=initiative.owner,
        submitted_by=review.submitted_by if review else None,
        reason=choice.reason.strip(),
        cause=choice.cause if choice.outcome not in PASSING else "",
        hold_until=choice.hold_until if choice.outcome == Outcome.HOLD else None,
        facts=case.seen,
        digest=case.digest,
    )
    decision.covers = frozenset(condition.blocker for condition in choice.conditions)
    rollout.case, rollout.decision_in_hand = case, decision
    decision.save()
    _close_reviews(rollout, decided=review, moved=choice.outcome != Outcome.HOLD, at=at)
    if choice.outcome in PASSING:
        _pass(rollout, decision, case, choice)
    elif choice.outcome == Outcome.RETURN:
        void_from(rollout, decision, case.document.stage(choice.return_to).number)
        rollout.return_to()
        _end_claim(rollout, at)
        if choice.reduction_due and too_many_for(case.document, case.facts, choice.return_to):
            text, due = choice.reduction, choice.reduction_due
            plan_reduction(initiative=initiative, text=text, due=due, by=by, at=at)
    elif choice.outcome == Outcome.STOP:
        rollout.stop() if END_OF[before] == Stage.STOPPED else rollout.retire()
        _end_claim(rollout, at)
    rollout.save()
    conclude_decision(initiative, decision, by=by, at=at)
    return decision


def _target(case: Case, choice: Choice) -> str:
    stage = case.facts.stage
    if choice.outcome in PASSING:
        ahead = case.document.gate_out_of(stage)
        return ahead.to_stage if ahead and ahead.number == case.facts.gate else stage
    if choice.outcome == Outcome.RETURN:
        return choice.return_to
    if choice.outcome == Outcome.STOP:
        return END_OF[Stage(stage)]
    return stage


def _pass(rollout: Rollout, decision: Decision, case: Case, choice: Choice) -> None:
    """Through the gate: forward, or, where the gate was owed, proven without moving."""
    assert decision.gate is not None
    titles = {finding.id: finding.title for finding in case.evaluation.blockers}
    Passage.objects.create(rollout=rollout, gate=decision.gate, decision=decision)
    Condition.objects.bulk_create(
        Condition(
            rollout=rollout,
            decision=decision,
            blocker=condition.blocker,
            blocker_title=titles[condition.blocker][:300],
            text=condition.text.strip(),
            owner=condition.owner,
            due=condition.due,
        )
        for condition in choice.conditions
    )
    Promise.objects.bulk_create(
        Promise(
            decision=decision,
            source_id=promise.id,
            metric=promise.metric,
            unit=promise.unit,
            direction=promise.direction,
            baseline=promise.baseline,
            target=promise.target,
            target_by=promise.target_by,
        )
        for promise in case.facts.promises
    )
    if decision.to_stage != decision.from_stage:
        rollout.advance()
    elif not set(case.facts.owed_gates) - {decision.gate}:
        _end_claim(rollout, decision.decided_at)


def _end_claim(rollout: Rollout, at: datetime) -> None:
    if rollout.claimed:
        rollout.claim_ended_at = at


def _close_reviews(rollout: Rollout, *, decided: Review | None, moved: bool, at: datetime) -> None:
    """The review decided on is closed; after a move no other review has a gate to stand at."""
    if decided is not None:
        decided.state, decided.closed_at = ReviewState.DECIDED, at
        decided.save(update_fields=["state", "closed_at"])
    if moved:
        rollout.reviews.filter(state__in=UNDER_WAY).update(
            state=ReviewState.WITHDRAWN, closed_at=at
        )


def void_from(rollout: Rollout, decision: Decision, gate: int) -> None:
    """Take back the passages from this gate on; what was answered only prefills from now on."""
    rollout.passages.filter(gate__gte=gate, void_since__isnull=True).update(
        void_since=decision.decided_at, voided_by=decision
    )
    only_prefill(initiative=rollout.initiative, document=rollout.playbook.parsed, gate=gate)
    void_exceptions(rollout=rollout, decision=decision, gate=gate)


def conclude_decision(
    initiative: Initiative, decision: Decision, *, by: Actor, at: datetime
) -> None:
    conclude(
        initiative=initiative,
        verb=f"decision.{decision.outcome}",
        summary=f"{decision}. {decision.reason}",
        data={
            "decision": decision.pk,
            "gate": decision.gate,
            "outcome": decision.outcome,
            "from": decision.from_stage,
            "to": decision.to_stage,
            "facts": decision.digest,
            "conditions": sorted(decision.covers),
        },
        by=by,
        at=at,
        progress=not isinstance(by, SystemActor),
    )
    money.follow(initiative=initiative, decision=decision, by=by, at=at)
