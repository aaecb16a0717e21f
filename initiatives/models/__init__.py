"""Initiatives, the units they belong to, the people on them, their evidence, their money."""

from initiatives.models.evidence import Evidence, EvidenceQuerySet, evidence_path, web_address
from initiatives.models.initiatives import (
    NAME_LENGTH,
    SCORES,
    Architecture,
    ImpactClass,
    Initiative,
    InitiativeQuerySet,
    Membership,
    PopulationUnit,
    Reference,
)
from initiatives.models.kills import KillCriterion
from initiatives.models.money import BudgetKind, Cost, CostKind, Fund, Tranche
from initiatives.models.premises import Assumption, AssumptionVerdict, ConditionContrast, Distance
from initiatives.models.units import BusinessUnit

__all__ = [
    "NAME_LENGTH",
    "SCORES",
    "Architecture",
    "Assumption",
    "AssumptionVerdict",
    "BudgetKind",
    "BusinessUnit",
    "ConditionContrast",
    "Cost",
    "CostKind",
    "Distance",
    "Evidence",
    "EvidenceQuerySet",
    "Fund",
    "ImpactClass",
    "Initiative",
    "InitiativeQuerySet",
    "KillCriterion",
    "Membership",
    "PopulationUnit",
    "Reference",
    "Tranche",
    "evidence_path",
    "web_address",
]
