"""Histories: a few people act on one initiative at the same moment, over and over.

An initiative is brought to a gate by the services once, and then copied row by row, so that ten
thousand histories start from states that the services made. Each history is a handful of actions
released together on connections of their own.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from django.db import connection, connections

from audit.models import Event
from checklists.services import reopen_check
from gates.case import case_of
from gates.models import Review, Rollout, SignOff
from gates.services import decisions
from gates.services.decisions import Choice, decide
from gates.services.reviews import answer_criterion, sign_off, submit_review, withdraw_review
from gates.services.rollouts import pause
from initiatives.errors import NotAllowed, Refused
from initiatives.evidence import add_evidence, verify_evidence, withdraw_verification
from initiatives.models import Initiative, InitiativeQuerySet
from initiatives.services import assign_people, edit_initiative
from tests.factories import BAD_FIGURES, NOW, make_assessment, make_measured
from tests.soak.checker import State, playbook, read_state, replay
from tests.soak.copies import Cast, Template, copies, make_cast, make_template

TODAY = NOW.date()
GATES = range(5)


@dataclass
class Act:
    """One action in a history: who did it is in the closure; when it ran, and how it ended."""

    name: str
    do: Callable[[], object]
    began: float = 0.0
    ended: float = 0.0
    outcome: str = ""
    failed: bool = False


@dataclass
class History:
    """One initiative, a state to start from, and actions to release together."""

    rollout: Rollout
    acts: list[Act]
    start: State
    problems: list[str] = field(default_factory=list)

    @property
    def overlapped(self) -> bool:
        """Whether two actions were under way at the same moment."""
        spans = sorted((act.began, act.ended) for act in self.acts)
        return any(later < ended for (_, ended), (later, _) in pairwise(spans))


def disturbances(rng: random.Random, rollout: Rollout, cast: Cast) -> list[Act]:
    """What may happen to the grounds of a go, or beside it, at the same moment."""
    document, initiative = rollout.playbook.parsed, rollout.initiative
    common: dict[str, Any] = {"at": NOW}
    gate = document.stage(rollout.stage).number
    judged = [each for each in document.gate(gate).criteria if not each.computed]
    computed = [each for each in document.gate(gate).criteria if each.computed]
    criterion = rng.choice(judged)
    review = rollout.reviews.under_way().get()
    remit = rng.choice(document.gate(gate).remits)
    reviewer = next(person for person in cast.reviewers if remit in person.remits)
    evidence = rng.choice(list(initiative.evidence.order_by("pk")))
    mode = rng.choice(document.failure_modes).key
    met = [check.key for check in initiative.checks.filter(status="met").order_by("key")]
    fresh = {"url": "https://reports.example.org/new", "title": "Fresh", "by": cast.owner, **common}

    def swap_evidence() -> None:
        new = add_evidence(initiative=initiative, **fresh)
        verify_evidence(evidence=new, by=cast.verifier, at=NOW)
        withdraw_verification(evidence=evidence, reason="Replaced.", by=cast.verifier, at=NOW)

    def reopen() -> None:
        check = document.check(rng.choice(met))
        reopen_check(
            initiative=initiative, check=check, reason="It broke.", by=cast.owner, **common
        )

    acts = [
        Act(
            "criterion",
            lambda: answer_criterion(
                rollout=rollout,
                criterion=criterion,
                verdict="not_met",
                note="It fell.",
                evidence=None,
                days_valid=None,
                by=cast.owner,
                **common,
            ),
        ),
        Act("evidence", swap_evidence),
        Act(
            "objection",
            lambda: sign_off(
                review=review, remit=remit, verdict="objected", note="No.", by=reviewer, **common
            ),
        ),
        Act(
            "sign-off",
            lambda: sign_off(
                review=review, remit=remit, verdict="signed", note="", by=reviewer, **common
            ),
        ),
        Act(
            "risk",
            lambda: make_assessment(
                initiative, mode, by=cast.owner, likelihood=5, impact=5, response="none"
            ),
        ),
        Act("withdraw", lambda: withdraw_review(review=review, by=cast.owner, **common)),
        Act(
            "pause",
            lambda: pause(rollout=rollout, reason="Wait.", cause="budget", by=cast.owner, **common),
        ),
        Act(
            "owner",
            lambda: assign_people(
                initiatives=[initiative], owner=cast.office, by=cast.office, at=NOW
            ),
        ),
        Act(
            "funding",
            lambda: edit_initiative(
                initiative=initiative,
                fields={"production_owner": ""},
                version=initiative.version,
                by=cast.owner,
                **common,
            ),
        ),
    ]
    if met:
        acts.append(Act("revocation", reopen))
    if computed:
        acts.append(
            Act(
                "figures",
                lambda: make_measured(
                    initiative, rng.choice(computed), by=cast.owner, figures=BAD_FIGURES
                ),
            )
        )
    return acts


def promotion(rng: random.Random, rollout: Rollout, cast: Cast) -> Act:
    """A go by the sponsor or the program office, on facts read before or at the last moment."""
    decider = rng.choice([cast.sponsor, cast.office])
    early = case_of(rollout, at=NOW).seen if rng.random() < 0.5 else None

    def go() -> None:
        seen = early or case_of(rollout, at=NOW).seen
        decide(rollout=rollout, choice=Choice("go", "It holds."), seen=seen, by=decider, at=NOW)

    return Act("promotion", go)


def histories(
    rng: random.Random, cast: Cast, templates: list[Template], count: int
) -> Iterator[History]:
    """Histories in batches, so that copying costs little."""
    batch = 25
    for begun in range(0, count, batch):
        template = rng.choice(templates)
        for rollout in copies(template, min(batch, count - begun)):
            yield _history(rng, rollout, cast)


def _history(rng: random.Random, rollout: Rollout, cast: Cast) -> History:
    acts = [promotion(rng, rollout, cast)]
    if rng.random() < 0.15:  # the review is still open, and somebody clicks twice
        review = rollout.reviews.under_way().get()
        SignOff.objects.filter(review=review).delete()
        Review.objects.filter(pk=review.pk).update(
            state="open", submitted_at=None, submitted_by=None, submitted_facts=None
        )
        acts += [
            Act("submit", lambda: submit_review(review=review, by=cast.owner, at=NOW))
            for _ in range(2)
        ]
    if rng.random() < 0.2:
        acts.append(promotion(rng, rollout, cast))
    acts += rng.sample(disturbances(rng, rollout, cast), rng.randint(1, 3))
    rng.shuffle(acts)
    return History(rollout, acts, read_state(rollout.initiative_id, TODAY))


def run(history: History, pool: ThreadPoolExecutor, document: dict[str, Any]) -> None:
    """Release the actions together, wait for all, then replay what the audit trail says."""
    barrier = threading.Barrier(len(history.acts))
    list(pool.map(lambda act: _act(act, barrier), history.acts))
    initiative = history.rollout.initiative_id
    events = list(
        Event.objects.of(f"initiative:{initiative}")
        .order_by("seq")
        .values_list("verb", "data", "actor_id")
    )
    reached, history.problems = replay(history.start, events, document)
    now = read_state(initiative, TODAY)
    if reached.stage != now.stage:
        history.problems.append(f"the events lead to {reached.stage}, the row says {now.stage}")
    history.problems += [
        f"{act.name}: {act.outcome}" for act in history.acts if act.outcome[0] == "!"
    ]


def _act(act: Act, barrier: threading.Barrier) -> None:
    connection.ensure_connection()
    barrier.wait(timeout=30)
    act.began = time.perf_counter()
    try:
        act.do()
        act.outcome = "done"
    except (Refused, NotAllowed) as refused:
        act.outcome = f"refused: {refused}"
    except Exception as error:
        act.failed, act.outcome = True, f"{type(error).__name__}: {error}"
    act.ended = time.perf_counter()


@contextmanager
def acting(threads: int = 8) -> Iterator[ThreadPoolExecutor]:
    """Threads that keep a connection each, and give it back at the end."""
    gate = threading.Barrier(threads)

    def close(_: int) -> None:
        gate.wait(timeout=30)
        connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        try:
            yield pool
        finally:
            list(pool.map(close, range(threads)))


@dataclass
class Report:
    """What a run of histories showed."""

    histories: int = 0
    overlapped: int = 0
    promoted: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def overlap_share(self) -> float:
        return self.overlapped / max(self.histories, 1)


def trial(
    *, count: int, seed: int, gates: Sequence[int] = GATES, until_problem: bool = False
) -> Report:
    """Run histories from a seed; with ``until_problem`` stop at the first broken rule."""
    rng = random.Random(seed)
    cast = make_cast()
    templates = [make_template(cast, gate) for gate in gates]
    document, report = playbook(), Report()
    with acting() as pool:
        for history in histories(rng, cast, templates, count):
            run(history, pool, document)
            report.histories += 1
            report.overlapped += history.overlapped
            goes = [act for act in history.acts if act.name == "promotion"]
            report.promoted += any(act.outcome == "done" for act in goes)
            report.refused += all(act.outcome != "done" for act in goes)
            report.problems += [
                f"{history.rollout.initiative.reference}: {problem}" for problem in history.problems
            ]
            if report.problems and until_problem:
                break
    return report


def without_the_lock() -> Any:
    """The negative control: services read the initiative without locking its row."""
    return patch.object(InitiativeQuerySet, "select_for_update", lambda self, **options: self)


@contextmanager
def lingering() -> Iterator[None]:
    """Whoever decides rests between judging the facts and writing the decision, until somebody
    else has acted or a moment has passed: the race that the lock forbids shows for certain."""
    carry_out = decisions._carry_out

    def rested(initiative: Initiative, *args: Any) -> Any:
        unchanged = Initiative.objects.filter(pk=initiative.pk, version=initiative.version)
        deadline = time.monotonic() + 0.25
        while unchanged.exists() and time.monotonic() < deadline:
            pass
        return carry_out(initiative, *args)

    with patch.object(decisions, "_carry_out", rested):
        yield
