"""Assessing a failure mode. An assessment is never changed: a new one supersedes it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from initiatives.errors import Refused
from initiatives.models import Initiative
from initiatives.services import conclude, lock
from playbook.document import FailureMode
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
    owner: User | None = None,
) -> Assessment:
    """Judge one failure mode; the assessment before it is kept as history.

    Raises Refused when a response is named without words, or the residual degrees are above the
    current ones.
    """
    stored = lock(initiative.pk)
    reasons = []
    if response != Response.NONE and not response_text.strip():
        reasons.append("What is done about it: describe the response, or choose none.")
    if residual_likelihood > likelihood or residual_impact > impact:
        reasons.append("With the response in place: no degree may be above where it stands now.")
    if response == Response.NONE and (residual_likelihood, residual_impact) != (likelihood, impact):
        reasons.append("Without a response the rating stays what it is now.")
    if reasons:
        raise Refused(reasons)
    Assessment.objects.current().filter(initiative=stored, mode=mode.key).update(superseded_at=at)
    assessment = Assessment.objects.create(
        initiative=stored,
        mode=mode.key,
        indicators=dict(indicators or {}),
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
            "residual": [residual_likelihood, residual_impact],
            "reassess_by": reassess_by,
            "indicators": assessment.indicators,
        },
        by=by,
        at=at,
    )
    return assessment
