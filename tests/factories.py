"""Plain functions that make what a test needs, through the services wherever there is one.

Long because every app's factories are found in one place.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from accounts.models import Grant, Token, User
from accounts.roles import Remit, Role
from accounts.services.tokens import issue_token
from audit.models import Event
from audit.services import SystemActor
from checklists.services import Answer, answer_questions, assign_check, meet_check, plan_check
from gates.case import Case, case_of
from gates.models import CriterionException, Review, Rollout
from gates.services.decisions import Choice, decide
from gates.services.exceptions import approve_exception, ask_exception
from gates.services.kills import state_kill_criterion
from gates.services.reviews import answer_criterion, open_review, sign_off, submit_review
from gates.services.rollouts import Adoption, adopt_many, start_rollout
from gates.services.slips import settle
from gates.standings import refresh
from initiatives import hooks
from initiatives.dependencies import answer_fault, name_and_rely_on, record_fault, rely_on
from initiatives.evidence import add_evidence, verify_evidence
from initiatives.models import (
    Assumption,
    BusinessUnit,
    Dependency,
    Evidence,
    Fault,
    Fund,
    Initiative,
    KillCriterion,
    Tranche,
)
from initiatives.money import approve_tranche, request_tranche, set_up_fund
from initiatives.premises import judge_assumption, state_assumption
from initiatives.services import create_initiative, edit_initiative, unit_at
from metrics.models import Feed, Metric
from metrics.observations import Reading, record_observations
from metrics.scopes import narrow
from metrics.services import add_metric
from operations.services import count_exposure
from playbook.document import Criterion
from playbook.evaluate import rung_of
from playbook.loading import standard
from playbook.models import PlaybookVersion
from playbook.services import ensure_standard
from portfolio.meeting.services import call_meeting
from portfolio.models import Meeting
from risks.models import SourceSystem
from risks.services import assess
from risks.sources import list_source
from webhooks.models import Delivery, Endpoint

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
PASSWORD = "let-me-in-please"

_counter = count(1)


def make_user(name: str = "", *roles: str, remits: Sequence[str] = (), **fields: Any) -> User:
    """A person with roles; ``remits`` make a reviewer."""
    name = name or f"Person {next(_counter)}"
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@example.com")
    user = User.objects.create_user(email, name, PASSWORD)
    for field, value in fields.items():
        setattr(user, field, value)
    user.save()
    Grant.objects.bulk_create(
        [
            *(Grant(user=user, role=role) for role in roles),
            *(Grant(user=user, role=Role.REVIEWER, remit=remit) for remit in remits),
        ]
    )
    return user


def make_playbook() -> PlaybookVersion:
    return ensure_standard(at=NOW)


def make_unit(*names: str) -> BusinessUnit:
    names = names or ("Department of Examples", "Bureau of Samples")
    return unit_at(names=names, by=SystemActor(), at=NOW)


FUNDED = {
    "production_owner": "Claims operations",
    "production_funder": "Benefits administration",
    "funding_mechanism": "Operations line FY27",
}


def make_initiative(
    *,
    owner: User | None = None,
    sponsor: User | None = None,
    by: User | None = None,
    at: datetime = NOW,
    **fields: Any,
) -> Initiative:
    """An initiative with a clear funding path, no rollout yet."""
    fields = {"name": f"Assistant {next(_counter)}", "population": 6400, **FUNDED, **fields}
    fields.setdefault("unit", None)
    fields["unit"] = fields["unit"] or make_unit()
    return create_initiative(
        fields=fields,
        owner=owner,
        sponsor=sponsor,
        by=by or owner or make_user(),
        at=at,
    )


def make_rollout(
    initiative: Initiative | None = None,
    *,
    stage: str = "intake",
    by: User | None = None,
    at: datetime = NOW,
    **fields: Any,
) -> Rollout:
    """A rollout at intake, or adopted at ``stage`` by a claim."""
    make_playbook()
    initiative = initiative or make_initiative(at=at, by=by, **fields)
    actor = by or initiative.owner or make_user()
    if stage == "intake":
        return start_rollout(initiative=initiative, by=actor, at=at)
    adoption = Adoption(initiative=initiative, stage=stage, row=2, words=stage)
    (rollout,) = adopt_many(adoptions=[adoption], source="inventory.csv", by=actor, at=at)
    refresh([initiative.pk], at)
    return rollout


def make_evidence(
    initiative: Initiative,
    *,
    by: User | None = None,
    verified_by: User | None = None,
    at: datetime = NOW,
    **fields: Any,
) -> Evidence:
    """A link, verified when ``verified_by`` is given."""
    evidence = add_evidence(
        initiative=initiative,
        title=fields.pop("title", f"Report {next(_counter)}"),
        url=fields.pop("url", "https://reports.example.org/1"),
        by=by or make_user(),
        at=at,
        **fields,
    )
    return verify_evidence(evidence=evidence, by=verified_by, at=at) if verified_by else evidence


def make_ready(
    rollout: Rollout, *, by: User, verifier: User, at: datetime = NOW, skip: Sequence[str] = ()
) -> None:
    """Meet everything that an owner can meet at the gate that is judged next.

    ``skip`` names finding ids (``criterion:baseline``, ``rung:data_pipeline``) or kinds that are
    left as they are.
    """
    case = case_of(rollout, at=at)
    evidence = make_evidence(rollout.initiative, by=by, verified_by=verifier, at=at)
    with transaction.atomic(), hooks.gathered(at):
        asked = [f for f in case.evaluation.blockers if not {f.id, f.kind} & {*skip}]
        if questions := [case.document.question(f.key) for f in asked if f.kind == "design"]:
            answer_questions(
                initiative=rollout.initiative,
                answers=[
                    Answer(question, "Known and written down.", True) for question in questions
                ],
                by=by,
                at=at,
            )
        for finding in asked:
            _MEET.get(finding.kind, _leave)(rollout, case, finding.key, evidence, by, at)


def _leave(*_: Any) -> None:
    """What nobody but a reviewer or a decider ends."""


def _judge(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    criterion = case.document.criterion(key)
    if criterion.computed:
        make_measured(rollout.initiative, criterion, by=by, at=at)
        return
    answer_criterion(
        rollout=rollout,
        criterion=criterion,
        verdict="met",
        note="Measured last week.",
        evidence=evidence,
        days_valid=case.document.days_valid(criterion),
        by=by,
        at=at,
    )


def _climb(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    check = case.document.check(key)
    gate = case.document.gate(case.facts.gate or 0)
    common: dict[str, Any] = {"initiative": rollout.initiative, "check": check, "by": by, "at": at}
    match rung_of(gate, check):
        case "assigned":
            assign_check(assignee=by, **common)
        case "planned":
            plan_check(
                assignee=by,
                solution="As agreed.",
                due=at.date() + timedelta(days=30),
                **common,
            )
        case "met":
            meet_check(evidence=evidence, days_valid=case.document.days_valid(check), **common)


def make_assessment(
    initiative: Initiative,
    mode: str,
    *,
    by: User,
    at: datetime = NOW,
    likelihood: int = 2,
    impact: int = 2,
    response: str = "in_place",
    **fields: Any,
) -> Any:
    """An assessment whose residual degrees are the current ones unless given."""
    return assess(
        initiative=initiative,
        mode=standard().mode(mode),
        likelihood=likelihood,
        impact=impact,
        response=response,
        response_text="" if response == "none" else "Built in from the start.",
        residual_likelihood=fields.pop("residual_likelihood", likelihood),
        residual_impact=fields.pop("residual_impact", impact),
        reassess_by=fields.pop("reassess_by", at.date() + timedelta(days=365)),
        by=by,
        at=at,
        **fields,
    )


def make_source(
    initiative: Initiative, *, by: User, at: datetime = NOW, **fields: Any
) -> SourceSystem:
    """A source system that is connected, secured, in scope and in budget unless said otherwise."""
    connected = {
        "name": f"System {next(_counter)}",
        "pilot_way": "connected",
        "security": "Rights of the source, names masked",
        "months": 0,
        "in_scope": True,
        "in_budget": True,
    }
    return list_source(initiative=initiative, fields={**connected, **fields}, by=by, at=at)


def make_dependency(
    *initiatives: Initiative,
    by: User,
    kind: str = "vendor",
    name: str = "",
    at: datetime = NOW,
) -> Dependency:
    """Something shared that the first of the initiatives names and all of them rely on."""
    first, *others = initiatives
    dependency = name_and_rely_on(
        initiative=first,
        kind=kind,
        name=name or f"Vendor {next(_counter)}",
        owner="Procurement",
        note="",
        used_for="Reading letters",
        by=by,
        at=at,
    ).dependency
    for other in others:
        rely_on(initiative=other, dependency=dependency, used_for="Answers", by=by, at=at)
    return dependency


def make_fault(
    dependency: Dependency, found_in: Initiative, *, by: User, at: datetime = NOW, **fields: Any
) -> Fault:
    return record_fault(
        dependency=dependency,
        found_in=found_in,
        mode=standard().mode(fields.pop("mode", "integration")),
        text=fields.pop("text", "It answers after nine seconds at noon"),
        by=by,
        at=at,
    )


def make_metric(initiative: Initiative, *, by: User, at: datetime = NOW, **fields: Any) -> Metric:
    """A business metric that counts, recorded by something, unless said otherwise."""
    counting = {
        "name": f"Minutes a case, {next(_counter)}",
        "kind": "business",
        "unit": "minutes",
        "direction": "down",
        "baseline": 30,
        "baseline_on": at.date(),
        "target": 5,
        "measured_by": "Case system",
    }
    return add_metric(initiative=initiative, fields={**counting, **fields}, by=by, at=at)


# Which way is better, where it stood, where it must get to, and a figure that is good.
FIGURES = {
    "business": ("down", 30, 5, 4),
    "adoption": ("up", None, 60, 64),
    "latency": ("down", None, 200, 180),
    "reliability": ("up", None, 99.5, 99.9),
    "quality": ("up", None, 90, 94),
    "data_quality": ("up", None, 95, 97),
    "cost": ("down", None, 2, 1.8),
}

# What makes every computed criterion miss.
BAD_FIGURES = {**dict.fromkeys(("latency", "cost", "business"), 900.0), "adoption": 12.0}


def make_measured(
    initiative: Initiative,
    criterion: Criterion,
    *,
    by: User,
    at: datetime = NOW,
    figures: Mapping[str, float] | None = None,
) -> None:
    """Figures for every measure of a computed criterion, one a week up to now: good ones, or the
    ones given by the kind of metric. A metric is named where there is none of its kind."""
    readings = []
    for measure in criterion.measures:
        direction, baseline, target, good = FIGURES[measure.metric]
        metric = Metric.objects.live().filter(initiative=initiative, kind=measure.metric).first()
        if metric is None:
            metric = make_metric(
                initiative,
                by=by,
                at=at,
                kind=measure.metric,
                direction=direction,
                baseline=baseline,
                baseline_on=None if baseline is None else at.date(),
                target=target,
            )
        value = (figures or {}).get(measure.metric, good)
        weeks = 0 if measure.statistic == "last" else measure.periods
        readings += [
            Reading(metric.pk, at - timedelta(weeks=week), value) for week in range(weeks, -1, -1)
        ]
    record_observations(initiative=initiative, readings=readings, source="form", by=by, at=at)


def _assess(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    make_assessment(rollout.initiative, key, by=by, at=at)


def make_assumption(initiative: Initiative, *, by: User, at: datetime = NOW) -> Assumption:
    return state_assumption(
        initiative=initiative,
        text=f"Assumption {next(_counter)} holds",
        test="A week of real cases",
        settles="19 of 20",
        by=by,
        at=at,
    )


def _assume(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    assumption = (
        make_assumption(rollout.initiative, by=by, at=at)
        if key == "stated"
        else rollout.initiative.assumptions.get(pk=key)
    )
    if case.document.gate(case.facts.gate or 0).assumptions == "judged":
        judge_assumption(
            assumption=assumption, verdict="validated", finding="It held: 20 of 20.", by=by, at=at
        )


def _grow(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    initiative = Initiative.objects.get(pk=rollout.initiative_id)
    edit_initiative(
        initiative=initiative,
        fields={"architecture": "increments", "architecture_note": "One cache, one queue."},
        version=initiative.version,
        by=by,
        at=at,
    )


def _answer(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    answer_fault(
        fault=Fault.objects.get(pk=key),
        initiative=rollout.initiative,
        verdict="handled",
        text="A second vendor stands by.",
        by=by,
        at=at,
    )


def _count(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    count_exposure(
        initiative=rollout.initiative,
        exposed=(case.facts.population or 0) * 15 // 100,
        counted_on=at.date(),
        by=by,
        at=at,
    )


def make_kill_criterion(initiative: Initiative, *, by: User, at: datetime = NOW) -> KillCriterion:
    return state_kill_criterion(
        initiative=initiative,
        text=f"Nobody uses it, {next(_counter)}",
        sign="Below 10 % of the cases after four weeks",
        by=by,
        at=at,
    )


def make_exception(
    rollout: Rollout,
    key: str,
    *,
    by: User,
    approved_by: User | None = None,
    days: int = 30,
    at: datetime = NOW,
) -> CriterionException:
    """Asked for so many days; approved when by somebody."""
    asked = ask_exception(
        rollout=rollout,
        key=key,
        reason="The feed comes in spring; until then it is counted by hand.",
        expires=at.date() + timedelta(days=days),
        by=by,
        at=at,
    )
    if approved_by is None:
        return asked
    return approve_exception(exception=asked, note="", by=approved_by, at=at)


def _agree(
    rollout: Rollout, case: Case, key: str, evidence: Evidence, by: User, at: datetime
) -> None:
    make_kill_criterion(rollout.initiative, by=by, at=at)


_MEET = {
    "criterion": _judge,
    "rung": _climb,
    "failure_mode": _assess,
    "assumption": _assume,
    "architecture": _grow,
    "band": _count,
    "dependency": _answer,
    "kill": _agree,
}


def make_giving_way(rollout: Rollout, *, gate: int, by: User, at: datetime = NOW) -> None:
    """A standing criterion of a passed gate fails, and the sweep has seen it."""
    criteria = rollout.playbook.parsed.gate(gate).criteria
    criterion = next(c for c in criteria if c.standing and not c.computed)
    answer_criterion(
        rollout=rollout,
        criterion=criterion,
        verdict="not_met",
        note="It fell to half.",
        evidence=None,
        days_valid=None,
        by=by,
        at=at,
    )
    settle(rollout=rollout, at=at)


def make_submitted(rollout: Rollout, *, by: User, at: datetime = NOW) -> Review:
    """A submitted review of the gate that is judged next; opens one when none is open."""
    review = rollout.reviews.under_way().first() or open_review(rollout=rollout, by=by, at=at)
    return submit_review(review=review, by=by, at=at)


def make_sign_offs(
    review: Review, reviewers: Sequence[User], *, at: datetime = NOW, skip: Sequence[str] = ()
) -> None:
    """Every remit that the gate asks, each signed by the first reviewer who holds it."""
    document = review.rollout.playbook.parsed
    for remit in document.remits_for(review.gate, review.rollout.initiative.impact_class):
        if remit not in skip:
            reviewer = next(person for person in reviewers if remit in person.remits)
            sign_off(review=review, remit=remit, verdict="signed", note="", by=reviewer, at=at)


def make_decision(
    rollout: Rollout, outcome: str = "go", *, by: User, at: datetime = NOW, **choice: Any
) -> Any:
    """A decision on the facts as they are."""
    rollout = Rollout.objects.get(pk=rollout.pk)
    seen = case_of(rollout, at=at).seen
    choice.setdefault("reason", "It holds.")
    if outcome not in ("go", "conditional_go"):
        choice.setdefault("cause", "integration")
    return decide(rollout=rollout, choice=Choice(outcome, **choice), seen=seen, by=by, at=at)


def make_passed(
    rollout: Rollout,
    *,
    gates: int,
    owner: User,
    verifier: User,
    reviewers: Sequence[User],
    decider: User,
    at: datetime = NOW,
) -> Rollout:
    """Through this many gates, one after the other, all in one go."""
    with transaction.atomic(), hooks.gathered(at):
        for _ in range(gates):
            rollout = Rollout.objects.get(pk=rollout.pk)
            make_ready(rollout, by=owner, verifier=verifier, at=at)
            review = make_submitted(rollout, by=owner, at=at)
            make_sign_offs(review, reviewers, at=at)
            make_decision(rollout, by=decider, at=at)
    return Rollout.objects.get(pk=rollout.pk)


def make_fund(*, by: User, amount: str = "1000000.00", at: datetime = NOW, **fields: Any) -> Fund:
    """A standing fund, open since January."""
    named = {
        "name": f"Fund {next(_counter)}",
        "currency": "USD",
        "amount": Decimal(amount),
        "opens": date(at.year, 1, 1),
        **fields,
    }
    return set_up_fund(fields=named, by=by, at=at)


def make_tranche(
    initiative: Initiative,
    *,
    by: User,
    stage: str = "pilot",
    amount: str = "80000.00",
    approved_by: User | None = None,
    fund: Fund | None = None,
    budget: str = "",
    at: datetime = NOW,
) -> Tranche:
    """Money asked for, from operating budget unless a fund is given; approved when by somebody."""
    tranche = request_tranche(
        initiative=initiative,
        stage=stage,
        stage_name=standard().stage(stage).name,
        budget=budget or ("fund" if fund else "operating"),
        fund=fund,
        amount=Decimal(amount),
        currency="USD",
        purpose="",
        by=by,
        at=at,
    )
    if approved_by is None:
        return tranche
    return approve_tranche(tranche=tranche, amount=Decimal(amount), by=approved_by, at=at)


def make_meeting(
    *, by: User, day: date | None = None, minutes: int = 90, at: datetime = NOW
) -> Meeting:
    """A meeting on the day that it is called, unless another is given."""
    make_playbook()
    return call_meeting(day=day or at.date(), starts_at=None, minutes=minutes, by=by, at=at)


ALL_REMITS = tuple(Remit.values)


def make_token(
    user: User,
    *,
    name: str = "Feed",
    days: int = 30,
    writes: bool = True,
    initiatives: Sequence[Initiative] = (),
    metrics: Sequence[Metric] = (),
    at: datetime = NOW,
) -> tuple[Token, str]:
    """A token and its secret; narrowed where something is named."""
    narrowed = bool(initiatives or metrics)
    token, secret = issue_token(
        user=user, name=name, days=days, writes=writes, narrowed=narrowed, at=at
    )
    if narrowed:
        narrow(token=token, initiatives=initiatives, metrics=metrics)
    return token, secret


def make_feed(metric: Metric, *, by: User, at: datetime = NOW) -> Feed:
    """A feed that asks an address at which nobody answers."""
    return Feed.objects.create(
        metric=metric,
        kind="json",
        url="http://127.0.0.1:9/figures",
        query="value",
        every_seconds=3600,
        next_at=at,
        made_by=by,
        made_at=at,
    )


def make_endpoint(*, by: User, at: datetime = NOW) -> Endpoint:
    """An endpoint that nobody answers at, with a delivery that failed once."""
    endpoint = Endpoint.objects.create(
        url="http://127.0.0.1:9/hooks/clearway/somebody-chose-a-long-name-for-it",
        salt="salt",
        made_by=by,
        made_at=at,
        swept_to=at,
    )
    Delivery.objects.create(
        endpoint=endpoint,
        event=Event.objects.order_by("-pk")[0],
        claimed_at=at,
        next_at=at + timedelta(minutes=1),
        attempts=1,
        status=503,
        said="busy",
    )
    return endpoint
