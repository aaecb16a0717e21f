"""How far invented initiatives have come: gates passed, ladders, criteria, risks, reviews."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from django.db import connection, models

from accounts.models import User
from accounts.roles import Remit
from audit.canonical import digest_of
from checklists.models import Check, CheckStatus, DesignAnswer
from gates.models import (
    Condition,
    CriterionAnswer,
    Decision,
    Outcome,
    Passage,
    Promise,
    Reconciliation,
    Review,
    ReviewState,
    Rollout,
    SignOff,
    Stage,
)
from gates.models.rollouts import PATH
from initiatives.models import Evidence, Initiative
from playbook.document import STAGE_KEYS, Criterion
from playbook.evaluate import rung_of
from playbook.models import PlaybookVersion
from portfolio.sample import promised
from portfolio.sample.copying import copy, numbered
from risks.models import Assessment, Response

if TYPE_CHECKING:
    from portfolio.sample.seed import People

FACTS = {"seeded": True, "promises": promised.SIGNED}
DIGEST = digest_of(FACTS)
KEPT = 0.995  # share of what a passed gate rests on that goes on holding
STOPPED_SHARE = 0.07

MOVE = """
    UPDATE gates_rollout r
       SET stage = d.to_stage, stage_entered_at = d.decided_at, moved_by_id = d.id
      FROM gates_decision d
     WHERE d.rollout_id = r.id AND d.id = ANY(%s)
