"""What the premises, the money and the dependencies of an initiative contribute to the facts of a
gate."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import MD5, Concat, JSONObject

from accounts.facts import Rows, person
from initiatives.models import (
    Assumption,
    BudgetKind,
    ConditionContrast,
    Fault,
    FaultAnswer,
    KillCriterion,
    Tranche,
)
from playbook.facts import AssumptionFact, ContrastFact, FaultFact, KillFact, Person

# What pays for production, gravest first, in the words of the playbook's indicator.
BUDGETS = {
    BudgetKind.INNOVATION: "innovation budget",
    BudgetKind.OPERATING: "operating budget",
    BudgetKind.FUND: "standing AI fund",
}

# So that words moved from one text to the next change the digest of both.
BETWEEN = Value("\x1f", TextField())


def subqueries(initiative: str) -> dict[str, Rows]:
    """Annotations for a queryset whose field ``initiative`` names the initiative's id."""
    return {
        "assumptions_data": Rows(
            Assumption.objects.open().filter(initiative=OuterRef(initiative)).order_by("id"),
            id="id",
            text="text",
            verdict="verdict",
            finding="finding",
            words=MD5("finding"),
            teller=person("stated_by"),
            author=person("judged_by"),
        ),
        "withdrawn_data": Rows(
            Assumption.objects.withdrawn().filter(initiative=OuterRef(initiative)).order_by(),
            teller=person("withdrawn_by"),
            author=person("judged_by"),
        ),
        "kills_data": Rows(
            KillCriterion.objects.filter(initiative=OuterRef(initiative)).order_by("id"),
            id="id",
            text="text",
            sign="sign",
            teller=person("agreed_by"),
            hit_at="hit_at",
            hitter=person("hit_by"),
            owner_then=person("owner_then"),
            hit_note="hit_note",
            settler=person("settled_by"),
            settled_note="settled_note",
        ),
        "contrasts_data": Rows(
            ConditionContrast.objects.filter(initiative=OuterRef(initiative)),
            condition="condition",
            distance="distance",
            words=MD5(Concat("pilot", BETWEEN, "production")),
        ),
        "budgets_data": Rows(
            Tranche.objects.standing()
            .in_production()
            .filter(initiative=OuterRef(initiative))
            .order_by("budget")
            .values("budget")
            .distinct()
        ),
        "faults_data": Rows(
            Fault.objects.open()
            .filter(dependency__reliances__initiative=OuterRef(initiative))
            .exclude(found_in=OuterRef(initiative))
            .order_by("id"),
            id="id",
            kind=F("dependency__kind"),
            dependency=F("dependency__name"),
            text="text",
            where=F("found_in__reference"),
            since="found_at",
            answer=Subquery(
                FaultAnswer.objects.filter(
                    fault=OuterRef("pk"), initiative=OuterRef(OuterRef(initiative))
                ).values(json=JSONObject(verdict="verdict", words=MD5("text")))
            ),
        ),
        "answerers_data": Rows(
            FaultAnswer.objects.filter(
                initiative=OuterRef(initiative), fault__mended_at__isnull=True
            ).order_by(),
            author=person("answered_by"),
        ),
        "menders_data": Rows(
            Fault.objects.filter(
                mended_at__isnull=False, dependency__reliances__initiative=OuterRef(initiative)
            )
            .exclude(found_in=OuterRef(initiative))
            .order_by(),
            author=person("mended_by"),
            at="mended_at",
        ),
    }


def assumptions_of(rows: Iterable[Mapping[str, Any]]) -> tuple[AssumptionFact, ...]:
    return tuple(
        AssumptionFact(
            id=row["id"],
            text=row["text"],
            verdict=row["verdict"],
            # A finding that nobody stands for any more is a draft of the next one.
            answered=bool(row["author"] and row["finding"].strip()),
            words=row["words"][:12] if row["finding"].strip() else "",
        )
        for row in rows
    )


def kill_criteria_of(rows: Iterable[Mapping[str, Any]]) -> tuple[KillFact, ...]:
    return tuple(
        KillFact(
            id=row["id"],
            text=row["text"],
            sign=row["sign"],
            hit_on=datetime.fromisoformat(row["hit_at"]).date() if row["hit_at"] else None,
            hit_by=Person(**row["hitter"]) if row["hitter"] else None,
            hit_note=row["hit_note"],
            settled=row["settler"] is not None,
            settled_note=row["settled_note"],
        )
        for row in rows
    )


def contrasts_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, ContrastFact]:
    return {row["condition"]: ContrastFact(row["distance"], row["words"][:12]) for row in rows}


def faults_of(rows: Iterable[Mapping[str, Any]]) -> tuple[FaultFact, ...]:
    """The failures, found elsewhere and not mended, of what the initiative relies on."""
    return tuple(
        FaultFact(
            id=row["id"],
            kind=row["kind"],
            dependency=row["dependency"],
            text=row["text"],
            where=row["where"],
            since=datetime.fromisoformat(row["since"]).date(),
            verdict=row["answer"]["verdict"] if row["answer"] else "",
            words=row["answer"]["words"][:12] if row["answer"] else "",
        )
        for row in rows
    )


def budget_figures_of(budgets: Iterable[str]) -> dict[str, str]:
    """What pays for production, as its tranches tell; nothing before there are any."""
    found = next((words for kind, words in BUDGETS.items() if kind in budgets), None)
    return {} if found is None else {"budget_kind": found}
