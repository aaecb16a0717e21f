"""What people do to an initiative in a long sequence, but for judging it (see ``judgings``)."""

from decimal import Decimal

from accounts.roles import Permission, Remit
from accounts.services.people import deactivate, reactivate
from checklists.services import Answer, answer_questions, meet_check, plan_check, reopen_check
from gates.case import Case, case_of
from gates.models import Condition, Delegation, Pause, Rollout
from gates.models.rollouts import ENDED
from gates.services.conditions import close_condition
from gates.services.delegations import end_delegation, name_stand_in
from gates.services.exceptions import ask_exception, end_exception
from gates.services.kills import record_hit, state_kill_criterion
from gates.services.money import thaw, withdraw
from gates.services.pinning import move_to_version
from gates.services.reviews import answer_criterion, open_review, submit_review, withdraw_review
from gates.services.rollouts import claim_held_by, move_claim, pause, resume, start_rollout
from gates.services.sign_offs import answer_objection
from initiatives.errors import NotAllowed
from initiatives.evidence import add_evidence, withdraw_verification
from initiatives.models import Initiative, Tranche
from initiatives.money import request_tranche
from initiatives.permissions import may_assign, may_edit, may_release_money
from initiatives.services import assign_people, edit_initiative, set_contributors
from metrics.models import Metric, Observation
from metrics.observations import Reading, record_observations
from operations.services import count_exposure
from playbook.models import PlaybookVersion
from tests.factories import (
    BAD_FIGURES,
    make_assessment,
    make_evidence,
    make_measured,
    make_ready,
    make_token,
)
from tests.soak.turns import BY_HTTP, Turn

CLAIMS = ("pilot", "readiness", "limited", "scaled", "steady")
FUNDING = ("production_owner", "production_funder", "funding_mechanism")


# Facts


def measure(t: Turn) -> None:
    """Figures for a computed criterion: good ones, or some that miss."""
    t.works_on_it()
    criterion = t.one(c for c, _gate in t.document.placed_criteria if c.computed)
    figures = BAD_FIGURES if t.chance(0.3) else None
    make_measured(t.initiative, criterion, figures=figures, **t.signed)


def correct(t: Turn) -> None:
    """Another figure for a moment that has one."""
    t.works_on_it()
    rows = Observation.objects.filter(metric__initiative=t.initiative, corrected=False)
    row = t.one(rows.order_by("-at")[:10])
    reading = Reading(row.metric_id, row.at, row.value * t.rng.choice([0.5, 1, 2]))
    record_observations(initiative=t.initiative, readings=[reading], source="form", **t.signed)


def measure_by_token(t: Turn) -> None:
    t.somebody(lambda person: may_edit(person, t.initiative))
    metric = t.one(Metric.objects.filter(initiative=t.initiative))
    figure = {
        "metric": metric.pk,
        "at": t.at.isoformat(),
        "value": t.rng.choice([1.0, 64.0, 99.9, 900.0]),
        "key": f"{t.rng.getrandbits(64):x}",
    }
    _token, secret = make_token(t.by, name=figure["key"], at=t.at)
    t.ask("POST", "observations", {"observations": [figure]}, secret=secret)


def judge(t: Turn) -> None:
    """One criterion, met for a shorter or longer time, or not met."""
    t.works_on_it()
    criteria = [c for c, _gate in t.document.placed_criteria if not c.computed]
    met = t.chance(0.7)
    evidence = make_evidence(t.initiative, **t.signed) if met else None
    answer_criterion(
        rollout=t.rollout,
        criterion=t.one(criteria),
        verdict="met" if met else "not_met",
        note="Looked at again.",
        evidence=evidence,
        days_valid=t.rng.choice([5, 30, 90, 365]),
        **t.signed,
    )


def bring(t: Turn) -> None:
    """Much or all of what the gate asks, verified by somebody else; some of it left open."""
    t.works_on_it()
    verifier = t.one(person for person in t.company.reviewers if person.pk != t.by.pk)
    blockers = [f.id for f in t.case.evaluation.blockers]
    left = t.rng.sample(blockers, min(len(blockers), t.rng.choice([0, 0, 0, 1, 1, 2])))
    make_ready(t.rollout, by=t.by, verifier=verifier, at=t.at, skip=left)


def attach(t: Turn) -> None:
    """Evidence that nobody has verified, which may run out soon."""
    t.works_on_it()
    until = t.in_days(0, 20) if t.chance(0.5) else None
    add_evidence(
        initiative=t.initiative,
        title="Report",
        url="https://reports.example.org/2",
        valid_until=until,
        **t.signed,
    )


def doubt(t: Turn) -> None:
    t.works_on_it()
    evidence = t.one(t.initiative.evidence.filter(verified_at__isnull=False))
    withdraw_verification(evidence=evidence, reason="Misread.", **t.signed)