"""


class Progress:
    """Collects the rows of many initiatives, then writes each table once."""

    def __init__(
        self, dice: Random, people: People, playbook: PlaybookVersion, at: datetime
    ) -> None:
        self.dice, self.people, self.at = dice, people, at
        self.playbook, self.document = playbook, playbook.parsed
        self.measured = Random(0)  # noqa: S311 (of its own: everything else stays as it was)
        self.rows: dict[type[models.Model], list[Any]] = {}
        self.moves: list[list[Decision]] = [[] for _ in range(len(PATH))]

    def _add(self, row: Any) -> Any:
        self.rows.setdefault(type(row), []).append(row)
        return row

    def plan(self, initiative: Initiative, stage: str) -> None:
        """Take an initiative, not yet saved, through its gates up to the stage."""
        dice, place = self.dice, STAGE_KEYS.index(stage)
        owner = dice.choice(self.people.owners)
        moved = [
            self.at - timedelta(days=dice.uniform(1, 30) + sum_of_weeks * 7)
            for sum_of_weeks in self._weeks_before(place)
        ]
        started = moved[0] - timedelta(weeks=dice.uniform(2, 10)) if moved else self.at
        if not moved:
            started = self.at - timedelta(weeks=dice.uniform(0.5, 9))
        self._describe(initiative, owner, place, started)
        rollout = self._add(
            Rollout(
                initiative=initiative,
                playbook=self.playbook,
                stage_entered_at=started,
                started_at=started,
            )
        )
        evidence = self._evidence(initiative, owner) if place else None
        for gate, decided_at in enumerate(moved):
            self._pass(rollout, gate, owner, decided_at)
        if evidence is not None:
            self._keep_up(rollout, place, owner, evidence)
        if place:
            self._ladder(initiative, place, owner, evidence)
            self._risks(initiative, owner)
        self._design(initiative, owner, whole=place > 0)
        if place < len(PATH) - 1:
            self._criteria(rollout, place, owner, evidence)
            if dice.random() < STOPPED_SHARE:
                self._stop(rollout, place, owner)
            elif dice.random() < 0.4:
                self._review(rollout, place, owner)

    def _weeks_before(self, place: int) -> list[float]:
        """Weeks from each gate passed to today, first gate first; some run late."""
        weeks, total = [], float(self.dice.choice((1, 2, 4, 6, 9, 14)))
        for stage in reversed(self.document.stages[1:place]):
            weeks.append(total)
            low, high = (stage.weeks.low, stage.weeks.high) if stage.weeks else (4, 8)
            total += self.dice.uniform(low, high * 1.3)
        return [*([total] if place else []), *reversed(weeks)]

    def _describe(self, initiative: Initiative, owner: User, place: int, started: datetime) -> None:
        dice = self.dice
        initiative.owner, initiative.owner_since = owner, started.date()
        initiative.sponsor = dice.choice(self.people.sponsors)
        initiative.created_at = started
        quiet = timedelta(days=dice.choice((0, 1, 2, 3, 5, 8, 13, 21, 40)))
        initiative.touched_at = max(started, self.at - quiet)
        if place or dice.random() < 0.7:
            initiative.production_owner = f"{initiative.unit.name} operations"
            initiative.production_funder = "Central budget"
            initiative.funding_mechanism = "Operations line"
        initiative.pilot_team = "Digital Services"
        initiative.production_team = dice.choice(("Digital Services", initiative.unit.name))
        initiative.production_engineering = initiative.production_budget = True
        initiative.production_mandate = dice.random() < 0.9

    def _evidence(self, initiative: Initiative, owner: User) -> Evidence:
        added = self.at - timedelta(days=self.dice.randrange(2, 90))
        return self._add(
            Evidence(
                initiative=initiative,
                title="Test report",
                url="https://reports.example.org/test",
                added_by=owner,
                added_at=added,
                verified_by=self.people.office[0],
                verified_at=added + timedelta(days=1),
            )
        )

    def _closed_review(self, rollout: Rollout, gate: int, owner: User, at: datetime) -> Review:
        return self._add(
            Review(
                rollout=rollout,
                gate=gate,
                state=ReviewState.DECIDED,
                due=at.date(),
                opened_by=owner,
                opened_at=at - timedelta(days=14),
                submitted_by=owner,
                submitted_at=at - timedelta(days=4),
                submitted_facts=FACTS,
                closed_at=at,
            )
        )

    def _decide(self, rollout: Rollout, gate: int, owner: User, at: datetime, **more: Any) -> Any:
        return self._add(
            Decision(
                rollout=rollout,
                review=self._closed_review(rollout, gate, owner, at),
                gate=gate,
                from_stage=PATH[gate],
                decided_by=self.people.office[1],
                decided_at=at,
                owner=owner,
                submitted_by=owner,
                facts=FACTS,
                digest=DIGEST,
                **more,
            )
        )

    def _pass(self, rollout: Rollout, gate: int, owner: User, at: datetime) -> None:
        conditional = self.dice.random() < 0.15
        decision = self._decide(
            rollout,
            gate,
            owner,
            at,
            outcome=Outcome.CONDITIONAL_GO if conditional else Outcome.GO,
            to_stage=PATH[gate + 1],
            reason="The figures hold.",
        )
        self.moves[gate].append(decision)
        self._add(Passage(rollout=rollout, gate=gate, decision=decision))
        for row in promised.invented(decision, self.measured, self.at):
            self._add(row)
        if conditional:
            due = at.date() + timedelta(days=self.dice.choice((14, 30, 60)))
            closed = self.dice.random() < 0.7 or due < self.at.date()
            self._add(
                Condition(
                    rollout=rollout,
                    decision=decision,
                    blocker="sign_off:operations",
                    blocker_title="Operations sign-off",
                    text="Train the night shift",
                    owner=owner,
                    due=due,
                    closed_at=self.at if closed else None,
                    closed_by=owner if closed else None,
                    closing_note="Trained." if closed else "",
                )
            )

    def _stop(self, rollout: Rollout, place: int, owner: User) -> None:
        decision = self._decide(
            rollout,
            place,
            owner,
            self.at - timedelta(hours=self.dice.randrange(1, 20)),
            outcome=Outcome.STOP,
            to_stage=Stage.STOPPED if place < 3 else Stage.RETIRED,
            cause=self.dice.choice(self.document.failure_modes).key,
            reason="It would not pay for itself.",
        )
        self.moves[-1].append(decision)

    def _review(self, rollout: Rollout, place: int, owner: User) -> None:
        submitted = self.dice.random() < 0.5
        opened = self.at - timedelta(days=self.dice.randrange(5, 30))
        review = self._add(
            Review(
                rollout=rollout,
                gate=place,
                state=ReviewState.SUBMITTED if submitted else ReviewState.OPEN,
                due=opened.date() + timedelta(days=self.dice.choice((14, 21, 28))),
                opened_by=owner,
                opened_at=opened,
                submitted_by=owner if submitted else None,
                submitted_at=opened + timedelta(days=4) if submitted else None,
                submitted_facts=FACTS if submitted else None,
            )
        )
        for remit in self.document.gate(place).remits if submitted else ():
            if self.dice.random() < 0.6:
                self._sign(review, remit)

    def _sign(self, review: Review, remit: str) -> None:
        objects = self.dice.random() < 0.1
        self._add(
            SignOff(
                review=review,
                remit=remit,
                verdict="objected" if objects else "signed",
                note="The access review is missing." if objects else "",
                given_by=self.people.reviewers[Remit.values.index(remit)],
                given_at=self.at - timedelta(days=1),
            )
        )

    def _ladder(
        self, initiative: Initiative, place: int, owner: User, evidence: Evidence | None
    ) -> None:
        met_share = (0, 0.1, 0.3, 0.8, 0.95, 0.99)[place]
        last = self.document.gate(place - 1) if place else None
        for check in self.document.checks:
            # What the last gate asked has held since, but for a few.
            kept = last is not None and rung_of(last, check) == "met"
            met = evidence is not None and self.dice.random() < (0.998 if kept else met_share)
            days = self.document.days_valid(check)
            row = Check(initiative=initiative, key=check.key, assignee=owner)
            row.status = CheckStatus.MET if met else CheckStatus.PLANNED
            if met and evidence is not None:
                row.evidence = evidence
                row.met_at, row.met_by = evidence.added_at, owner
                row.valid_until = evidence.added_at.date() + timedelta(days=days) if days else None
            elif place == 1 and self.dice.random() < 0.6:
                row.status = CheckStatus.ASSIGNED
            else:
                row.solution = "As the platform team does it"
                row.due = self.at.date() + timedelta(days=self.dice.randrange(1, 60))
            self._add(row)

    def _risks(self, initiative: Initiative, owner: User) -> None:
        for mode in self.document.failure_modes:
            if self.dice.random() < 0.1:
                continue
            likelihood, impact = self.dice.randint(1, 5), self.dice.randint(1, 5)
            response = self.dice.choices(Response.values, (2, 4, 4))[0]
            treated = response != Response.NONE
            self._add(
                Assessment(
                    initiative=initiative,
                    mode=mode.key,
                    inherent_likelihood=likelihood,
                    inherent_impact=impact,
                    likelihood=likelihood,
                    impact=impact,
                    response=response,
                    response_text="Built in from the start." if treated else "",
                    residual_likelihood=max(1, likelihood - 2) if treated else likelihood,
                    residual_impact=impact,
                    owner=owner,
                    reassess_by=self.at.date() + timedelta(days=self.dice.randrange(-5, 90)),
                    assessed_by=owner,
                    assessed_at=self.at - timedelta(days=20),
                )
            )

    def _design(self, initiative: Initiative, owner: User, *, whole: bool) -> None:
        for question in self.document.questions:
            if whole or self.dice.random() < 0.6:
                self._add(
                    DesignAnswer(
                        initiative=initiative,
                        question=question.key,
                        text="Known and written down.",
                        settled=whole or self.dice.random() < 0.8,
                        answered_by=owner,
                        answered_at=initiative.created_at,
                    )
                )

    def _criteria(
        self, rollout: Rollout, place: int, owner: User, evidence: Evidence | None
    ) -> None:
        asked = self.document.criteria_for(place, rollout.initiative.impact_class)
        share = self.dice.random()
        if evidence is None:
            return
        for criterion in asked:
            if self.dice.random() < share:
                met = self.dice.random() < 0.85
                self._answer(rollout, criterion, owner, evidence, met=met)

    def _keep_up(self, rollout: Rollout, place: int, owner: User, evidence: Evidence) -> None:
        """The standing criteria of the gates passed, which hold but for a few."""
        impact = rollout.initiative.impact_class
        for gate in range(place):
            for criterion in self.document.criteria_for(gate, impact):
                if criterion.standing:
                    met = self.dice.random() < KEPT
                    self._answer(rollout, criterion, owner, evidence, met=met)

    def _answer(
        self, rollout: Rollout, criterion: Criterion, owner: User, evidence: Evidence, *, met: bool
    ) -> None:
        days = self.document.days_valid(criterion)
        self._add(
            CriterionAnswer(
                rollout=rollout,
                criterion=criterion.key,
                verdict="met" if met else "not_met",
                note="Measured last week.",
                evidence=evidence,
                valid_until=evidence.added_at.date() + timedelta(days=days) if days else None,
                answered_by=owner,
                answered_at=max(evidence.added_at, self.at - timedelta(days=3)),
            )
        )

    def write(self) -> None:
        """Write every row collected, then walk the rollouts through their decisions."""
        for referred_to in (Rollout, Review, Decision, Evidence, Promise):
            numbered(self.rows.get(referred_to, []))
        for model in ORDER:
            rows = self.rows.get(model, [])
            _point_at_saved(model, rows)
            copy(rows)
        for decisions in self.moves:
            with connection.cursor() as cursor:
                cursor.execute(MOVE, [[decision.pk for decision in decisions]])


ORDER = (
    Rollout,
    Evidence,
    Review,
    Decision,
    Passage,
    Promise,
    Reconciliation,
    Condition,
    SignOff,
    Check,
    Assessment,
    DesignAnswer,
    CriterionAnswer,
)


def _point_at_saved(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Foreign keys were set before their targets had ids; take the ids over."""
    links = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    for row in rows:
        for link in links:
            if link.is_cached(row) and (target := link.get_cached_value(row)) is not None:
                setattr(row, link.attname, target.pk)
