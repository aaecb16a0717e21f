"""Telling what happened to one invented initiative, through the services and in its own time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from checklists.services import (
    Answer,
    answer_questions,
    assign_check,
    meet_check,
    plan_check,
    verify_proof,
)
from gates.case import Case, case_of
from gates.models import Condition, Review, Rollout, Stage
from gates.models.rollouts import PATH
from gates.services.conditions import revoke_go
from gates.services.decisions import Choice, NewCondition, decide
from gates.services.reviews import answer_criterion, open_review, sign_off, submit_review
from gates.services.rollouts import pause, start_rollout
from initiatives.evidence import add_evidence
from initiatives.models import Evidence, Initiative
from initiatives.models.initiatives import SCORES
from initiatives.services import create_initiative, set_contributors, unit_at
from playbook.document import Document
from playbook.evaluate import Finding, rung_of
from portfolio.sample import (
    figures,
    holding,
    money,
    premises,
    resting,
    running,
    sharing,
    wording,
)
from portfolio.sample.clock import Clock
from portfolio.sample.specs import Spec

# Weeks that intake, pilot, readiness, limited and scaled production took those who left them.
WEEKS = (5.0, 7.0, 3.0, 9.0, 12.0)
LAST_GATE = len(WEEKS) - 1
# The sign-off that a conditional go went without.
MISSING = {2: "change", 3: "change"}


class Story:
    """One initiative from its first day to now, each act a few minutes after the one before."""

    def __init__(self, spec: Spec, cast: Mapping[str, User], now: datetime) -> None:
        self.spec, self.cast, self.now = spec, cast, now
        self.owner = cast[spec.owner]
        self.time = Clock(now, spec.name)
        self.rollout: Rollout
        self.initiative: Initiative
        self.document: Document

    def tell(self) -> None:
        """Everything that the spec says, in the order in which it happened."""
        passed = self._gates_passed()
        start = passed[0] - WEEKS[0] if passed else -self.spec.weeks
        self._begin(start)
        for gate, week in enumerate(passed):
            if gate == LAST_GATE:
                running.reach_everybody(self, since=-passed[gate - 1], until=-week)
            self._pass_gate(gate, week, conditional=self._conditional(gate, len(passed)))
        money.after_gates(self)
        running.tell(self)
        self._go_on()
        TROUBLES.get(self.spec.trouble, Story._no_trouble)(self)
        resting.tell(self)
        money.spend(self)

    # Time

    def _gates_passed(self) -> list[float]:
        """When each gate was passed, in weeks from now, first gate first."""
        place = PATH.index(Stage(self.spec.stage))
        weeks, total = [], self.spec.weeks
        for stage in range(place - 1, -1, -1):
            weeks.append(-total)
            total += WEEKS[stage]
        return weeks[::-1]

    def _at(self, *, weeks: float = 0, days: float = 0) -> None:
        self.time.at(weeks=weeks, days=days)

    def _tick(self) -> dict[str, Any]:
        """Who acts and when, for the next act of the owner."""
        return {"by": self.owner, "at": self.time.tick()}

    @property
    def clock(self) -> datetime:
        return self.time.moment

    @property
    def today(self) -> date:
        return self.clock.date()

    # Acts

    def _begin(self, week: float) -> None:
        self._at(weeks=week)
        spec, office = self.spec, self.cast["Hannah Cole"]
        funded, handed = spec.trouble != "learning", spec.trouble == "handoff"
        team = f"{spec.unit[1]} digital team"
        fields = {
            "name": spec.name,
            "problem": spec.problem or wording.PROBLEM,
            "benefit": spec.benefit or wording.BENEFIT,
            "unit": unit_at(names=spec.unit, by=office, at=self.clock),
            "pilot_team": team,
            "production_team": "Shared platform" if handed else team,
            "production_engineering": True,
            "production_budget": not handed,
            "production_mandate": not handed,
            "production_owner": f"Head of {spec.unit[1].lower()}" if funded else "",
            "production_funder": spec.unit[0] if funded else "",
            "funding_mechanism": "Operations line" if funded else "",
            "population": spec.population,
            "impact_class": spec.impact,
            **dict(zip(SCORES, spec.scores, strict=False)),
        }
        self.initiative = create_initiative(
            fields=fields,
            owner=self.owner,
            sponsor=self.cast[spec.sponsor],
            by=office,
            at=self.clock,
        )
        self.rollout = start_rollout(initiative=self.initiative, by=office, at=self.clock)
        self.document = self.rollout.playbook.parsed
        if spec.owner == "Maya Okafor":
            people = [self.cast["Devin Park"]]
            set_contributors(initiative=self.initiative, people=people, **self._tick())
        sharing.begin(self)

    def _case(self) -> Case:
        return case_of(self.rollout, at=self.clock)

    def _meet_all(self, until: datetime) -> None:
        """End every blocker that an owner can end, so that all holds on the day of the decision."""
        case = case_of(self.rollout, at=until)
        self._meet(case.evaluation.before_submission(), case)

    def _evidence(
        self, title: str, *, by: User | None = None, until: date | None = None
    ) -> Evidence:
        act = self._tick()
        return add_evidence(
            initiative=self.initiative,
            title=title,
            url=f"https://records.example.org/{self.initiative.number}/{self.today:%Y-%m-%d}",
            valid_until=until,
            **{**act, "by": by or self.owner},
        )

    def _verify(self, evidence: Evidence) -> None:
        verify_proof(
            evidence=evidence,
            document=self.document,
            by=self.cast["Devin Park"],
            at=self._tick()["at"],
        )

    def _meet(self, findings: Sequence[Finding], case: Case, authors: Sequence[User] = ()) -> None:
        """End these blockers. ``authors`` bring the evidence in turn; else the owner does."""
        asked = [finding for finding in findings if finding.kind in ("criterion", "rung")]
        title = "Yearly" if case.facts.gate is None else f"Gate {case.facts.gate}"
        packs = (
            [
                self._evidence(f"{title} evidence, part {number}", by=author)
                for number, author in enumerate(authors or [self.owner], start=1)
            ]
            if asked
            else []
        )
        if questions := [f.key for f in findings if f.kind == "design"]:
            answer_questions(
                initiative=self.initiative,
                answers=[
                    Answer(case.document.question(key), wording.DESIGN, settled=True)
                    for key in questions
                ],
                **self._tick(),
            )
        for number, finding in enumerate(findings):
            pack = packs[number % len(packs)] if packs else None
            match finding.kind:
                case "criterion":
                    criterion = case.document.criterion(finding.key)
                    counted = any(each.kind == "band" for each in findings)
                    if finding.key == "exposure_within_band" and not counted:
                        premises.count(self.rollout, self._tick())
                    if criterion.computed:
                        figures.measure(self.initiative, criterion, self._tick)
                        continue
                    answer_criterion(
                        rollout=self.rollout,
                        criterion=criterion,
                        verdict="met",
                        note=wording.NOTES.get(finding.key, wording.NOTE),
                        evidence=pack,
                        days_valid=case.document.days_valid(criterion),
                        **self._tick(),
                    )
                case "rung":
                    self._climb(finding.key, case, pack)
                case "assumption" | "architecture" | "band" | "kill":
                    premises.settle(self.rollout, case, finding, self._tick())

        for pack in packs:
            self._verify(pack)

    def _climb(self, key: str, case: Case, pack: Evidence | None) -> None:
        check = case.document.check(key)
        act = {"initiative": self.initiative, "check": check, **self._tick()}
        match rung_of(case.document.gate(case.facts.gate or 0), check):
            case "assigned":
                assign_check(assignee=self.owner, **act)
            case "planned":
                due = self.today + timedelta(days=40)
                plan_check(assignee=self.owner, solution=wording.SOLUTION, due=due, **act)
            case "met" if pack is not None:
                meet_check(evidence=pack, days_valid=case.document.days_valid(check), **act)

    def _assess(
        self, worst: tuple[str, int, int, str] | None = None, *, for_days: int = 75
    ) -> None:
        figures.assess_all(
            self.initiative,
            self.document,
            worst=worst,
            spec=self.spec,
            owner=self.owner,
            until=self.today + timedelta(days=for_days),
            tick=self._tick,
        )

    def _sign(self, review: Review, remit: str, *, objects: bool = False) -> None:
        sign_off(
            review=review,
            remit=remit,
            verdict="objected" if objects else "signed",
            note=wording.OBJECTIONS[remit] if objects else "",
            by=self._reviewer(remit),
            at=self._tick()["at"],
        )

    def _reviewer(self, remit: str) -> User:
        return next(person for person in self.cast.values() if remit in person.remits)

    def _decide(self, outcome: str, **choice: Any) -> None:
        case = self._case()
        decider = case.facts.deciders[(case.facts.gate or 0) % len(case.facts.deciders)]
        decide(
            rollout=self.rollout,
            choice=Choice(outcome, reason=wording.REASONS[outcome], **choice),
            seen=case.seen,
            by=next(person for person in self.cast.values() if person.pk == decider.id),
            at=self._tick()["at"],
        )
        self.rollout = Rollout.objects.select_related("initiative").get(pk=self.rollout.pk)

    def _keep_measuring(self) -> None:
        figures.keep_measuring(self.initiative, self.owner, self._tick()["at"])

    # Stretches of the way

    def _pass_gate(self, gate: int, week: float, *, conditional: bool) -> None:
        self._at(weeks=week, days=-16)
        self._keep_measuring()
        review = open_review(rollout=self.rollout, **self._tick())
        self._at(weeks=week, days=-9)
        if gate == 0:
            self._assess(for_days=540)
        self._meet_all(self.clock + timedelta(days=9))
        self._at(weeks=week, days=-5)
        money.before_gate(self, gate)
        submit_review(review=review, **self._tick())
        remits = self.document.remits_for(gate, self.spec.impact)
        missing = MISSING[gate] if conditional else ""
        for number, remit in enumerate(remit for remit in remits if remit != missing):
            self._at(weeks=week, days=-4 + number // 2)
            self._sign(review, remit)
        self._at(weeks=week)
        self._keep_measuring()
        if conditional:
            condition = NewCondition(
                blocker=f"sign_off:{missing}",
                text="Finish the training at the last two offices",
                owner=self.owner,
                due=self.now.date() + timedelta(days=DUE[self.spec.trouble]),
            )
            self._decide("conditional_go", conditions=[condition])
        else:
            self._decide("go")

    def _conditional(self, gate: int, gates: int) -> bool:
        return self.spec.trouble in DUE and gate == gates - 1

    def _go_on(self) -> None:
        """What was done since the last gate: assessments, some of the work, perhaps a review."""
        spec = self.spec
        if spec.trouble == "held":
            self._be_held()
        state, days = spec.review or ("", 0)
        review = None
        if state:
            self._at(days=-(days + 12 if state == "submitted" else days))
            review = open_review(rollout=self.rollout, **self._tick())
        self._at(days=-max(spec.touched, days + 2 if state == "submitted" else 0))
        self._assess(spec.risk)
        figures.list_rows(self.initiative, spec, self._tick)
        self._keep_measuring()
        if PATH.index(Stage(self.rollout.stage)) >= len(WEEKS) - 2:
            holding.renew(self)
        case = self._case()
        if case.facts.gate is None:
            return
        findings = [f for f in case.evaluation.before_submission() if f.kind != "failure_mode"]
        authors = [self.cast[name] for name in DECIDERS] if spec.trouble == "nobody" else []
        share = 1 if state == "submitted" else spec.done
        self._meet(premises.some(findings, share, spec.name), case, authors)
        if review is not None and state == "submitted":
            self._at(days=-days)
            self._hand_in(review, case)

    def _hand_in(self, review: Review, case: Case) -> None:
        submit_review(review=review, **self._tick())
        remits = case.document.remits_for(review.gate, self.spec.impact)
        objection = {"objection": "governance", "objection_change": "change"}.get(
            self.spec.trouble, ""
        )
        signed = remits if objection or self.spec.trouble == "nobody" else remits[::2]
        _state, days = self.spec.review or ("", 0)
        for number, remit in enumerate(signed, start=1):
            self._at(days=-max(1, days - number))
            self._sign(review, remit, objects=remit == objection)

    def _be_held(self) -> None:
        """Submitted once, and held until the day after tomorrow or the day before."""
        self._at(days=-44)
        review = open_review(rollout=self.rollout, **self._tick())
        self._at(days=-38)
        self._meet_all(self.clock + timedelta(days=8))
        submit_review(review=review, **self._tick())
        self._at(days=-30)
        until = self.now.date() + timedelta(days=2)
        self._decide("hold", hold_until=until, cause=self.spec.risk[0])

    # Troubles

    def _no_trouble(self) -> None:
        """Nothing more happened."""

    def _pause(self) -> None:
        pause(
            rollout=self.rollout,
            reason="The cameras on the second line are being replaced.",
            cause=self.spec.risk[0],
            **self._tick(),
        )

    def _stop(self) -> None:
        self._at(weeks=-1)
        self._decide("stop", cause=self.spec.risk[0])

    def _revoke(self) -> None:
        self._at(days=-3)
        condition = Condition.objects.get(rollout=self.rollout, closed_at__isnull=True)
        revoke_go(condition=condition, at=self.clock)


DECIDERS = ("Hannah Cole", "Peter Voss", "Carol Nakamura")
# Days from now to the day on which the condition of a conditional go is due.
DUE = {"condition": 5, "overdue_condition": -5, "revoked": -20}
TROUBLES: dict[str, Callable[[Story], None]] = {
    "paused": Story._pause,
    "stopped": Story._stop,
    "revoked": Story._revoke,
    "lapsed": holding.lapse,
    "giving_way": holding.give_way,
    "lost_gate": holding.lose_gate,
}
