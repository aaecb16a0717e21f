"""The way through as one picture: stages, the weeks they took, gates and their dates."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from audit.words import short_day
from gates.case import Case
from gates.models import Decision, Outcome, Rollout
from gates.models.decisions import AUTOMATIC, PASSING
from gates.models.rollouts import PATH, Stage
from playbook.labels import plan_ends

# Names that fit a chevron; the stage of the moment is written in full.
SHORT = {
    "intake": "Intake",
    "pilot": "Pilot",
    "readiness": "Readiness",
    "limited": "Limited",
    "scaled": "Scaled",
    "steady": "Steady state",
}


def way_through(
    rollout: Rollout, case: Case, decisions: Sequence[Decision]
) -> list[dict[str, Any]]:
    """Stages and gates for the ``way`` tag. ``decisions`` come newest first, with passages."""
    return _Way(rollout, case, decisions).stages()


class _Way:
    def __init__(self, rollout: Rollout, case: Case, decisions: Sequence[Decision]) -> None:
        self.rollout, self.case, self.document = rollout, case, case.document
        self.decisions = decisions
        self.reached = self._reached()
        self.passed = {d.gate: d for d in reversed(decisions) if _stands(d)}
        self.revoked = {
            d.gate: d
            for d in reversed(decisions)
            if d.outcome in AUTOMATIC and d.from_stage == d.to_stage
        }
        self.slips = {slip.gate: slip for slip in case.facts.slips}
        self.planned = dict(self._plan())

    def _reached(self) -> int:
        """The number of the stage that it is in, or was in when it ended; -1 for none."""
        move = self.rollout.moved_by
        if self.rollout.stage in PATH:
            return PATH.index(Stage(self.rollout.stage))
        return PATH.index(Stage(move.from_stage)) if move is not None else -1

    def stages(self) -> list[dict[str, Any]]:
        return [self._stage(number, stage) for number, stage in enumerate(PATH)]

    def _stage(self, number: int, key: str) -> dict[str, Any]:
        stage = self.document.stage(key)
        state = self._state(number)
        here = number == self.reached and self.rollout.live
        return {
            "number": number,
            "name": stage.name if here else SHORT[key],
            "state": state,
            "current": here,
            "note": self._note(number, state, here),
            "gate": self._gate(number) if number < len(PATH) - 1 else None,
        }

    def _state(self, number: int) -> str:
        if number > self.reached:
            return "todo"
        if number in self.case.facts.owed_gates and self.rollout.claimed:
            return "claimed"
        if number < self.reached or not self.rollout.live:
            return "passed"
        return "claimed" if self.case.facts.claimed else "now"

    def _note(self, number: int, state: str, here: bool) -> str:
        weeks = self.document.stages[number].weeks
        plan = f"{weeks.low}–{weeks.high}" if weeks else ""
        if here:
            since = self.case.facts.stage_since
            weeks_here = (self.case.facts.today - since).days // 7
            words = f"{weeks_here} {'week' if weeks_here == 1 else 'weeks'}"
            of = f" of {plan}" if plan else ""
            claim = "claimed, " if state == "claimed" else ""
            return f"{claim}{words}{of}, since {short_day(since, self.case.facts.today)}"
        if state == "claimed":
            return "not shown"
        if state == "todo":
            return f"{plan} weeks" if plan else "ongoing" if number else ""
        return self._took(number, plan)

    def _took(self, number: int, plan: str) -> str:
        entered = self._entered(number)
        left = self.passed.get(number)
        if entered is None or left is None:
            return ""
        took = max(1, round((left.decided_at.date() - entered).days / 7))
        words = "week" if took == 1 else "weeks"
        return f"{took} {words} of {plan}" if plan else f"{took} {words}"

    def _entered(self, number: int) -> date | None:
        if number == 0:
            return self.rollout.started_at.date()
        into = self.passed.get(number - 1)
        moved = into is not None and into.to_stage == PATH[number]
        return into.decided_at.date() if into is not None and moved else None

    def _gate(self, number: int) -> dict[str, Any]:
        go = self.passed.get(number)
        today = self.case.facts.today
        if go is not None:
            conditional = go.outcome == Outcome.CONDITIONAL_GO
            word = "conditional go" if conditional else "go"
            state = "conditional" if conditional else "go"
            note = f"{word}, {short_day(go.decided_at.date(), today)}"
            if slip := self.slips.get(number):
                note = f"giving way since {short_day(slip.since, today)}"
        elif number in self.revoked and number < self.reached:
            lost = self.revoked[number].decided_at.date()
            word = "revoked" if self.revoked[number].outcome == Outcome.REVOKE else "taken back"
            state, note = "lost", f"{word} {short_day(lost, today)}"
        else:
            state, note = "open", self._ahead(number) if self.rollout.live else ""
        return {"number": number, "state": state, "note": note}

    def _ahead(self, number: int) -> str:
        facts, today = self.case.facts, self.case.facts.today
        if number == facts.gate:
            held = next((d for d in self.decisions if d.gate == number), None)
            if facts.review is not None and facts.review.due is not None:
                return f"due {short_day(facts.review.due, today)}"
            if held is not None and held.hold_until is not None and held.hold_until >= today:
                return f"held until {short_day(held.hold_until, today)}"
        if number in facts.owed_gates:
            proof = self._proof_due() if number == facts.gate else None
            return f"proof due {short_day(proof, today)}" if proof else "proof owed"
        day = self.planned.get(number)
        if day is None:
            return ""
        if number == facts.gate:
            return f"planned {short_day(day, today)}"
        return f"about {day:%b %Y}"

    def _proof_due(self) -> date | None:
        since = self.rollout.initiative.owner_since
        if since is None or not self.rollout.claimed:
            return None
        claimed_on = self.rollout.started_at.date()
        return max(since, claimed_on) + timedelta(days=self.document.proof_days)

    def _plan(self) -> Iterable[tuple[int, date]]:
        """When each gate ahead would be reached if every stage took its longest planned weeks."""
        if not self.rollout.live:
            return
        day = plan_ends(self.document, self.rollout.stage, self.case.facts.stage_since)
        for number in range(self.reached, len(PATH) - 1):
            weeks = self.document.stages[number].weeks
            if number > self.reached and day is not None and weeks is not None:
                day = max(day, self.case.facts.today) + timedelta(weeks=weeks.high)
            if day is not None:
                yield number, day


def _stands(decision: Decision) -> bool:
    passage = getattr(decision, "passage", None)
    return decision.outcome in PASSING and passage is not None and passage.void_since is None