def meet(t: Turn) -> None:
    """An MVP check, by evidence that is there already; its shelf life may be short."""
    t.works_on_it()
    evidence = t.one(t.initiative.evidence.order_by("-pk")[:4])
    days = t.rng.choice([5, 20, 365])
    check = t.one(t.document.checks)
    meet_check(initiative=t.initiative, check=check, evidence=evidence, days_valid=days, **t.signed)


def reopen(t: Turn) -> None:
    t.works_on_it()
    check = t.one(t.document.checks)
    reopen_check(initiative=t.initiative, check=check, reason="It broke.", **t.signed)


def plan(t: Turn) -> None:
    t.works_on_it()
    plan_check(
        initiative=t.initiative,
        check=t.one(t.document.checks),
        assignee=t.one(t.people),
        solution="As agreed.",
        due=t.in_days(1, 60),
        **t.signed,
    )


def settle_question(t: Turn) -> None:
    t.works_on_it()
    answer = Answer(t.one(t.document.questions), "Known.", t.chance(0.7))
    answer_questions(initiative=t.initiative, answers=[answer], **t.signed)


def assess(t: Turn) -> None:
    """A failure mode that is in hand."""
    t.works_on_it()
    mode = t.one(t.document.failure_modes).key
    make_assessment(t.initiative, mode, reassess_by=t.in_days(10, 400), **t.signed)


def alarm(t: Turn) -> None:
    """A failure mode that is critical, with nothing planned against it."""
    t.works_on_it()
    mode = t.one(t.document.failure_modes).key
    make_assessment(t.initiative, mode, likelihood=5, impact=5, response="none", **t.signed)


def count(t: Turn) -> None:
    """Who has access: within the band of the stage, or beyond it."""
    t.works_on_it()
    share = t.rng.choice([5, 15, 15, 15, 40, 100])
    exposed = (t.initiative.population or 0) * share // 100
    count_exposure(initiative=t.initiative, exposed=exposed, counted_on=t.today, **t.signed)


def agree_kill(t: Turn) -> None:
    t.works_on_it()
    state_kill_criterion(initiative=t.initiative, text="No use", sign="Below 10 %", **t.signed)


def hit_kill(t: Turn) -> None:
    t.works_on_it()
    record_hit(kill=t.one(t.initiative.kill_criteria.all()), note="It fell to 4 %.", **t.signed)


# Reviews and what hangs on them


def open_up(t: Turn) -> None:
    t.submits_it()
    open_review(rollout=t.rollout, **t.signed)


def submit(t: Turn) -> None:
    t.submits_it()
    review = t.one(t.rollout.reviews.under_way())
    if t.chance(BY_HTTP):
        t.ask("POST", f"reviews/{review.pk}/submit")
    else:
        submit_review(review=review, **t.signed)


def take_back(t: Turn) -> None:
    t.submits_it()
    withdraw_review(review=t.one(t.rollout.reviews.under_way()), **t.signed)


def answer_objector(t: Turn) -> None:
    t.goes_where(lambda row: row.reviews.filter(sign_offs__verdict="objected").exists())
    review = t.one(t.rollout.reviews.awaiting_decision())
    objection = t.one(review.sign_offs.filter(verdict="objected"))
    t.somebody(lambda p: may_edit(p, t.initiative) and p.pk != objection.given_by_id)
    if not may_edit(t.by, t.initiative) and t.by.pk != objection.given_by_id:
        raise NotAllowed("Pages let nobody through who may not.")
    answer_objection(sign_off=objection, answer="It is mended.", **t.signed)


def ask_for_exception(t: Turn) -> None:
    t.goes_where(lambda row: bool(_exceptable(case_of(row, at=t.at))))
    t.works_on_it()
    every = [criterion.key for criterion, _gate in t.document.placed_criteria]
    key = t.one(_exceptable(t.case) if t.likely else every)
    expires = t.in_days(1, 100)
    ask_exception(rollout=t.rollout, key=key, reason="In spring.", expires=expires, **t.signed)


def _exceptable(case: Case) -> list[str]:
    """The criteria that people judge and that stand in the way of the next gate."""
    judged = {c.key for c, _gate in case.document.placed_criteria if not c.computed}
    return [f.key for f in case.evaluation.blockers if f.kind == "criterion" and f.key in judged]


def give_exception_up(t: Turn) -> None:
    t.goes_where(lambda row: row.exceptions.open().exists())
    t.works_on_it()
    end_exception(exception=t.one(t.rollout.exceptions.open()), **t.signed)


def close(t: Turn) -> None:
    """A condition, with evidence or without."""
    owed = Condition.objects.still_owed()
    t.goes_where(lambda row: owed.filter(rollout=row).exists())
    t.works_on_it()
    condition = t.one(owed.filter(rollout=t.rollout))
    evidence = make_evidence(t.initiative, **t.signed) if t.chance(0.8) else None
    close_condition(condition=condition, note="Done.", evidence=evidence, **t.signed)


# People


