"""What a column of an inventory can become in Clearway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gates.models import Stage
from initiatives.models import NAME_LENGTH, ImpactClass

# The most that one cell of a spreadsheet holds.
CELL_LENGTH = 32_767

Value = str | int | None


class Kind(StrEnum):
    LINE = "line"
    PROSE = "prose"
    INTEGER = "integer"
    SCORE = "score"
    DATE = "date"
    CHOICE = "choice"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    label: str | Promise
    kind: Kind = Kind.LINE
    limit: int = 200
    required: bool = False
    choices: Mapping[str, str | Promise] | None = None
    default: str = ""


def _choices(enum: type) -> dict[str, str | Promise]:
    return {member.value: member.label for member in enum}  # type: ignore[attr-defined]


FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field("name", _("Name"), limit=NAME_LENGTH, required=True),
        Field("unit", _("Unit (agency, department)"), required=True),
        Field("subunit", _("Part of the unit (bureau, team)")),
        Field("stage", _("Stage"), Kind.CHOICE, choices=_choices(Stage), default=Stage.INTAKE),
        Field("problem", _("Problem"), Kind.PROSE, CELL_LENGTH),
        Field("benefit", _("Intended benefit"), Kind.PROSE, CELL_LENGTH),
        Field(
            "impact_class",
            _("Impact class"),
            Kind.CHOICE,
            choices=_choices(ImpactClass),
            default=ImpactClass.NOT_ASSESSED,
        ),
        Field("owner", _("Owner (e-mail or name)"), Kind.PERSON),
        Field("sponsor", _("Sponsor (e-mail or name)"), Kind.PERSON),
        Field("population", _("Intended production population"), Kind.INTEGER),
        Field("pilot_team", _("Pilot team")),
        Field("production_team", _("Production team")),
        Field("production_owner", _("Production owner")),
        Field("production_funder", _("Production funder")),
        Field("funding_mechanism", _("Funding mechanism"), limit=300),
        Field("value_score", _("Value, 1 to 5"), Kind.SCORE),
        Field("feasibility_score", _("Feasibility, 1 to 5"), Kind.SCORE),
        Field("integration_complexity", _("Integration complexity, 1 to 5"), Kind.SCORE),
        Field("initiated", _("Date initiated"), Kind.DATE),
        Field("developed", _("Date when development began"), Kind.DATE),
        Field("implemented", _("Date implemented"), Kind.DATE),
        Field("retired", _("Date retired"), Kind.DATE),
    )
}
