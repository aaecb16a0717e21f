"""Histories: a few people act on one initiative at the same moment, over and over.

An initiative is brought to a gate by the services once, and then copied row by row, so that ten
thousand histories start from states that the services made. Each history is a handful of actions
released together on connections of their own.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from django.db import connection, connections, models

from accounts.models import User
from accounts.roles import Remit, Role
from audit.models import Event
from checklists.models import Check, DesignAnswer
from checklists.services import reopen_check
from gates.case import case_of
from gates.models import CriterionAnswer, Decision, Passage, Review, Rollout, SignOff
from gates.services.decisions import Choice, decide
from gates.services.reviews import answer_criterion, sign_off, submit_review, withdraw_review
from gates.services.rollouts import pause
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Evidence, Initiative, InitiativeQuerySet
from initiatives.services import (
    add_evidence,
    assign_people,
    edit_initiative,
    next_numbers,
    verify_evidence,
    withdraw_verification,
)
from risks.models import Assessment
from tests.factories import (
    NOW,
    make_assessment,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)
from tests.soak.checker import State, playbook, read_state, replay

TODAY = NOW.date()
GATES = range(5)


@dataclass
class Cast:
    """Who takes part in every history."""

    owner: User
    sponsor: User
    office: User
    reviewers: list[User]

    @property
    def verifier(self) -> User:
        return self.reviewers[0]


def make_cast() -> Cast:
    remits = list(Remit.values)
    return Cast(
        owner=make_user("Soak Owner"),
        sponsor=make_user("Soak Sponsor", Role.EXECUTIVE),
        office=make_user("Soak Office", Role.PROGRAM_OFFICE),
        reviewers=[
            make_user("Soak One", remits=remits[:4]),
            make_user("Soak Two", remits=remits[4:]),
        ],
    )


@dataclass
class Template:
    """An initiative ready at a gate, as rows to copy."""

    initiative: Initiative
    rollout: Rollout
    moves: list[Decision]
    children: dict[type[models.Model], list[Any]]


BY_INITIATIVE = (Evidence, DesignAnswer, Check, Assessment)
BY_ROLLOUT = (Review, CriterionAnswer, Decision, Passage)


def make_template(cast: Cast, gate: int) -> Template:
    """Bring one initiative to the gate by the services: submitted, signed off, nothing open."""
    rollout = make_rollout(
        make_initiative(owner=cast.owner, sponsor=cast.sponsor, by=cast.office), by=cast.office
    )
    rollout = make_passed(
        rollout,
        gates=gate,
        owner=cast.owner,
        verifier=cast.verifier,
        reviewers=cast.reviewers,
        decider=cast.sponsor,
    )
    make_ready(rollout, by=cast.owner, verifier=cast.verifier)
    make_sign_offs(make_submitted(rollout, by=cast.owner), cast.reviewers)
    rollout = Rollout.objects.select_related("initiative").get(pk=rollout.pk)
    children: dict[type[models.Model], list[Any]] = {}
    for model in BY_INITIATIVE:
        children[model] = list(model.objects.filter(initiative=rollout.initiative).order_by("pk"))
    for model in BY_ROLLOUT:
        children[model] = list(model.objects.filter(rollout=rollout).order_by("pk"))
    children[SignOff] = list(SignOff.objects.filter(review__rollout=rollout).order_by("pk"))
    moves = [d for d in children[Decision] if d.from_stage != d.to_stage]
    return Template(rollout.initiative, rollout, moves, children)


def copies(template: Template, count: int) -> list[Rollout]:
    """This many initiatives like the template, each with rows of its own."""
    ids: dict[tuple[type[models.Model], Any, int], Any] = {}

    def again(model: type[models.Model], rows: list[Any]) -> None:
        made = []
        for n in range(count):
            for row in rows:
                fields = {
                    f.attname: getattr(row, f.attname)
                    for f in model._meta.concrete_fields
                    if not f.primary_key and not f.generated
                }
                for f in model._meta.concrete_fields:
                    if f.is_relation and (f.related_model, fields[f.attname], n) in ids:
                        fields[f.attname] = ids[f.related_model, fields[f.attname], n]
                if model is Initiative:
                    fields["number"] = numbers[n]
                if model is Rollout:
                    fields |= {"stage": "intake", "moved_by_id": None}
                made.append((row.pk, n, model(**fields)))
        model._default_manager.bulk_create([new for _pk, _n, new in made])
        for pk, n, new in made:
            ids[model, pk, n] = new.pk

    numbers = next_numbers(count)
    again(Initiative, [template.initiative])
    again(Rollout, [template.rollout])
    for model in (*BY_INITIATIVE, *BY_ROLLOUT, SignOff):
        again(model, template.children[model])
    with connection.cursor() as cursor:
        for n in range(count):
            rollout = ids[Rollout, template.rollout.pk, n]
            for move in template.moves:
                cursor.execute(
                    "UPDATE gates_rollout SET stage = %s, moved_by_id = %s WHERE id = %s",
                    [move.to_stage, ids[Decision, move.pk, n], rollout],
                )
    made = [ids[Rollout, template.rollout.pk, n] for n in range(count)]
    found = Rollout.objects.select_related("initiative", "playbook").in_bulk(made)
    return [found[pk] for pk in made]


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
    criterion = rng.choice(document.gate(gate).criteria)
    review = rollout.reviews.under_way().get()
    remit = rng.choice(document.gate(gate).remits)
    reviewer = next(person for person in cast.reviewers if remit in person.remits)
    evidence = initiative.evidence.order_by("?").first()
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
    return [*acts, Act("revocation", reopen)] if met else acts


def promotion(rng: random.Random, rollout: Rollout, cast: Cast) -> Act:
    """A go by the sponsor or the program office, on facts read before or at the last moment."""
    decider = rng.choice([cast.sponsor, cast.office])
    early = case_of(rollout, today=TODAY).seen if rng.random() < 0.5 else None

    def go() -> None:
        seen = early or case_of(rollout, today=TODAY).seen
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


def trial(*, count: int, seed: int, until_problem: bool = False) -> Report:
    """Run histories from a seed; with ``until_problem`` stop at the first broken rule."""
    rng = random.Random(seed)
    cast = make_cast()
    templates = [make_template(cast, gate) for gate in GATES]
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
