"""A past to replay: decided gates with real facts, in bulk, and a judge that knows no other."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from accounts.models import User
from audit.canonical import digest_of, plain
from gates.case import cases_of
from gates.models import Condition, Decision, Review, ReviewState, Rollout
from gates.models.rollouts import PATH, Stage
from playbook.document import Document
from playbook.evaluate import evaluate, rung_of
from playbook.facts import (
    AnswerFact,
    AssumptionFact,
    CheckFact,
    DesignFact,
    ExposureFact,
    Facts,
    KillFact,
    Person,
    ReviewFact,
    RiskFact,
    SignOffFact,
)
from playbook.places import Data
from tests.playbook.test_evaluate import good

CRITERION, CHECK = "own_criterion", "own_check"


def edited(data: Data) -> Data:
    """The edit to replay: a criterion at Gate 1, a critical rating that starts higher, and a
    check on the ladder."""
    draft = deepcopy(data)
    own = {
        "name": "Works council heard",
        "needs": "The works council has been heard on the pilot's findings.",
        "why": "Its objections come anyway, and cost more after the rollout.",
        "good_evidence": "The minutes.",
        "failure_mode": "resistance",
    }
    draft["gates"][1]["criteria"].append({"key": CRITERION, **own})
    draft["rating"]["critical_from"] = 16
    draft["mvp_items"][0]["checks"].append({"key": CHECK, **own, "name": "Archive agreed"})
    return draft


def write_past(
    dice: Random, *, decisions: int, decider: User, submitter: User, at: datetime
) -> None:
    """Decisions on the live rollouts there are, each on facts made from a rollout's own."""
    rollouts = Rollout.objects.live()
    cases = cases_of([rollout.pk for rollout in rollouts], at=at)
    by_pk = {rollout.pk: rollout for rollout in rollouts.select_related("initiative")}
    chosen = [dice.choice(sorted(by_pk)) for _ in range(decisions)]
    reviews, rows = [], []
    for pk in chosen:
        gate, when = dice.choice((0, 0, 1, 1, 2, 3, 4)), at - timedelta(days=dice.randrange(2, 400))
        document = cases[pk].document
        facts = _facts(dice, document, cases[pk].facts, gate, when, decider)
        outcome, covers = _outcome(dice, document, facts)
        review = Review(
            rollout=by_pk[pk],
            gate=gate,
            state=ReviewState.DECIDED,
            due=when.date(),
            opened_by=submitter,
            opened_at=when - timedelta(days=14),
            submitted_by=submitter,
            submitted_at=when - timedelta(days=2),
            submitted_facts={},
            closed_at=when,
        )
        canonical = plain(facts.canonical())
        decision = Decision(
            rollout=by_pk[pk],
            review=review,
            gate=gate,
            outcome=outcome,
            from_stage=PATH[gate],
            to_stage=_target(outcome, gate),
            decided_by=decider,
            decided_at=when,
            submitted_by=submitter,
            reason="As the figures say.",
            cause="" if "go" in outcome else "value",
            hold_until=when.date() + timedelta(days=30) if outcome == "hold" else None,
            facts=canonical,
            digest=digest_of(canonical),
        )
        decision.covers = frozenset(covers)
        reviews.append(review)
        rows.append(decision)
    Review.objects.bulk_create(reviews)
    for row in rows:
        row.review_id = row.review.pk
    Decision.objects.bulk_create(rows)
    Condition.objects.bulk_create(
        Condition(
            rollout=row.rollout,
            decision=row,
            blocker=blocker,
            blocker_title="Left open",
            text="Bring it.",
            owner=submitter,
            due=row.decided_at.date() + timedelta(days=30),
            closed_at=at,
            closed_by=submitter,
            closing_note="Brought.",
        )
        for row in rows
        for blocker in sorted(row.covers)
    )


def _target(outcome: str, gate: int) -> str:
    if "go" in outcome:
        return PATH[gate + 1]
    if outcome == "stop":
        return Stage.STOPPED if gate < 3 else Stage.RETIRED
    return PATH[gate] if outcome == "hold" or gate == 0 else PATH[0]


def _outcome(dice: Random, document: Document, facts: Facts) -> tuple[str, list[str]]:
    judged = evaluate(document, facts)
    against = ("hold", "stop", "return") if facts.gate else ("hold", "stop")
    if judged.clear:
        return ("go", []) if dice.random() < 0.9 else (dice.choice(against), [])
    if not judged.uncovered and dice.random() < 0.7:
        return "conditional_go", [finding.id for finding in judged.blockers]
    return dice.choice(against), []


def _facts(
    dice: Random, document: Document, base: Facts, gate: int, when: datetime, decider: User
) -> Facts:
    """The facts of a rollout at this gate, nearly all of them met; some are spoilt."""
    who, day = Person(7, "Somebody"), when.date()
    asked = document.criteria_for(gate, base.impact_class)
    rungs = {check.key: rung_of(document.gate(gate), check) for check in document.checks}
    facts = replace(
        base,
        at=when,
        stage=str(PATH[gate]),
        gate=gate,
        owed_gates=(),
        claimed=False,
        owner=who,
        funding_missing=(),
        handoff_lacks=(),
        paused_since=None,
        stage_since=day - timedelta(weeks=3),
        progress_on=day,
        review=ReviewFact(1, "submitted", day, day - timedelta(days=2)),
        deciders=(Person(decider.pk, decider.name),),
        barred=(),
        design={q.key: DesignFact(True, "") for q in document.questions},
        answers={
            c.key: AnswerFact("met", "", "report", day + timedelta(days=9), day)
            for c in asked
            if not c.computed
        },
        measured={c.key: good(c) for c in asked if c.computed},
        checks={
            key: CheckFact(rung if rung in ("assigned", "planned") else "met", who, day, True)
            for key, rung in rungs.items()
            if rung
        },
        sign_offs={
            remit: SignOffFact("signed", who, "")
            for remit in document.remits_for(gate, base.impact_class)
        },
        risks={mode.key: _risk(dice, day) for mode in document.failure_modes},
        conditions=(),
        architecture="increments",
        population=1000,
        assumptions=(AssumptionFact(1, "It scales.", "validated", True),),
        kill_criteria=(KillFact(1, "Nobody uses it.", "Below 10 %"),),
        contrasts={},
        figures={},
        exposure=ExposureFact(150, day) if gate == 3 else None,
        groups=(),
        slips=(),
    )
    judged = [criterion.key for criterion in asked if not criterion.computed]
    return _spoilt(dice, facts, judged[0] if judged else "", day)


