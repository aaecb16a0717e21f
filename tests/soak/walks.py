"""Random walks: what may happen to an initiative over months, one act after the other, and after
each round what it is called by SQL, by plain Python and in the rows that lists read.

Walks start from states that the services made (see ``copies``) or from claims; each batch is
undone before the next, so that no walk sees another's rows.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from checklists.services import meet_check, reopen_check
from gates.case import case_of, cases_of
from gates.models import Condition, Rollout, Standing
from gates.models.rollouts import ENDED
from gates.services.conditions import past_grace, revoke_go
from gates.services.decisions import Choice, NewCondition, decide
from gates.services.reviews import answer_criterion, submit_review
from gates.services.rollouts import (
    Adoption,
    adopt_many,
    move_claim,
    pause,
    resume,
    start_rollout,
)
from gates.services.slips import in_question, settle
from gates.standings import refresh, refresh_run_out
from initiatives import hooks
from initiatives.errors import NotAllowed, Refused
from initiatives.evidence import withdraw_verification
from initiatives.models import Initiative
from initiatives.services import assign_people, edit_initiative
from playbook.labels import labels
from tests.factories import (
    BAD_FIGURES,
    NOW,
    make_evidence,
    make_initiative,
    make_measured,
    make_ready,
    make_sign_offs,
    make_submitted,
)
from tests.soak.asked_in_sql import ASKED, labels_in_sql
from tests.soak.copies import Cast, Template, copies, make_cast, make_template

BATCH = 25
ROUNDS = 6
CLAIMED_AT = ("pilot", "readiness", "limited", "scaled", "steady")
TEAMS = ("", "  ", "Claims digital team", " claims DIGITAL team ", "Shared platform")
DAYS = (0, 1, 3, 7, 8, 15, 31, 60, 120, 380)


@dataclass
class Walker:
    """One initiative on its walk, and the acts that may befall it."""

    initiative: Initiative
    cast: Cast
    rng: random.Random
    at: datetime = NOW

    @property
    def rollout(self) -> Rollout:
        rollouts = Rollout.objects.filter(initiative=self.initiative)
        return rollouts.select_related("initiative", "playbook").latest("pk")

    def step(self, at: datetime) -> None:
        """One act at this moment. What is refused is refused: nothing happened."""
        self.at = at
        act = self.rng.choices(ACTS, WEIGHTS)[0]
        with suppress(Refused, NotAllowed), transaction.atomic():
            act(self)

    @property
    def owner(self) -> dict[str, Any]:
        return {"by": self.cast.owner, "at": self.at}

    def _edit(self, **fields: Any) -> None:
        stored = Initiative.objects.get(pk=self.initiative.pk)
        edit_initiative(initiative=stored, fields=fields, version=stored.version, **self.owner)

    # Acts

    def let_be(self) -> None:
        """Time passes."""

    def change_funding(self) -> None:
        field_ = self.rng.choice(["production_owner", "production_funder", "funding_mechanism"])
        self._edit(**{field_: self.rng.choice(["", "   ", "Somebody", "Somebody else"])})

    def change_teams(self) -> None:
        self._edit(
            pilot_team=self.rng.choice(TEAMS),
            production_team=self.rng.choice(TEAMS),
            production_engineering=self.rng.choice([None, True, True, False]),
            production_budget=self.rng.choice([None, True, True]),
            production_mandate=self.rng.choice([None, True, True]),
        )

    def pause_or_resume(self) -> None:
        rollout = self.rollout
        if rollout.pauses.filter(resumed_at__isnull=True).exists():
            resume(rollout=rollout, **self.owner)
        else:
            pause(rollout=rollout, reason="The vendor changed.", cause="budget", **self.owner)

    def break_check(self) -> None:
        check = self.rng.choice(self.rollout.playbook.parsed.checks)
        reopen_check(
            initiative=self.initiative, check=check, reason="Measured again.", **self.owner
        )

    def mend_checks(self) -> None:
        """Fresh evidence for some checks, or for all that are not met; it may run out soon."""
        case = case_of(self.rollout, at=self.at)
        checks = [
            check
            for check in case.document.checks
            if check.key not in case.facts.checks
            or case.facts.checks[check.key].state_on(case.facts.today) != "met"
        ]
        some = checks if self.rng.random() < 0.7 else checks[: self.rng.randint(0, 3)]
        if not some:
            return
        verifier = self.cast.verifier if self.rng.random() < 0.9 else None
        evidence = make_evidence(
            self.initiative, by=self.cast.owner, verified_by=verifier, at=self.at
        )
        for check in some:
            meet_check(
                initiative=self.initiative,
                check=check,
                evidence=evidence,
                days_valid=self.rng.choice([5, 40, 365]),
                **self.owner,
            )

    def doubt_evidence(self) -> None:
        evidence = self.initiative.evidence.filter(verified_at__isnull=False).last()
        if evidence is not None:
            withdraw_verification(
                evidence=evidence, reason="Misread.", by=self.cast.verifier, at=self.at
            )

    def judge(self) -> None:
        rollout = self.rollout
        standing = [
            criterion
            for gate in rollout.playbook.parsed.gates
            for criterion in gate.criteria
            if criterion.standing and not criterion.computed
        ]
        met = self.rng.random() < 0.6
        evidence = make_evidence(self.initiative, by=self.cast.owner, at=self.at) if met else None
        answer_criterion(
            rollout=rollout,
            criterion=self.rng.choice(standing),
            verdict="met" if met else "not_met",
            note="Looked at again.",
            evidence=evidence,
            days_valid=self.rng.choice([10, 90, 365]),
            **self.owner,
        )

    def measure(self) -> None:
        """Figures for a computed criterion: good ones, or some that miss."""
        computed = [c for c, _gate in self.rollout.playbook.parsed.placed_criteria if c.computed]
        criterion = self.rng.choice(computed)
        make_measured(
            self.initiative,
            criterion,
            by=self.cast.owner,
            at=self.at,
            figures=BAD_FIGURES if self.rng.random() < 0.4 else None,
        )

    def hand_over(self) -> None:
        assign_people(
            initiatives=[self.initiative],
            owner=self.rng.choice([self.cast.owner, self.cast.office]),
            by=self.cast.office,
            at=self.at,
        )

    def _decide(self, outcome: str, **choice: Any) -> None:
        rollout = self.rollout
        case = case_of(rollout, at=self.at)
        decide(
            rollout=rollout,
            choice=Choice(outcome, "As the facts say.", **choice),
            seen=case.seen,
            by=self.cast.sponsor,
            at=self.at,
        )

    def go(self) -> None:
        self._decide("go")

    def prove(self) -> None:
        """All that the next gate asks, and a go."""
        rollout = self.rollout
        make_ready(rollout, by=self.cast.owner, verifier=self.cast.verifier, at=self.at)
        review = rollout.reviews.under_way().first()
        if review is None or review.state == "open":
            review = make_submitted(rollout, by=self.cast.owner, at=self.at)
        make_sign_offs(review, self.cast.reviewers, at=self.at)
        self._decide("go")

    def go_on_conditions(self) -> None:
        case = case_of(self.rollout, at=self.at)
        owner, due = self.cast.owner, self.at.date() + timedelta(days=self.rng.choice([1, 20, 90]))
        conditions = [
            NewCondition(finding.id, "Put it right.", owner, due)
            for finding in case.evaluation.blockers
        ]
        self._decide("conditional_go", conditions=conditions)

    def submit(self) -> None:
        review = self.rollout.reviews.under_way().filter(state="open").first()
        if review is not None:
            submit_review(review=review, **self.owner)

    def hold(self) -> None:
        until = self.at.date() + timedelta(days=30)
        self._decide("hold", hold_until=until, cause="integration")

    def send_back(self) -> None:
        self._decide("return", return_to=self.rng.choice(["pilot", "limited"]), cause="budget")

    def end_or_begin_anew(self) -> None:
        if self.rollout.stage in ENDED:
            start_rollout(initiative=self.initiative, by=self.cast.office, at=self.at)
        else:
            self._decide("stop", cause="value")

    def follow_inventory(self) -> None:
        move_claim(
            rollout=self.rollout,
            stage=self.rng.choice(CLAIMED_AT),
            source="inventory.csv",
            row=3,
            words="moved",
            by=self.cast.office,
            at=self.at,
        )


WEIGHTED: tuple[tuple[Callable[[Walker], None], float], ...] = (
    (Walker.let_be, 3),
    (Walker.change_funding, 2),
    (Walker.change_teams, 2),
    (Walker.pause_or_resume, 2),
    (Walker.break_check, 2),
    (Walker.mend_checks, 2),
    (Walker.doubt_evidence, 1),
    (Walker.judge, 2),
    (Walker.measure, 2),
    (Walker.hand_over, 1),
    (Walker.go, 5),
    (Walker.prove, 0.5),
    (Walker.go_on_conditions, 1),
    (Walker.submit, 1),
    (Walker.hold, 0.5),
    (Walker.send_back, 0.5),
    (Walker.end_or_begin_anew, 0.6),
    (Walker.follow_inventory, 0.5),
)
ACTS = [act for act, _weight in WEIGHTED]
WEIGHTS = [weight for _act, weight in WEIGHTED]


@dataclass
class Report:
    """What a trial showed: how many walks and comparisons, how often each label held and changed,
    and every disagreement."""

    walks: int = 0
    compared: int = 0
    held: Counter[str] = field(default_factory=Counter)
    turned: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        every = max(self.compared, 1)
        shares = ", ".join(
            f"{label} {self.held[label] / every:.0%} (turned {self.turned[label]:,})"
            for label in ASKED
        )
        return (
            f"{self.walks:,} histories, {self.compared:,} comparisons of SQL, Python and what is "
            f"stored: {len(self.problems)} disagreements. Held: {shares}"
        )


def adopted(cast: Cast, rng: random.Random, count: int) -> list[Initiative]:
    """Initiatives that an inventory claims to be somewhere on the way."""
    adoptions = [
        Adoption(
            initiative=make_initiative(owner=cast.owner, sponsor=cast.sponsor, by=cast.office),
            stage=rng.choice(CLAIMED_AT),
            row=row,
            words="as listed",
        )
        for row in range(2, count + 2)
    ]
    adopt_many(adoptions=adoptions, source="inventory.csv", by=cast.office, at=NOW)
    return [adoption.initiative for adoption in adoptions]


@dataclass
class Starts:
    """Where walks begin: ready for a go at Gate 2, ready for one at Gate 4, or claimed."""

    cast: Cast
    templates: tuple[Template | None, ...]


def make_starts() -> Starts:
    cast = make_cast()
    return Starts(cast, (make_template(cast, 2), make_template(cast, 4), None))


def trial(starts: Starts, *, count: int, seed: int, until_problem: bool = False) -> Report:
    """Walk from a seed; with ``until_problem`` stop at the first disagreement."""
    rng, report = random.Random(seed), Report()
    while report.walks < count and not (report.problems and until_problem):
        with transaction.atomic():
            _batch(rng, starts, min(BATCH, count - report.walks), report)
            transaction.set_rollback(True)
    return report


def _batch(rng: random.Random, starts: Starts, size: int, report: Report) -> None:
    cast, initiatives = starts.cast, list[Initiative]()
    for template, count in Counter(rng.choices(starts.templates, k=size)).items():
        if template is None:
            initiatives += adopted(cast, rng, count)
        else:
            initiatives += [rollout.initiative for rollout in copies(template, count)]
    refresh([initiative.pk for initiative in initiatives], NOW)
    walkers = [Walker(initiative, cast, rng) for initiative in initiatives]
    at, before = NOW, _compare(initiatives, NOW, report)
    for _round in range(ROUNDS):
        at += timedelta(days=rng.choice(DAYS), minutes=rng.randint(1, 900))
        with hooks.gathered(at):
            for walker in walkers:
                walker.step(at)
        sweep(initiatives, at)
        after = _compare(initiatives, at, report)
        for pk, called in after.items():
            report.turned.update(called ^ before.get(pk, frozenset()))
        before = after
    report.walks += size


def sweep(initiatives: Sequence[Initiative], at: datetime) -> None:
    """What Clearway does by itself in that hour."""
    ours = Rollout.objects.filter(initiative__in=initiatives)
    refresh_run_out(at=at)
    with hooks.gathered(at):
        for rollout in ours.filter(pk__in=in_question()):
            settle(rollout=rollout, at=at)
        for condition in Condition.objects.filter(pk__in=past_grace(at=at), rollout__in=ours):
            revoke_go(condition=condition, at=at)


def _compare(
    initiatives: Sequence[Initiative], at: datetime, report: Report
) -> dict[int, frozenset[str]]:
    """What each rollout is called, three times over; every difference is a problem."""
    today, rollouts = at.date(), Rollout.objects.filter(initiative__in=initiatives)
    cases = cases_of(list(rollouts.values_list("pk", flat=True)), at=at)
    asked = labels_in_sql(list(cases), today)
    stored = dict(Standing.objects.filter(rollout__in=cases).values_list("pk", "labels"))
    for pk, case in cases.items():
        told = frozenset(labels(case.document, case.facts)) & set(ASKED)
        kept = frozenset(stored[pk]) & set(ASKED)
        report.compared += 1
        report.held.update(told)
        if not asked[pk] == told == kept:
            report.problems.append(
                f"rollout {pk} in {case.facts.stage} on {today}: SQL {sorted(asked[pk])}, "
                f"Python {sorted(told)}, stored {sorted(kept)}"
            )
    return asked
