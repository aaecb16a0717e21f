"""Initiatives: find them, add one, change what is known of it, and how it is judged."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints

from accounts.roles import Permission
from api.entrance import asker
from api.fields import (
    MOST,
    TEXT,
    WRITTEN,
    Body,
    Degree,
    Id,
    InDigits,
    Line,
    OneOf,
    Reference,
    Text,
    Whole,
    left_out,
)
from api.loading import PEOPLE, load, seen_initiatives, seen_rollouts
from api.paging import Asked, Page, page_of
from api.problems import Declined
from api.resources.people import Person, chosen, person
from gates.case import case_of
from gates.forms.initiatives import people
from gates.models import Rollout, Stage
from gates.services.rollouts import start_rollout
from initiatives.errors import Refused
from initiatives.models import NAME_LENGTH, ImpactClass, Initiative, PopulationUnit
from initiatives.permissions import may_edit
from initiatives.services import create_initiative, edit_initiative, lock, unit_at
from initiatives.similar import similar
from look.glyphs import LABELS
from playbook.findings import State
from playbook.labels import labels

router = Router()

StageKey = Annotated[str, OneOf(Stage.values)]
LabelKey = Annotated[str, OneOf(LABELS)]
Impact = Annotated[str, OneOf(ImpactClass.values)]
Counted = Annotated[str, OneOf(PopulationUnit.values)]
UnitName = Annotated[str, StringConstraints(pattern=WRITTEN, max_length=100)]
UnitPath = Annotated[list[UnitName], Field(min_length=1, max_length=4)]
Mechanism = Annotated[str, StringConstraints(pattern=TEXT, max_length=300)]
Population = Annotated[int, Field(ge=0, le=MOST), Whole]
Name = Annotated[str, StringConstraints(pattern=WRITTEN, max_length=NAME_LENGTH)]
REFERENCE = r"^AI-[0-9]{4,9}$"


class Unit(Schema):
    id: int
    path: str


class InitiativeOut(Schema):
    """What is known of an initiative, and where its latest rollout stands."""

    reference: str
    name: str
    problem: str
    benefit: str
    unit: Unit
    owner: Person | None
    sponsor: Person | None
    pilot_team: str
    production_team: str
    production_engineering: bool | None
    production_budget: bool | None
    production_mandate: bool | None
    production_owner: str
    production_funder: str
    funding_mechanism: str
    population: int | None
    population_unit: Counted
    impact_class: Impact
    value_score: int | None
    feasibility_score: int | None
    integration_complexity: int | None
    stage: StageKey
    stage_since: datetime
    playbook: int
    gate: int | None
    labels: list[LabelKey]
    blockers: int
    worst_rating: str
    version: int
    created_at: datetime


class Change(Body):
    """What to change; what is left out stays. ``version`` is the one that was read."""

    version: Id
    name: Name = left_out()
    problem: Text = left_out()
    benefit: Text = left_out()
    unit: UnitPath = left_out()
    pilot_team: Line = left_out()
    production_team: Line = left_out()
    production_engineering: bool | None = None
    production_budget: bool | None = None
    production_mandate: bool | None = None
    production_owner: Line = left_out()
    production_funder: Line = left_out()
    funding_mechanism: Mechanism = left_out()
    population: Population | None = None
    population_unit: Counted = left_out()
    impact_class: Impact = left_out()
    value_score: Degree | None = None
    feasibility_score: Degree | None = None
    integration_complexity: Degree | None = None


class New(Body):
    """``unit`` is the path of names from the top; what is missing of it is made. ``none_of`` names
    the initiatives that look alike, once somebody made sure that it is none of them."""

    name: Name
    unit: UnitPath
    problem: Text = ""
    benefit: Text = ""
    owner: Id | None = None
    sponsor: Id | None = None
    pilot_team: Line = ""
    production_team: Line = ""
    production_owner: Line = ""
    production_funder: Line = ""
    funding_mechanism: Mechanism = ""
    population: Population | None = None
    population_unit: Counted = "people"
    impact_class: Impact = "not_assessed"
    none_of: Annotated[list[Annotated[str, Field(pattern=REFERENCE)]], Field(max_length=20)] = []


class Finding(Schema):
    """One requirement of the gate. ``coverable`` says whether a conditional go may leave it
    open, ``fix`` what ends it."""

    id: str
    kind: str
    key: str
    state: State
    blocks: bool
    coverable: bool
    title: str
    text: str
    fix: str
    who: str


class EvaluationOut(Schema):
    """How the gate that is judged next stands. ``clear`` says whether a go is possible;
    ``digest`` is that of the facts which a decider would sign."""

    gate: int | None
    clear: bool
    owed_gates: list[int]
    labels: list[LabelKey]
    findings: list[Finding]
    digest: str
    judged_at: datetime


class Filters(Asked):
    """``stage`` alone shows what is over; ``unit`` holds for all below it."""

    q: Annotated[str, Field(pattern=TEXT, max_length=200)] = ""
    stage: StageKey = left_out()
    unit: Annotated[int, Field(ge=1, le=MOST), InDigits] = left_out(int)
    owner: Annotated[int, Field(ge=1, le=MOST), InDigits] = left_out(int)
    label: LabelKey = left_out()


SAME = (
    *("reference", "name", "problem", "benefit", "version", "created_at"),
    *("pilot_team", "production_team", "production_owner", "production_funder"),
    *("production_engineering", "production_budget", "production_mandate", "funding_mechanism"),
    *("population", "population_unit", "impact_class"),
    *("value_score", "feasibility_score", "integration_complexity"),
)


def shown(rollout: Rollout) -> InitiativeOut:
    known, standing = rollout.initiative, rollout.standing
    same = {name: getattr(known, name) for name in SAME}
    return InitiativeOut(
        **same,
        unit=Unit(id=known.unit_id, path=known.unit.label),
        owner=person(known.owner),
        sponsor=person(known.sponsor),
        stage=rollout.stage,
        stage_since=rollout.stage_entered_at,
        playbook=rollout.playbook.number,
        gate=standing.gate,
        labels=standing.labels,
        blockers=standing.blockers,
        worst_rating=standing.worst_rating,
    )


@router.get("/initiatives", response=Page[InitiativeOut])
def list_initiatives(request: HttpRequest, asked: Annotated[Filters, Query()]) -> dict[str, Any]:
    """What is under way, worst first; with ``stage`` also what is over."""
    rollouts = seen_rollouts(request).filter(standing__isnull=False)
    rollouts = rollouts.filter(stage=asked.stage) if asked.stage else rollouts.live()
    if words := " ".join(asked.q.split()):
        rollouts = rollouts.filter(initiative__in=Initiative.objects.matching(words))
    if asked.unit:
        rollouts = rollouts.within(asked.unit)
    if asked.owner:
        rollouts = rollouts.filter(initiative__owner=asked.owner)
    if asked.label:
        rollouts = rollouts.labelled(asked.label)
    rows = rollouts.select_related(*PEOPLE).order_by(F("standing__rank").desc(), "pk")
    return page_of(rows, asked, shown)


@router.post("/initiatives", response={201: InitiativeOut})
def add_initiative(request: HttpRequest, new: New) -> Status:
    """Add an initiative and start its rollout at intake."""
    by, at = asker(request).user, timezone.now()
    if not by.may(Permission.ADD):
        raise Declined(403, "Only the program office adds initiatives.")
    if asker(request).token is not None and not asker(request).reach.everything:
        raise Declined(403, "A token that is narrowed to some initiatives adds no other.")
    unit = unit_at(names=[" ".join(name.split()) for name in new.unit], by=by, at=at)
    name = " ".join(new.name.split())
    owner = chosen(people(), new.owner, "owner")
    sponsor = chosen(people(), new.sponsor, "sponsor")
    if owner is not None and owner == sponsor:
        raise Refused("sponsor: choose somebody else; the sponsor decides what the owner submits.")
    alike = similar(name=name, problem=new.problem, unit=unit, among=seen_initiatives(request))
    unsaid = [like for like in alike if like.initiative.reference not in new.none_of]
    if unsaid:
        raise Refused(
            f"{like.initiative} looks like it. {like.why} If it is another, name it in none_of."
            for like in unsaid
        )
    fields = {**new.model_dump(exclude={"owner", "sponsor", "none_of"}), "unit": unit, "name": name}
    added = create_initiative(fields=fields, owner=owner, sponsor=sponsor, by=by, at=at)
    start_rollout(initiative=added, by=by, at=at)
    added.refresh_from_db()
    return Status(201, shown(load(request, added.reference)))


@router.get("/initiatives/{reference}", response=InitiativeOut)
def read_initiative(request: HttpRequest, reference: Reference) -> InitiativeOut:
    return shown(load(request, reference))


@router.patch("/initiatives/{reference}", response=InitiativeOut)
def change_initiative(request: HttpRequest, reference: Reference, change: Change) -> InitiativeOut:
    """Change what is known of it, unless something changed since ``version`` was read."""
    rollout = load(request, reference, may=may_edit)
    by, at = asker(request).user, timezone.now()
    fields = change.model_dump(exclude={"version"}, exclude_unset=True)
    if "unit" in fields:
        names = [" ".join(name.split()) for name in fields["unit"]]
        fields["unit"] = unit_at(names=names, by=by, at=at)
    if "name" in fields:
        fields["name"] = " ".join(fields["name"].split())
    stored = lock(rollout.initiative_id)
    if stored.version != change.version:
        raise Refused(
            f"version: it is {stored.version} now, so somebody changed something since you read "
            f"version {change.version}. Read it again."
        )
    edit_initiative(initiative=stored, fields=fields, version=stored.version, by=by, at=at)
    return shown(load(request, reference))


@router.get("/initiatives/{reference}/evaluation", response=EvaluationOut)
def read_evaluation(request: HttpRequest, reference: Reference) -> dict[str, Any]:
    """Every requirement of the gate that is judged next, as it stands this moment."""
    rollout, at = load(request, reference), timezone.now()
    case = case_of(rollout, at=at)
    return {
        "gate": case.facts.gate,
        "clear": case.evaluation.clear,
        "owed_gates": list(case.facts.owed_gates),
        "labels": list(labels(case.document, case.facts)),
        "findings": [
            {**finding.as_data(), "id": finding.id, "blocks": finding.blocks}
            for finding in case.evaluation.findings
        ],
        "digest": case.digest,
        "judged_at": at,
    }
