"""What initiatives share, seen across all of them: who relies on it, what failed, who has not said
what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Count,
    Exists,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from gates.models import Rollout, Stage
from gates.models.rollouts import PATH
from initiatives.models import Dependency, DependencyKind, Fault, FaultAnswer, Reliance
from portfolio.filters import ordinal

MENDED_SHOWN = 20


@dataclass(frozen=True)
class Shown:
    """What the list is narrowed to. Empty means all; what makes no sense is left out."""

    q: str = ""
    kind: str = ""
    failing: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Shown:
        kind = query.get("kind") or ""
        return cls(
            q=" ".join((query.get("q") or "").split())[:200],
            kind=kind if kind in DependencyKind.values else "",
            failing=bool(query.get("failing")),
        )

    @property
    def narrowed(self) -> bool:
        return self != Shown()

    def dependencies(self) -> QuerySet[Dependency]:
        found = Dependency.objects.matching(self.q)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.failing:
            found = found.filter(Exists(Fault.objects.open().filter(dependency=OuterRef("pk"))))
        return found


def relying() -> QuerySet[Reliance]:
    """The reliances of initiatives that are under way, with the stage each is in."""
    live = Rollout.objects.live().filter(initiative=OuterRef("initiative"))
    return Reliance.objects.annotate(stage=Subquery(live.values("stage")[:1])).filter(
        stage__isnull=False
    )


def weighed(dependencies: QuerySet[Dependency]) -> QuerySet[Any]:
    """With ``relying``, ``farthest`` (a stage's place on the path), ``failures`` that are open and
    ``unanswered`` questions that these put to initiatives under way; what fails comes first within
    its kind."""
    mine = (
        Rollout.objects.live()
        .filter(initiative__reliances__dependency=OuterRef("pk"))
        .order_by()
        .values("initiative__reliances__dependency")
    )
    asked = Rollout.objects.live().filter(
        ~Exists(
            FaultAnswer.objects.filter(
                fault=OuterRef(OuterRef("pk")), initiative=OuterRef("initiative")
            )
        ),
        ~Q(initiative=OuterRef("found_in")),
        initiative__reliances__dependency=OuterRef("dependency"),
    )
    failures = (
        Fault.objects.open()
        .filter(dependency=OuterRef("pk"))
        .alias(asked=Subquery(asked.order_by().values(count=Func("pk", function="COUNT"))))
        .order_by()
        .values("dependency")
    )
    return dependencies.annotate(
        relying=_figure(mine, Count("pk")),
        farthest=_figure(mine, Max(ordinal("stage", PATH))),
        failures=_figure(failures, Count("pk")),
        unanswered=_figure(failures, Sum("asked")),
    ).order_by("kind", "-failures", "-relying", "name", "pk")


def _figure(rows: QuerySet[Any, Any], figure: Any) -> Coalesce:
    """One figure of the rows of each dependency; nothing counts as 0."""
    return Coalesce(
        Subquery(rows.annotate(figure=figure).values("figure"), output_field=IntegerField()), 0
    )


def stage_at(place: int) -> str:
    """The name of the stage at this place on the path, counted from 1; empty for none."""
    return str(Stage(PATH[place - 1]).label) if place else ""


@dataclass(frozen=True)
class Answered:
    """An initiative that relies on something, and what it said of each open failure."""

    reliance: Reliance
    stage: str
    said: list[tuple[Fault, FaultAnswer | None]]


def answers_of(page: list[Any], faults: list[Fault]) -> list[Answered]:
    """The reliances of one page with their answers, in one query. Where a failure was found, it
    asks nothing."""
    found = FaultAnswer.objects.filter(
        fault__in=faults, initiative__in=[row.initiative_id for row in page]
    ).select_related("answered_by")
    answers = {(answer.fault_id, answer.initiative_id): answer for answer in found}
    return [
        Answered(
            row,
            str(Stage(row.stage).label),
            [
                (fault, answers.get((fault.pk, row.initiative_id)))
                for fault in faults
                if fault.found_in_id != row.initiative_id
            ],
        )
        for row in page
    ]
