"""One small portfolio with everything that an address can speak of, and somebody in every part."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.roles import Remit, Role
from accounts.services.invitations import invite
from gates.case import case_of
from gates.models import (
    Condition,
    Decision,
    Delegation,
    Review,
    ReviewState,
    Rollout,
    SignOff,
)
from gates.services.decisions import NewCondition
from gates.services.delegations import name_stand_in
from gates.services.kills import record_hit
from gates.services.money import release
from gates.services.reviews import open_review
from initiatives.dependencies import answer_fault, mend_fault
from initiatives.models import Fault, Initiative, Tranche
from initiatives.money import MonthlyCost, enter_costs
from initiatives.services import set_contributors
from playbook.services import start_draft
from portfolio.importing.apply import confirm_import, fingerprint, plan_for, prepare
from portfolio.importing.reading import read
from portfolio.importing.suggesting import suggest_mapping
from portfolio.models import AgendaItem, ImportBatch
from tests.factories import (
    make_assumption,
    make_decision,
    make_dependency,
    make_endpoint,
    make_evidence,
    make_exception,
    make_fault,
    make_feed,
    make_fund,
    make_initiative,
    make_meeting,
    make_metric,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_source,
    make_submitted,
    make_token,
    make_tranche,
    make_user,
)
from tests.running import make_running

# Sessions in the database alone: what a request did to one is undone with the rest.
UNDONE = {"SESSION_ENGINE": "django.contrib.sessions.backends.db"}


@dataclass(frozen=True)
class Cast:
    """Everybody by the part they have in the initiatives of the world."""

    owner: User
    contributor: User
    sponsor: User
    executive: User
    reviewer: User
    office: User
    second_office: User
    administrator: User
    outsider: User


def make_cast() -> Cast:
    """One person for each part; the sponsor has no role, the executive no part."""
    return Cast(
        owner=make_user("Maya Okafor"),
        contributor=make_user("Devin Park"),
        sponsor=make_user("Sam Whitfield"),
        executive=make_user("Carol Nakamura", Role.EXECUTIVE),
        reviewer=make_user("Lena Haas", remits=Remit.values),
        office=make_user("Hannah Cole", Role.PROGRAM_OFFICE),
        second_office=make_user("Peter Voss", Role.PROGRAM_OFFICE),
        administrator=make_user("Ada Lindqvist", Role.ADMINISTRATOR),
        outsider=make_user("Oscar Ferro"),
    )


def make_underway(cast: Cast, *, at: datetime, name: str) -> Rollout:
    """At the pilot after a conditional go that promises something and whose condition is open,
    with evidence to verify and an open review of Gate 1."""
    initiative = make_initiative(
        owner=cast.owner, sponsor=cast.sponsor, by=cast.office, at=at, name=name
    )
    rollout = make_rollout(initiative, by=cast.office, at=at)
    set_contributors(initiative=initiative, people=[cast.contributor], by=cast.owner, at=at)
    make_metric(initiative, by=cast.owner, at=at)
    left_open = next(f for f in case_of(rollout, at=at).evaluation.blockers if f.coverable)
    make_ready(rollout, by=cast.owner, verifier=cast.contributor, skip=[left_open.id], at=at)
    make_sign_offs(make_submitted(rollout, by=cast.owner, at=at), [cast.reviewer], at=at)
    condition = NewCondition(left_open.id, "Bring it.", cast.owner, at.date() + timedelta(days=30))
    make_decision(rollout, "conditional_go", conditions=[condition], by=cast.second_office, at=at)
    make_evidence(initiative, by=cast.contributor, at=at, title="Pilot report, not yet verified")
    make_source(initiative, by=cast.owner, at=at)
    make_metric(initiative, by=cast.owner, at=at, kind="model", name="Answers rated helpful")
    rollout = Rollout.objects.get(pk=rollout.pk)
    open_review(rollout=rollout, by=cast.owner, at=at)
    return rollout


DRAFT_STEPS = (
    "discard",
    "columns",
    "reading",
    "values",
    "dry_run",
    "rows",
    "twins",
    "invalid",
    "answers",
    "confirm",
)
INVENTORY = """Name,Department,Status,Owner
Leave planner,People team,In production,maya.okafor@example.com
Stock forecast,Supply,Pilot,
,Supply,Pilot,
"""


def make_import(cast: Cast, *, at: datetime, confirmed: bool) -> ImportBatch:
    """An inventory as a draft that is ready to confirm, or imported; one row is invalid."""
    content = INVENTORY.format(owner=cast.owner.email).encode()
    sheet = read(content, name="inventory.csv")
    batch = prepare(content=content, file_name="inventory.csv", sheet=sheet, by=cast.office, at=at)
    batch.preset, mapping = suggest_mapping(sheet)
    batch.mapping = mapping.model_dump(mode="json")
    batch.save()
    if confirmed:
        seen = fingerprint(plan_for(batch))
        return confirm_import(batch=batch, by=cast.office, at=at, seen=seen)
    return batch


def make_shared(rollout: Rollout, cast: Cast, *, at: datetime) -> Fault:
    """A vendor that a second initiative relies on too, with failures found here, there and mended;
    the one found there, which waits for an answer."""
    other = make_initiative(owner=cast.second_office, by=cast.office, at=at)
    make_rollout(other, by=cast.office, at=at)
    other.refresh_from_db()
    vendor = make_dependency(rollout.initiative, other, by=cast.owner, name="Acme Speech", at=at)
    source = rollout.initiative.sources.get()
    make_dependency(other, by=cast.office, kind="platform", name=source.name, at=at)
    mended = make_fault(vendor, other, by=cast.office, text="No answer for a day", at=at)
    mend_fault(fault=mended, note="A larger plan was bought.", by=cast.second_office, at=at)
    make_fault(vendor, rollout.initiative, by=cast.owner, at=at)
    answered = make_fault(vendor, other, by=cast.office, text="It lost every tenth page", at=at)
    answer_fault(
        fault=answered,
        initiative=rollout.initiative,
        verdict="handled",
        text="Pages are counted on arrival.",
        by=cast.owner,
        at=at,
    )
    return make_fault(vendor, other, by=cast.office, text="It answers in English only", at=at)


MONEY_PAGES = ("approve", "release", "thaw", "withdraw")


def make_money(rollout: Rollout, cast: Cast, *, at: datetime) -> Tranche:
    """A fund, with tranches in most states, and costs; the tranche that waits for approval."""
    fund = make_fund(by=cast.office, at=at)
    initiative = rollout.initiative
    ask: dict[str, Any] = {"by": cast.owner, "fund": fund, "at": at}
    late = make_tranche(initiative, approved_by=cast.second_office, **ask)
    release(tranche=late, by=cast.office, at=at)
    make_tranche(initiative, stage="readiness", approved_by=cast.second_office, **ask)
    make_tranche(initiative, stage="limited", budget="innovation", by=cast.owner, at=at)
    spent = MonthlyCost(at.date().replace(day=1), "talent", Decimal(9000), Decimal("9400.50"))
    enter_costs(initiative=initiative, rows=[spent], currency="USD", by=cast.owner, at=at)
    return make_tranche(initiative, stage="scaled", **ask)


def make_delegation(cast: Cast, *, at: datetime) -> Delegation:
    """The executive stands in for the reviewer in one remit, from today on."""
    return name_stand_in(
        reviewer=cast.reviewer,
        remit=Remit.FUNDING,
        stand_in=cast.executive,
        first_day=at.date(),
        last_day=at.date() + timedelta(days=14),
        by=cast.reviewer,
        at=at,
    )


def make_objection(rollout: Rollout, cast: Cast, *, at: datetime) -> SignOff:
    """What the reviewer objected to in an earlier review, which was withdrawn."""
    review = Review.objects.create(
        rollout=rollout,
        gate=1,
        state=ReviewState.WITHDRAWN,
        due=at.date(),
        opened_by=cast.owner,
        opened_at=at,
        closed_at=at,
    )
    return SignOff.objects.create(
        review=review,
        remit=Remit.ENGINEERING,
        verdict="objected",
        note="It answers too slowly.",
        given_by=cast.reviewer,
        given_at=at,
    )


def make_meeting_with_item(cast: Cast, *, at: datetime) -> AgendaItem:
    """A meeting with time for everything that waits, and a review of its own on the agenda, which
    no sign-off is given for yet."""
    initiative = make_initiative(owner=cast.owner, sponsor=cast.sponsor, by=cast.office, at=at)
    rollout = make_rollout(initiative, by=cast.office, at=at)
    make_ready(rollout, by=cast.owner, verifier=cast.contributor, at=at)
    review = make_submitted(rollout, by=cast.owner, at=at)
    return make_meeting(by=cast.office, minutes=600, at=at).items.get(review=review)


def arguments_of(rollout: Rollout, cast: Cast, *, at: datetime) -> Mapping[str, Any]:
    """What each parameter of an address stands for, where need be by the route's name."""
    document = rollout.playbook.parsed
    running = make_running(rollout, by=cast.owner, at=at)
    invitation, secret = invite(
        email="nadia@example.org", name="Nadia Rahman", grants=[], by=cast.administrator, at=at
    )
    imported = make_import(cast, at=at, confirmed=True)
    draft = make_import(cast, at=at, confirmed=False)
    evidence = rollout.initiative.evidence.filter(verified_at__isnull=True).first()
    assert evidence is not None
    tranche = make_money(rollout, cast, at=at)
    fault = make_shared(rollout, cast, at=at)
    metric = rollout.initiative.metrics.first()
    exception = make_exception(rollout, document.gate(1).criteria[2].key, by=cast.owner, at=at)
    hit = rollout.initiative.kill_criteria.get()
    record_hit(kill=hit, note="4 % in week four.", by=cast.contributor, at=at)
    start_draft(by=cast.office, at=at)
    delegation = make_delegation(cast, at=at)
    item = make_meeting_with_item(cast, at=at)
    token, _secret = make_token(cast.owner, at=at, initiatives=[rollout.initiative])
    endpoint = make_endpoint(by=cast.administrator, at=at)
    return {
        "reference": rollout.initiative.reference,
        "number": rollout.playbook.number,
        "portfolio:playbook_part.where": "rating",
        "portfolio:playbook_add.where": "gates/1/criteria",
        "day": item.meeting.day,
        "portfolio:meeting_move.pk": item.pk,
        "portfolio:meeting_defer.pk": item.pk,
        "remit": Remit.SECURITY,
        "gates:answer_objection.pk": make_objection(rollout, cast, at=at).pk,
        "gates:stand_ins_of.pk": cast.reviewer.pk,
        "gates:end_delegation.pk": delegation.pk,
        "area": document.design_areas[0].key,
        "mode": document.failure_modes[0].key,
        "gates:add_record.kind": "update",
        "gates:change_record.kind": "action",
        "gates:change_record.pk": running.group.pk,
        "gates:act_on_record.kind": "action-done",
        "gates:act_on_record.pk": running.group.pk,
        "gates:criterion.key": document.gate(1).criteria[1].key,
        "gates:ask_exception.key": document.gate(1).criteria[1].key,
        "gates:exception.pk": exception.pk,
        "gates:end_exception.pk": exception.pk,
        "gates:kill.pk": hit.pk,
        "gates:settle_kill.pk": hit.pk,
        "gates:check.key": document.checks[0].key,
        "gates:assumption.pk": make_assumption(rollout.initiative, by=cast.owner, at=at).pk,
        "gates:dependency.pk": fault.dependency_id,
        "gates:fault.pk": fault.pk,
        "portfolio:dependency.pk": fault.dependency_id,
        "gates:source.pk": rollout.initiative.sources.get().pk,
        "gates:metric.pk": metric.pk,
        "gates:metric_figures.pk": metric.pk,
        "gates:end_feed.pk": make_feed(metric, by=cast.owner, at=at).pk,
        "gates:evidence.pk": evidence.pk,
        "gates:verify_evidence.pk": evidence.pk,
        "gates:decision.pk": Decision.objects.get(rollout=rollout).pk,
        "gates:condition.pk": Condition.objects.get(rollout=rollout).pk,
        "portfolio:imported_row.reference": Initiative.objects.get(name="Leave planner").reference,
        **{f"gates:{act}_money.pk": tranche.pk for act in MONEY_PAGES},
        "portfolio:fund.pk": tranche.fund_id,
        "portfolio:fund_edit.pk": tranche.fund_id,
        "portfolio:export.kind": "csv",
        "portfolio:promises_export.kind": "csv",
        "portfolio:crosswalk_export.kind": "csv",
        "portfolio:import_batch.pk": imported.pk,
        "portfolio:import_file.pk": imported.pk,
        "portfolio:import_undo.pk": imported.pk,
        "portfolio:import_rows.outcome": "new",
        **{f"portfolio:import_{step}.pk": draft.pk for step in DRAFT_STEPS},
        "api:revoke_token.pk": token.pk,
        **{f"webhooks:{page}.pk": endpoint.pk for page in ("endpoint", "test", "end")},
        "reminders:mail.pk": 1,
        "accounts:accept.secret": secret,
        "accounts:resend.pk": invitation.pk,
        "accounts:withdraw.pk": invitation.pk,
        "accounts:person.pk": cast.contributor.pk,
        "accounts:deactivate.pk": cast.contributor.pk,
        "accounts:reactivate.pk": cast.contributor.pk,
        "account_reset_password_from_key.uidb36": "1",
        "account_reset_password_from_key.key": "cv1-used-up",
    }
