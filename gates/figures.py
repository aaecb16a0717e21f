"""The figures of each failure mode: what was answered, and what the rows beside it tell."""

from typing import Any

from metrics import facts as metrics
from operations.facts import adoption
from playbook.facts import GroupFact
from risks import facts as risks

Figures = dict[str, dict[str, Any]]


def told(row: Any, groups: tuple[GroupFact, ...]) -> Figures:
    """What source systems, metrics and user groups tell by themselves."""
    share = adoption(groups)
    return {
        "integration": risks.figures_of(row.sources_data),
        "resistance": {} if share is None else {"adoption_measured": round(share, 1)},
        "value": metrics.figures_of(row.metrics_data),
    }


def figures(row: Any, groups: tuple[GroupFact, ...]) -> Figures:
    """The known indicators of each mode. What rows tell comes before what somebody typed."""
    known: Figures = {each["mode"]: dict(each["indicators"]) for each in row.risks_data}
    for mode, values in told(row, groups).items():
        if values:
            known[mode] = {**known.get(mode, {}), **values}
    return known
