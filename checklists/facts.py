"""What the design assessment and the ladder contribute to the facts of a gate."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from accounts.facts import person
from checklists.models import Check, DesignAnswer
from playbook.facts import CheckFact, Person


def subqueries(initiative: str) -> dict[str, ArraySubquery]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "design_data": ArraySubquery(
            DesignAnswer.objects.filter(initiative=OuterRef(initiative)).values(
                json=JSONObject(question="question", settled="settled")
            )
        ),
        "checks_data": ArraySubquery(
            Check.objects.filter(initiative=OuterRef(initiative)).values(
                json=JSONObject(
                    key="key",
                    status="status",
                    due="due",
                    assignee=person("assignee"),
                    author=person("evidence__added_by"),
                    verified_at=F("evidence__verified_at"),
                    valid_until="valid_until",
                )
            )
        ),
    }


def design_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    return {row["question"]: row["settled"] for row in rows}


def checks_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, CheckFact]:
    return {
        row["key"]: CheckFact(
            status=row["status"],
            assignee=Person(**row["assignee"]) if row["assignee"] else None,
            due=date.fromisoformat(row["due"]) if row["due"] else None,
            verified=row["verified_at"] is not None,
            valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        )
        for row in rows
    }