def assign(t: Turn) -> None:
    """Ownership or sponsorship goes to somebody: to anybody at all, now and then."""
    t.only(may_assign)
    fitting = t.company.owners if t.likely else t.people
    new = t.one([p for p in fitting if p.is_active])
    if t.chance(0.6):
        assign_people(initiatives=[t.initiative], owner=new, **t.signed)
    else:
        sponsors = t.company.sponsors + t.company.office if t.likely else t.people
        assign_people(initiatives=[t.initiative], sponsor=t.one(sponsors), **t.signed)


def staff(t: Turn) -> None:
    t.submits_it()
    people = t.rng.sample(list(t.people), 2)
    set_contributors(initiative=t.initiative, people=people, **t.signed)


def delegate(t: Turn) -> None:
    """A reviewer names a stand-in, or somebody tries to name themselves or another's."""
    reviewer = t.one(t.company.reviewers)
    t.somebody(lambda person: person.pk == reviewer.pk or person.may(Permission.PEOPLE))
    name_stand_in(
        reviewer=reviewer,
        remit=t.one(reviewer.remits if t.likely else Remit.values),
        stand_in=t.one(t.people),
        first_day=t.today,
        last_day=t.in_days(0, 30),
        **t.signed,
    )


def end_stand_in(t: Turn) -> None:
    delegation = t.one(Delegation.objects.on(t.today))
    giver = delegation.delegate_from_id
    t.somebody(lambda person: person.pk == giver or person.may(Permission.PEOPLE))
    end_delegation(delegation=delegation, **t.signed)


def leave(t: Turn) -> None:
    """Somebody leaves; one or two at a time are away."""
    t.only(lambda person: person.may(Permission.PEOPLE))
    if len(t.company.away) >= 2:
        reactivate(user=t.one(t.company.away), **t.signed)
    else:
        deactivate(user=t.one(t.people), **t.signed)


def come_back(t: Turn) -> None:
    t.only(lambda person: person.may(Permission.PEOPLE))
    reactivate(user=t.one(t.company.away), **t.signed)


# The way


def rest(t: Turn) -> None:
    t.submits_it()
    pause(rollout=t.rollout, reason="Wait.", cause="budget", **t.signed)


def go_on(t: Turn) -> None:
    t.submits_it()
    t.one(Pause.objects.filter(rollout=t.rollout, resumed_at__isnull=True))
    resume(rollout=t.rollout, **t.signed)


def edit(t: Turn) -> None:
    """The funding path, mostly whole, or the teams."""
    t.works_on_it()
    stored = Initiative.objects.get(pk=t.initiative.pk)
    fields = dict.fromkeys(FUNDING, "Somebody")
    if t.chance(0.3):
        fields[t.rng.choice(FUNDING)] = ""
    if t.chance(0.5):
        fields |= {"pilot_team": "Lab", "production_team": t.rng.choice(["Lab", "Platform"])}
    edit_initiative(initiative=stored, fields=fields, version=stored.version, **t.signed)


def begin_anew(t: Turn) -> None:
    t.goes_where(lambda row: row.stage in ENDED)
    t.works_on_it()
    start_rollout(initiative=t.initiative, **t.signed)


def claim(t: Turn) -> None:
    """A newer inventory says another stage; gates outrank it."""
    t.goes_where(lambda row: not claim_held_by(row))
    t.only(lambda person: person.may(Permission.IMPORT))
    stage = t.rng.choice(CLAIMS)
    move_claim(rollout=t.rollout, stage=stage, source="list.csv", row=3, words="moved", **t.signed)


def repin(t: Turn) -> None:
    """To the newest playbook, or, where that is not allowed, to the oldest."""
    t.only(lambda person: person.may(Permission.PUBLISH))
    versions = PlaybookVersion.objects.order_by("number")
    version = versions.last() if t.likely or t.chance(0.5) else versions.first()
    assert version is not None
    move_to_version(rollouts=[Rollout.objects.get(pk=t.rollout.pk)], version=version, **t.signed)


# Money


def ask_for_money(t: Turn) -> None:
    t.works_on_it()
    entered = t.rollout.stage in CLAIMS and t.likely and t.chance(0.5)
    stage = t.rollout.stage if entered else t.rng.choice(CLAIMS)
    request_tranche(
        initiative=t.initiative,
        stage=stage,
        stage_name=stage,
        budget="operating",
        fund=None,
        amount=Decimal(100),
        currency="USD",
        purpose="",
        **t.signed,
    )


def take_money_back(t: Turn) -> None:
    t.works_on_it()
    withdraw(tranche=t.one(Tranche.objects.filter(initiative=t.initiative)), **t.signed)


def thaw_money(t: Turn) -> None:
    frozen = Tranche.objects.filter(frozen_at__isnull=False)
    t.goes_where(lambda row: frozen.filter(initiative=row.initiative).exists())
    t.only(lambda person: may_release_money(person, t.initiative))
    thaw(tranche=t.one(frozen.filter(initiative=t.initiative)), **t.signed)
