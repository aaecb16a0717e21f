"""Assessing a failure mode. An assessment is never changed: a new one supersedes it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.words import listed
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from playbook.document import FailureMode
from playbook.indicators import suggest
from risks.models import Assessment, Response


@transaction.atomic
def assess(
    *,
    initiative: Initiative,
    mode: FailureMode,
    likelihood: int,
    impact: int,
    response: str,
    response_text: str,
    residual_likelihood: int,
    residual_impact: int,
    reassess_by: date,
    by: User,
    at: datetime,
    indicators: Mapping[str, Any] | None = None,
    figures: Mapping[str, Any] | None = None,
    inherent_likelihood: int | None = None,
    inherent_impact: int | None = None,
    override_reason: str = "",
    owner: User | None = None,
) -> Assessment:
    """Judge one failure mode; the assessment before it is kept as history.

    ``indicators`` are the answers given; ``figures`` add what other rows tell, and together they
    suggest the degrees. Without inherent degrees the response is taken to have changed nothing.
    Raises Refused when a response is named without words, a degree differs from the suggested
    one without a reason, or residual, current and inherent degrees do not rise in this order.
    """
    inherent = (inherent_likelihood or likelihood, inherent_impact or impact)
    suggested = suggest(mode, {**(indicators or {}), **(figures or {})})
    stored = lock(initiative.pk)
    reasons = []
    if response != Response.NONE and not response_text.strip():
        reasons.append("What is done about it: describe the response, or choose none.")
    if residual_likelihood > likelihood or residual_impact > impact:
        reasons.append("With the response in place: no degree may be above where it stands now.")
    if response == Response.NONE and (residual_likelihood, residual_impact) != (likelihood, impact):
        reasons.append("Without a response the rating stays what it is now.")
    if likelihood > inherent[0] or impact > inherent[1]:
        reasons.append("With no response: no degree may be below where it stands now.")
    calls_for = {"likelihood": suggested.likelihood, "impact": suggested.impact}
    judged = {"likelihood": likelihood, "impact": impact}
    differs = [
        f"{name} {calls_for[name]}"
        for name in judged
        if calls_for[name] not in (None, judged[name])
    ]
    if differs and not override_reason.strip():
        reasons.append(
            f"Why it is judged otherwise: the figures call for {listed(differs)}. Say why not."
        )
    if reasons:
        raise Refused(reasons)
    Assessment.objects.current().filter(initiative=stored, mode=mode.key).update(superseded_at=at)
    assessment = Assessment.objects.create(
        initiative=stored,
        mode=mode.key,
        indicators=dict(indicators or {}),
        suggested_likelihood=suggested.likelihood,
        suggested_impact=suggested.impact,
        override_reason=override_reason.strip() if differs else "",
        inherent_likelihood=inherent[0],
        inherent_impact=inherent[1],
        likelihood=likelihood,
        impact=impact,
        response=response,
        response_text=response_text.strip(),
        residual_likelihood=residual_likelihood,
        residual_impact=residual_impact,
        owner=owner,
        reassess_by=reassess_by,
        assessed_by=by,
        assessed_at=at,
    )
    conclude(
        initiative=stored,
        verb="risk.assessed",
        summary=f"Assessed {mode.name.lower()}: likelihood {likelihood}, impact {impact}",
        data={
            "mode": mode.key,
            "likelihood": likelihood,
            "impact": impact,
            "response": response,
            "inherent": inherent,
            "residual": [residual_likelihood, residual_impact],
            "suggested": [suggested.likelihood, suggested.impact],
            "otherwise": assessment.override_reason,
            "reassess_by": reassess_by,
            "indicators": assessment.indicators,
            "figures": dict(figures or {}),
        },
        by=by,
        at=at,
    )
    return assessment
