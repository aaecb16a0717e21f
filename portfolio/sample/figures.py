"""The sample's failure modes and their figures: assessments, source systems, metrics."""

from collections.abc import Callable
from datetime import date
from typing import Any

from accounts.models import User
from gates.figures import implied
from initiatives.models import Initiative
from metrics.services import add_metric
from playbook.document import Document
from portfolio.sample import wording
from portfolio.sample.specs import Spec
from risks.services import assess
from risks.sources import list_source

Tick = Callable[[], dict[str, Any]]
DATED = (("baseline", "baseline_on"), ("latest", "latest_on"))


def assess_all(
    initiative: Initiative,
    document: Document,
    *,
    worst: tuple[str, int, int, str] | None,
    spec: Spec,
    owner: User,
    until: date,
    tick: Tick,
) -> None:
    """All seven failure modes: low, but for the worst one. The spec's figures are that one's."""
    for mode in document.failure_modes:
        likelihood, impact, response = 2, 2, "in_place"
        figures: dict[str, Any] = {}
        if worst is not None and worst[0] == mode.key:
            _, likelihood, impact, response = worst
            figures = spec.figures
        treated = response != "none"
        assess(
            initiative=initiative,
            mode=mode,
            indicators=figures,
            figures=implied(figures),
            override_reason=spec.otherwise,
            likelihood=likelihood,
            impact=impact,
            inherent_likelihood=5 if treated and likelihood > 2 else likelihood,
            inherent_impact=impact,
            response=response,
            response_text=wording.RESPONSE if treated else "",
            residual_likelihood=max(1, likelihood - 1) if treated else likelihood,
            residual_impact=impact,
            owner=owner,
            reassess_by=until,
            **tick(),
        )


def list_rows(initiative: Initiative, spec: Spec, tick: Tick) -> None:
    """The source systems and metrics that the spec names. Figures count on the day of the act."""
    for fields in spec.sources:
        list_source(initiative=initiative, fields=fields, **tick())
    for fields in spec.metrics:
        act = tick()
        days = {day: act["at"].date() for figure, day in DATED if figure in fields}
        add_metric(initiative=initiative, fields={**fields, **days}, **act)
