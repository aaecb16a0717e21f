"""What the design assessment and the ladder contribute to the facts of a gate."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef
from django.db.models.functions import MD5

from accounts.facts import Rows, person
from checklists.models import SEEN, Check, DesignAnswer
from playbook.facts import CheckFact, DesignFact, Person


def subqueries(initiative: str) -> dict[str, Rows]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "design_data": Rows(
            DesignAnswer.objects.filter(initiative=OuterRef(initiative)),
            question="question",
            settled="settled",
            words=MD5("text"),
            author=person("answered_by"),
        ),
        "checks_data": Rows(
            Check.objects.filter(initiative=OuterRef(initiative)),
            key="key",
            status="status",
            due="due",
            solution="solution",
            assignee=person("assignee"),
            evidence=F("evidence_id"),
            title=F("evidence__title"),
            author=person("evidence__added_by"),
            teller=person("met_by"),
            seen=ExpressionWrapper(SEEN, BooleanField()),
            valid_until="valid_until",
        ),
    }


def design_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, DesignFact]:
    return {row["question"]: DesignFact(row["settled"], row["words"][:12]) for row in rows}


def checks_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, CheckFact]:
    return {
        row["key"]: CheckFact(
            status=row["status"],
            assignee=Person(**row["assignee"]) if row["assignee"] else None,
            due=date.fromisoformat(row["due"]) if row["due"] else None,
            verified=bool(row["seen"]),
            proof=proof_of(row),
            solution=row["solution"],
            valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        )
        for row in rows
    }


def proof_of(row: Mapping[str, Any]) -> str:
    """A piece of evidence by name and number; another piece never reads the same."""
    return f"{row['title']} (evidence {row['evidence']})" if row["evidence"] else ""
