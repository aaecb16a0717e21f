"""The seven failure modes: how each stands, and a new assessment of one."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from api.entrance import asker
from api.fields import TEXT, Body, Day, Degree, Figure, Id, Key, OneOf, Reference, Text
from api.loading import load, named
from api.problems import Declined
from api.resources.people import Person, person, somebody
from gates.figures import implied, told_now
from gates.forms.risks import AssessmentForm
from gates.models import Rollout
from gates.today import today
from initiatives.permissions import may_edit
from look.forms import problems
from playbook.document import FailureMode
from playbook.indicators import suggest
from risks.models import Assessment, Response
from risks.services import assess

router = Router()

# Which keys there are, the playbook says; another is refused by name.
Indicators = dict[str, bool | Figure | Annotated[str, Field(pattern=TEXT, max_length=500)]]


class AssessmentOut(Schema):
    """How it stands now, with no response, and once the response is in place. Ratings follow from
    the playbook's rules."""

    likelihood: int
    impact: int
    rating: str
    inherent_likelihood: int
    inherent_impact: int
    inherent_rating: str
    residual_likelihood: int
    residual_impact: int
    residual_rating: str
    override_reason: str
    response: str
    response_text: str
    indicators: dict[str, Any]
    owner: Person | None
    reassess_by: date
    assessed_by: Person
    assessed_at: datetime


class ModeOut(Schema):
    """``told`` are figures that other rows tell by themselves; ``suggested`` are the degrees that
    all known figures call for."""

    mode: str
    name: str
    told: dict[str, Any]
    suggested_likelihood: int | None
    suggested_impact: int | None
    assessment: AssessmentOut | None


class AssessmentIn(Body):
    """A degree that is left out is what the figures suggest, or for the inherent and the residual
    pair the degree as it stands now. ``indicators`` are the playbook's, by key."""

    response: Annotated[str, OneOf(Response.values)]
    response_text: Text = ""
    likelihood: Degree | None = None
    impact: Degree | None = None
    override_reason: Text = ""
    inherent_likelihood: Degree | None = None
    inherent_impact: Degree | None = None
    residual_likelihood: Degree | None = None
    residual_impact: Degree | None = None
    owner: Id | None = None
    reassess_by: Day | None = None
    indicators: Annotated[Indicators, Field(max_length=50)] = {}


def _assessment(rollout: Rollout, row: Assessment) -> AssessmentOut:
    rate = rollout.playbook.parsed.rating.rate
    return AssessmentOut(
        rating=rate(row.likelihood, row.impact),
        inherent_rating=rate(row.inherent_likelihood, row.inherent_impact),
        residual_rating=rate(row.residual_likelihood, row.residual_impact),
        owner=person(row.owner),
        assessed_by=somebody(row.assessed_by),
        **{name: getattr(row, name) for name in SAME},
    )


JUDGED = (
    *("likelihood", "impact", "inherent_likelihood", "inherent_impact"),
    *("residual_likelihood", "residual_impact", "override_reason", "response", "response_text"),
    "owner",
)
SAME = (
    *("likelihood", "impact", "inherent_likelihood", "inherent_impact"),
    *("residual_likelihood", "residual_impact", "override_reason", "response", "response_text"),
    *("indicators", "reassess_by", "assessed_at"),
)


def _modes(rollout: Rollout, modes: list[FailureMode]) -> list[ModeOut]:
    current = Assessment.objects.current().filter(initiative=rollout.initiative_id)
    rows = {row.mode: row for row in current.select_related("assessed_by", "owner")}
    figures = told_now(rollout.initiative)
    found = []
    for mode in modes:
        row, told = rows.get(mode.key), figures.get(mode.key, {})
        known = {**(row.indicators if row else {}), **told}
        suggested = suggest(mode, {**known, **implied(known)})
        found.append(
            ModeOut(
                mode=mode.key,
                name=mode.name,
                told=told,
                suggested_likelihood=suggested.likelihood,
                suggested_impact=suggested.impact,
                assessment=_assessment(rollout, row) if row else None,
            )
        )
    return found


@router.get("/initiatives/{reference}/risks", response=list[ModeOut])
def list_risks(request: HttpRequest, reference: Reference) -> list[ModeOut]:
    """All failure modes of its playbook."""
    rollout = load(request, reference)
    return _modes(rollout, list(rollout.playbook.parsed.failure_modes))


@router.get("/initiatives/{reference}/risks/{key}", response=ModeOut)
def read_risk(request: HttpRequest, reference: Reference, key: Key) -> ModeOut:
    rollout = load(request, reference)
    (found,) = _modes(rollout, [named(rollout.playbook.parsed.mode, key)])
    return found


@router.post("/initiatives/{reference}/risks/{key}", response={201: ModeOut})
def assess_risk(
    request: HttpRequest, reference: Reference, key: Key, judged: AssessmentIn
) -> Status:
    """Judge one failure mode, by the rules of its page; the assessment before it is kept."""
    rollout = load(request, reference, may=may_edit)
    mode = named(rollout.playbook.parsed.mode, key)
    told = told_now(rollout.initiative).get(key, {})
    open_ones = {i.key for i in mode.indicators} - {*told}
    if unknown := sorted({*judged.indicators} - open_ones):
        words = ", ".join(f"“{key[:60]}”" for key in unknown)
        raise Declined(409, f"indicators: {words} is not to be given here.")
    form = AssessmentForm(
        _as_typed(judged),
        initiative=rollout.initiative,
        document=rollout.playbook.parsed,
        mode=mode,
        told=told,
        today=today(),
    )
    if not form.is_valid():
        raise Declined(409, *[words for _id, words in problems(form)])
    assess(
        initiative=rollout.initiative,
        mode=mode,
        reassess_by=form.due_again(),
        indicators=form.values,
        figures=form.figures,
        by=asker(request).user,
        at=timezone.now(),
        **{name: form.cleaned_data[name] for name in JUDGED},
    )
    (found,) = _modes(rollout, [mode])
    return Status(201, found)


def _as_typed(judged: AssessmentIn) -> dict[str, Any]:
    """What the page's form would have been sent."""
    said = {k: v for k, v in judged.model_dump(exclude={"indicators"}).items() if v is not None}
    words = {True: "yes", False: "no"}
    figures = {
        f"i-{key}": words[value] if isinstance(value, bool) else value
        for key, value in judged.indicators.items()
    }
    return {**said, **figures}