def _risk(dice: Random, day: date) -> RiskFact:
    """Now and then critical by an organisation's own rule, and once in a while by any."""
    likelihood, impact = dice.choices(((2, 3), (3, 4), (3, 5), (4, 4)), (60, 3, 3, 1))[0]
    response = dice.choice(("none", "none", "planned"))
    return RiskFact(likelihood, impact, response, 2, 3, day + timedelta(days=dice.choice((9, 40))))


def _spoilt(dice: Random, facts: Facts, criterion: str, day: date) -> Facts:
    """The facts with something amiss, or with what the draft is going to ask there already."""
    met = AnswerFact("met", "", "report", None, day)
    match dice.randrange(12):
        case 0 if criterion:
            rest = {key: fact for key, fact in facts.answers.items() if key != criterion}
            return replace(facts, answers=rest)
        case 1 if criterion:
            old = replace(facts.answers[criterion], valid_until=day - timedelta(days=1))
            return replace(facts, answers={**facts.answers, criterion: old})
        case 2:
            return replace(facts, funding_missing=("production funder",))
        case 3 if facts.sign_offs:
            remit = next(iter(facts.sign_offs))
            no = SignOffFact("objected", Person(8, "A reviewer"), "Not yet.")
            return replace(facts, sign_offs={**facts.sign_offs, remit: no})
        case 4:
            return replace(facts, paused_since=day)
        case 5 | 6 | 7:
            own = CheckFact("met", Person(7, "Somebody"), day, True)
            return replace(
                facts,
                answers={**facts.answers, CRITERION: met},
                checks={**facts.checks, CHECK: own},
            )
        case 8:
            return replace(facts, answers={**facts.answers, CRITERION: replace(met, proof="")})
        case _:
            return facts


# The other judge: the rules of passage read off the plain data, and no line of the product.

ORDER = ("unassigned", "assigned", "planned", "met")


def brute_force(pinned: Data, draft: Data) -> tuple[set[int], set[int]]:
    """The decisions that the draft would have shut, and those it would have opened."""
    shut, opened = set(), set()
    for decision in Decision.objects.prefetch_related("conditions"):
        if decision.facts.get("seeded") or decision.gate is None:
            continue
        covered = {condition.blocker for condition in decision.conditions.all()}
        day = decision.decided_at.date().isoformat()
        before = set(in_the_way(pinned, decision.facts, day)) - covered
        after = set(in_the_way(draft, decision.facts, day)) - covered
        if decision.outcome in ("go", "conditional_go"):
            if not before and after:
                shut.add(decision.pk)
        elif before and not after:
            opened.add(decision.pk)
    return shut, opened


def in_the_way(book: Data, facts: Mapping[str, Any], day: str) -> Iterator[str]:
    gate = book["gates"][facts["gate"]]
    additions = [
        addition
        for known in book["impact_classes"]
        if known["key"] == facts["impact_class"]
        for addition in known["additions"]
        if addition["gate"] == gate["number"]
    ]
    if facts["paused_since"]:
        yield "pause:pause"
    if facts["funding_missing"] and not gate["allows_learning_exercise"]:
        yield "funding:path"
    if facts["review"]["state"] != "submitted":
        yield "review"
    for criterion in _together(gate, additions, "criteria"):
        if criterion["measures"]:
            # What metrics show of the past made here is always good.
            if not facts["measured"].get(criterion["key"]):
                yield f"criterion:{criterion['key']}"
            continue
        answer = facts["answers"].get(criterion["key"])
        fresh = answer and (answer["valid_until"] is None or answer["valid_until"] >= day)
        if not (answer and answer["verdict"] == "met" and answer["proof"] and fresh):
            yield f"criterion:{criterion['key']}"
    for item in book["mvp_items"] if gate["rung"] != "none" else ():
        for check in item["checks"]:
            wanted = "met" if gate["rung"] == "still_met" else gate["rung"]
            if check["monitoring"] and gate["monitoring_checks_met"]:
                wanted = "met"
            status = facts["checks"].get(check["key"], {"status": "unassigned"})["status"]
            if ORDER.index(status) < ORDER.index(wanted):
                yield f"rung:{check['key']}"
    for key, risk in facts["risks"].items():
        critical = risk["likelihood"] * risk["impact"] >= book["rating"]["critical_from"]
        if (critical and risk["response"] == "none") or risk["reassess_by"] < day:
            yield f"failure_mode:{key}"
    for remit in _together(gate, additions, "remits"):
        sign_off = facts["sign_offs"].get(remit)
        if not sign_off or sign_off["verdict"] != "signed":
            yield f"sign_off:{remit}"


def _together(gate: Data, additions: Sequence[Data], name: str) -> list[Any]:
    return [*gate[name], *(each for addition in additions for each in addition[name])]
