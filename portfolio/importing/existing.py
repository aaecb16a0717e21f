"""What the portfolio knows that a file's rows could belong to."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from django.db.models import Case, Exists, F, OuterRef, Subquery, Value, When

from gates.models import Decision, Review, Rollout
from gates.services.rollouts import GATES_OUTRANK, UNDER_REVIEW
from initiatives.bulk import UnitPath, UnitTree
from initiatives.models import Initiative
from portfolio.importing.fields import FIELDS
from portfolio.importing.fields import Value as Read
from portfolio.importing.mapping import Mapping
from portfolio.importing.parsing import fold
from portfolio.importing.planning import Known
from portfolio.importing.rows import key_of
from portfolio.models import ImportedRow

SEPARATOR = " › "
# Fields of the initiative itself that hold the value as it is imported.
OWN = tuple(
    name
    for name in FIELDS
    if name in {field.name for field in Initiative._meta.concrete_fields}
    and name not in {"unit", "owner", "sponsor"}
)


def known_initiatives(mapping: Mapping, units: UnitTree) -> list[Known]:
    """Every initiative with what its latest import said, in two queries."""
    imported = {
        initiative: (values, digest)
        for initiative, values, digest in ImportedRow.objects.filter(latest=True).values_list(
            "initiative_id", "values", "digest"
        )
    }
    latest = Rollout.objects.filter(initiative=OuterRef("pk")).order_by("-started_at", "-pk")
    decisions = Decision.objects.filter(rollout__initiative=OuterRef("pk"))
    reviews = Review.objects.under_way().filter(rollout__initiative=OuterRef("pk"))
    initiatives = (
        Initiative.objects.order_by("pk")
        .annotate(
            stage=Subquery(latest.values("stage")[:1]),
            held_by=Case(
                When(Exists(decisions), then=Value(GATES_OUTRANK)),
                When(Exists(reviews), then=Value(UNDER_REVIEW)),
                default=Value(""),
            ),
        )
        .values(
            "pk",
            "reference",
            "unit_id",
            "stage",
            "held_by",
            *OWN,
            owner_email=F("owner__email"),
            sponsor_email=F("sponsor__email"),
        )
    )
    return [
        _known(row, mapping, units.names[row["unit_id"]], *imported.get(row["pk"], (None, "")))
        for row in initiatives
    ]


def _known(
    row: MappingOf[str, object],
    mapping: Mapping,
    unit: UnitPath,
    imported: MappingOf[str, Read] | None,
    digest: str,
) -> Known:
    current: dict[str, Read] = {name: row[name] for name in OWN}  # type: ignore[misc]
    current |= {
        "unit": unit[0],
        "subunit": SEPARATOR.join(unit[1:]),
        "owner": str(row["owner_email"] or ""),
        "sponsor": str(row["sponsor_email"] or ""),
        "stage": str(row["stage"] or ""),
    }
    # Under its imported name, so that renaming it here does not lose it.
    known_as = imported if imported is not None else current
    return Known(
        id=int(str(row["pk"])),
        label=f"{row['reference']} {row['name']}",
        key=key_of(mapping.key, known_as),
        apart=fold(str(known_as.get(mapping.tell_apart) or "")),
        current=current,
        imported=imported,
        digest=digest,
        held_by=str(row["held_by"]),
    )
