"""What the failure-mode assessments contribute to the facts of a gate."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, TextField
from django.db.models.functions import MD5, Cast, Concat, JSONObject

from accounts.facts import person
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
                    **{name: name for name in ("mode", "response", "reassess_by", *DEGREES)},
                    words=MD5(Concat("response_text", Cast("indicators", TextField()))),
                    author=person("assessed_by"),
                )
            )
        ),
    }


def risks_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, RiskFact]:
    return {
        row["mode"]: RiskFact(
            response=row["response"],
            reassess_by=date.fromisoformat(row["reassess_by"]),
            words=row["words"][:12],
            **{name: row[name] for name in DEGREES},
        )
        for row in rows
    }
