"""Long sequences: a whole cast acts on a small portfolio, day after day, and after every action
the promises about passage are held against the rows.

Refusals are expected and counted. Whatever else an action raises is a problem, as is a broken
promise.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import transaction

from gates.models.rollouts import ENDED
from gates.standings import refresh_run_out
from initiatives.errors import NotAllowed, Refused
from tests.factories import NOW
from tests.soak import doings, judgings
from tests.soak.barred import hands
from tests.soak.company import Company
from tests.soak.turns import Nothing, Turn
from tests.soak.walks import sweep
from tests.soak.watching import beyond_cap, broken, open_at, run_out, unlabelled

LIKELY = 0.75
NEXT_STEP = 0.45
DAYS = (1, 1, 2, 5, 12)
NIGHT = "night"

Doing = Callable[[Turn], None]

OFTEN: tuple[Doing, ...] = (
    doings.bring,
    doings.judge,
    doings.meet,
    doings.attach,
    doings.measure,
    doings.close,
    doings.edit,
    doings.go_on,
    doings.agree_kill,
    doings.count,
    judgings.verify,
    judgings.voice,
    judgings.attempt_go,
    judgings.attempt_go,
    judgings.attempt_conditional_go,
    judgings.attempt_conditional_go,
    judgings.approve,
    judgings.approve_money,
    judgings.release_money,
)
NOW_AND_THEN: tuple[Doing, ...] = (
    doings.correct,
    doings.measure_by_token,
    doings.doubt,
    doings.reopen,
    doings.plan,
    doings.settle_question,
    doings.assess,
    doings.alarm,
    doings.hit_kill,
    doings.open_up,
    doings.submit,
    doings.take_back,
    doings.answer_objector,
    doings.ask_for_exception,
    doings.ask_for_exception,
    doings.give_exception_up,
    doings.assign,
    doings.staff,
    doings.delegate,
    doings.end_stand_in,
    doings.leave,
    doings.come_back,
    doings.rest,
    doings.begin_anew,
    doings.claim,
    doings.repin,
    doings.ask_for_money,
    doings.take_money_back,
    doings.thaw_money,
    judgings.confirm,
    judgings.sign_by_token,
    judgings.decline,
    judgings.settle_kill,
    judgings.hold,
    judgings.send_back,
    judgings.bring_back,
)
RARELY: tuple[Doing, ...] = (judgings.stop,)
# What ends a blocker that no condition covers; everything else is brought.
ENDS = {
    "funding": doings.edit,
    "kill_hit": judgings.settle_kill,
    "pause": doings.go_on,
    "sign_off": judgings.voice,
}
# What is done to others' work, and to one's own never.
OF_OTHERS = ("verify", "confirm", "voice", "approve", "approve_money", "release_money")
NEVER_DONE = frozenset({judgings.sign_by_token.__name__})
EVERY = frozenset((*OFTEN, *NOW_AND_THEN, *RARELY))


@dataclass
class Report:
    """How often each action was carried out, refused or had nothing to be done to; how often each
    promise was at stake; and every broken one."""

    actions: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    at_stake: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    until: datetime = NOW

    @property
    def never_done(self) -> set[str]:
        names = {NIGHT, *(doing.__name__ for doing in EVERY)}
        return names - set(self.done) - NEVER_DONE

    def broken(self, promise: str) -> list[str]:
        return [problem for problem in self.problems if problem.startswith(promise)]

    def __str__(self) -> str:
        each = ", ".join(
            f"{name} {self.done[name]}/{self.refused[name]}"
            for name in sorted({*self.done, *self.refused, *self.idle})
        )
        stakes = ", ".join(f"{what} {count}" for what, count in self.at_stake.items())
        return (
            f"{self.actions:,} actions until {self.until:%Y-%m-%d}: {self.done.total():,} carried "
            f"out, {self.refused.total():,} refused, {self.idle.total():,} with nothing to act on, "
            f"{len(self.problems)} problems.\nAt stake: {stakes}.\nCarried out/refused: {each}"
        )


@dataclass
class Sequence:
    company: Company
    rng: random.Random
    doings: tuple[Doing, ...] = (*OFTEN * 6, *NOW_AND_THEN * 2, *RARELY)
    brings_on: float = NEXT_STEP
    at: datetime = NOW
    report: Report = field(default_factory=Report)

    def step(self) -> None:
        """Time passes, somebody acts, and the promises are looked at."""
        self.report.actions += 1
        if self._time_passes() or self.rng.random() < 0.02:
            self._night()
        else:
            self._act()
        self.report.problems += broken(self.at)
        run_down = run_out(self.at)
        self.report.at_stake["a check ran out in production"] += bool(run_down)
        self.report.problems += unlabelled(run_down, self.at)
        self.report.until = self.at

    def _time_passes(self) -> bool:
        """Minutes, or now and then days: true when a day is over."""
        before = self.at.date()
        days = self.rng.choice(DAYS) if self.rng.random() < 0.02 else 0
        self.at += timedelta(days=days, minutes=self.rng.randint(1, 20))
        if self.at.date() == before:
            return False
        refresh_run_out(at=self.at)  # what lists show follows the calendar within the hour
        return True

    def _night(self) -> None:
        """The daily tasks: goes are revoked, gates that gave way too long are taken back."""
        sweep([rollout.initiative for rollout in self.company.rollouts], self.at)
        self.report.done[NIGHT] += 1

    def _act(self) -> None:
        people, rng = self.company.people, self.rng
        rollout = rng.choice(self.company.rollouts)
        likely = rng.random() < LIKELY
        turn = Turn(rng, self.company, people, rollout, self.at, rng.choice(people), likely)
        doing = rng.choice(self.doings)
        if rng.random() < self.brings_on:
            doing = next_step(turn)
        name = doing.__name__
        try:
            doing(turn)
            self.report.done[name] += 1
        except Nothing:
            self.report.idle[name] += 1
        except (Refused, NotAllowed):
            self.report.refused[name] += 1
            self._stakes(turn, name)
        except Exception as error:
            self.report.problems.append(f"raised by {name}: {type(error).__name__}: {error}")

    def _stakes(self, turn: Turn, name: str) -> None:
        """What a refusal kept from happening."""
        facts, stakes = turn.case.facts, self.report.at_stake
        if name in ("attempt_go", "attempt_conditional_go") and facts.gate is not None:
            review = facts.review.id if facts.review else None
            rollout, adding = turn.rollout, turn.adding
            barred = hands(rollout.pk, facts.gate, review)
            open_ones = open_at(rollout.pk, rollout.initiative_id, facts.gate, review, turn.at)
            stakes["a hand would decide"] += turn.by.pk in barred
            stakes["a go on what is open"] += bool(open_ones)
            stakes["a go beyond the cap"] += bool(adding and beyond_cap(rollout.pk, adding=adding))
        if name in OF_OTHERS:
            stakes[f"refused: {name}"] += 1


def next_step(turn: Turn) -> Doing:
    """What brings an initiative on: bring what is asked, submit, sign, decide, and begin anew."""
    if turn.rollout.stage in ENDED:
        return doings.begin_anew
    evaluation, facts = turn.case.evaluation, turn.case.facts
    if facts.paused_since is not None:
        return doings.go_on
    asked = turn.rollout.exceptions.open().filter(approved_at__isnull=True)
    if turn.chance(0.5) and asked.exists():
        return judgings.approve
    if facts.gate is None:
        return doings.judge
    if facts.review is None:
        return doings.open_up
    if facts.review.state == "open":
        ready = not evaluation.to_submit and turn.chance(0.6)
        return doings.submit if ready else doings.bring
    if any(facts.asked.values()) and turn.chance(0.8):
        return judgings.voice
    if evaluation.clear:
        return judgings.attempt_go
    in_the_way = [f.kind for f in evaluation.blockers if not f.coverable]
    if in_the_way and turn.chance(0.7):
        return ENDS.get(turn.rng.choice(in_the_way), doings.bring)
    return judgings.attempt_conditional_go if turn.chance(0.6) else doings.close


@dataclass(frozen=True)
class Control:
    """A promise, its guard switched off, and the actions by which that comes out soonest."""

    promise: str
    guard_off: Callable[[], AbstractContextManager[Any]]
    doings: tuple[Doing, ...]
    brings_on: float = 0


CONTROLS = (
    Control(
        "self-approval",
        lambda: patch("gates.case.hands_in", lambda *_: (frozenset(), frozenset())),
        (judgings.attempt_go,),
    ),
    Control(
        "cap",
        lambda: patch("gates.services.decisions.against_cap", lambda *_: []),
        (judgings.attempt_conditional_go,),
        NEXT_STEP,
    ),
    Control(
        "unknown",
        lambda: patch("playbook.evaluate._criteria", lambda *_: iter(())),
        (*(doings.correct, doings.judge) * 2, judgings.attempt_go),
    ),
    Control(
        "label",
        lambda: patch("playbook.labels.production_label", lambda *_: None),
        (doings.attach, doings.reopen, doings.meet),
    ),
)


def play(company: Company, *, actions: int, seed: int) -> Report:
    """So many actions from a seed."""
    sequence = Sequence(company, random.Random(seed))
    for _ in range(actions):
        sequence.step()
    return sequence.report


def breaks(company: Company, control: Control, *, actions: int, seed: int) -> Report:
    """With a guard off, act until its promise is broken, or so often; then undo all of it."""
    sequence = Sequence(company, random.Random(seed), control.doings, control.brings_on)
    report = sequence.report
    with control.guard_off(), transaction.atomic():
        while report.actions < actions and not report.broken(control.promise):
            sequence.step()
        transaction.set_rollback(True)
    return report
