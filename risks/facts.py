"""What the failure-mode assessments contribute to the facts of a gate."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from playbook.facts import RiskFact
from risks.models import Assessment

DEGREES = ("likelihood", "impact", "residual_likelihood", "residual_impact")


def subqueries(initiative: str) -> dict[str, ArraySubquery]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "risks_data": ArraySubquery(
            Assessment.objects.current()
            .filter(initiative=OuterRef(initiative))
            .order_by()
            .values(
                json=JSONObject(
                    **{name: name for name in ("mode", "response", "reassess_by", *DEGREES)}
                )
            )
        ),
    }


def risks_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, RiskFact]:
    return {
        row["mode"]: RiskFact(
            response=row["response"],
            reassess_by=date.fromisoformat(row["reassess_by"]),
            **{name: row[name] for name in DEGREES},
        )
        for row in rows
    }
