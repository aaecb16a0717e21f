"""The figures of each failure mode: what was answered, and what the rows beside it tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from initiatives import facts as initiatives
from initiatives.models import Initiative
from metrics import facts as metrics
from operations import facts as operations
from playbook.facts import GroupFact
from risks import facts as risks

Figures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Teller:
    """The rows that tell figures of a failure mode, and the page on which they are kept."""

    name: str
    page: str


TELLERS = {
    "budget": Teller("tranches", "gates:money"),
    "integration": Teller("source systems", "gates:sources"),
    "resistance": Teller("user groups", "gates:reach"),
    "value": Teller("metrics", "gates:metrics"),
}


def told(row: Any, groups: tuple[GroupFact, ...]) -> Figures:
    """What tranches, source systems, metrics and user groups tell by themselves."""
    share = operations.adoption(groups)
    return {
        "budget": initiatives.budget_figures_of(row.budgets_data),
        "integration": risks.figures_of(row.sources_data),
        "resistance": {} if share is None else {"adoption_measured": round(share, 1)},
        "value": metrics.figures_of(row.metrics_data),
    }


def told_now(initiative: Initiative) -> Figures:
    """What the rows of one initiative tell, in one query."""
    row: Any = Initiative.objects.annotate(
        **initiatives.subqueries("pk"),
        **risks.subqueries("pk"),
        **metrics.subqueries("pk"),
        **operations.subqueries("pk"),
    ).get(pk=initiative.pk)
    return told(row, operations.groups_of(row.groups_data))


def implied(known: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from other figures: who did not volunteer is who is no champion."""
    people, champions = known.get("pilot_people"), known.get("pilot_champions")
    if not people or champions is None or known.get("non_champions_share") is not None:
        return {}
    return {"non_champions_share": round(100 * max(0, people - champions) / people, 1)}


def figures(row: Any, groups: tuple[GroupFact, ...]) -> Figures:
    """The known indicators of each mode. What rows tell comes before what somebody typed."""
    known: Figures = {each["mode"]: dict(each["indicators"]) for each in row.risks_data}
    for mode, values in told(row, groups).items():
        if values:
            known[mode] = {**known.get(mode, {}), **values}
    for values in known.values():
        values.update(implied(values))
    return known
