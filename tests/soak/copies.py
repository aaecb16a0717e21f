"""Initiatives to play histories on: brought to a gate by the services once, then copied by rows."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from accounts.models import User
from accounts.roles import Remit, Role
from checklists.models import Check, DesignAnswer
from gates.models import CriterionAnswer, Decision, Passage, Review, Rollout, SignOff
from initiatives.models import Assumption, Evidence, Initiative, KillCriterion
from initiatives.services import next_numbers
from metrics.models import Day, Metric, Observation
from operations.models import Exposure
from risks.models import Assessment
from tests.factories import (
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)


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


@dataclass(eq=False)
class Template:
    """An initiative ready at a gate, as rows to copy."""

    initiative: Initiative
    rollout: Rollout
    moves: list[Decision]
    children: dict[type[models.Model], list[Any]]


BY_INITIATIVE: tuple[type[models.Model], ...] = (
    Evidence,
    DesignAnswer,
    Check,
    Assessment,
    Assumption,
    KillCriterion,
    Exposure,
    Metric,
)
BY_METRIC: tuple[type[models.Model], ...] = (Observation, Day)
BY_ROLLOUT: tuple[type[models.Model], ...] = (Review, CriterionAnswer, Decision, Passage)


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
    for parent, models_of_it in (
        ({"initiative": rollout.initiative}, BY_INITIATIVE),
        ({"rollout": rollout}, BY_ROLLOUT),
    ):
        for model in models_of_it:
            children[model] = list(model._default_manager.filter(**parent).order_by("pk"))
    for model in BY_METRIC:
        rows = model._default_manager.filter(metric__initiative=rollout.initiative)
        children[model] = list(rows.order_by("pk"))
    children[SignOff] = list(SignOff.objects.filter(review__rollout=rollout).order_by("pk"))
    moves = [d for d in children[Decision] if d.from_stage != d.to_stage]
    return Template(rollout.initiative, rollout, moves, children)


def copies(template: Template, count: int) -> list[Rollout]:
    """This many initiatives like the template, each with rows of its own."""
    ids: dict[tuple[Any, Any, int], Any] = {}

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
    for model, rows in template.children.items():
        again(model, rows)
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
