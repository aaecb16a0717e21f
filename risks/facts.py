"""What the failure-mode assessments contribute to the facts of a gate."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import OuterRef, TextField, Value
from django.db.models.functions import MD5, Concat

from accounts.facts import Rows, person
from playbook.facts import RiskFact
from risks.models import Assessment, PilotConnection, SourceSystem

DEGREES = ("likelihood", "impact", "residual_likelihood", "residual_impact")

# So that words moved from one text to the next change the digest of both.
BETWEEN = Value("\x1f", TextField())


def subqueries(initiative: str) -> dict[str, Rows]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "risks_data": Rows(
            Assessment.objects.current().filter(initiative=OuterRef(initiative)).order_by(),
            **{name: name for name in ("mode", "response", "reassess_by", *DEGREES)},
            indicators="indicators",
            suggested_likelihood="suggested_likelihood",
            suggested_impact="suggested_impact",
            words=MD5(Concat("response_text", BETWEEN, "override_reason")),
            author=person("assessed_by"),
        ),
        "sources_data": Rows(
            SourceSystem.objects.live().filter(initiative=OuterRef(initiative)).order_by("id"),
            pilot_way="pilot_way",
            security="security",
            months="months",
            in_scope="in_scope",
            in_budget="in_budget",
        ),
        # Of those that were removed too.
        "sources_hands": Rows(
            SourceSystem.objects.filter(initiative=OuterRef(initiative)).order_by("id"),
            hands="hands",
        ),
    }


def risks_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, RiskFact]:
    return {
        row["mode"]: RiskFact(
            response=row["response"],
            reassess_by=date.fromisoformat(row["reassess_by"]),
            suggested_likelihood=row["suggested_likelihood"],
            suggested_impact=row["suggested_impact"],
            words=row["words"][:12],
            **{name: row[name] for name in DEGREES},
        )
        for row in rows
    }


def figures_of(rows: Sequence[Any]) -> dict[str, Any]:
    """The indicators of the integration failure mode that the listed systems themselves tell."""
    if not rows:
        return {}
    months = [float(row["months"]) for row in rows if row["months"] is not None]
    told = {
        "systems_by_hand": sum(row["pilot_way"] != PilotConnection.CONNECTED for row in rows),
        "integration_months": sum(months) if months else None,
        "integration_in_scope": _all([row["in_scope"] for row in rows]),
        "integration_in_budget": _all([row["in_budget"] for row in rows]),
        "connections_secured": all(row["security"].strip() for row in rows),
    }
    return {key: value for key, value in told.items() if value is not None}


def _all(answers: Sequence[bool | None]) -> bool | None:
    """No when any is no, yes when all are yes, else unknown."""
    if False in answers:
        return False
    return True if all(answers) else None
