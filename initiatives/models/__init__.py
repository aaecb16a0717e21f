"""Initiatives, the units they belong to, the people on them, their evidence, their money, and what
they share."""

from initiatives.models.dependencies import (
    Dependency,
    DependencyKind,
    DependencyQuerySet,
    Fault,
    FaultAnswer,
    FaultVerdict,
    Reliance,
)
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
    "Dependency",
    "DependencyKind",
    "DependencyQuerySet",
    "Distance",
    "Evidence",
    "EvidenceQuerySet",
    "Fault",
    "FaultAnswer",
    "FaultVerdict",
    "Fund",
    "ImpactClass",
    "Initiative",
    "InitiativeQuerySet",
    "KillCriterion",
    "Membership",
    "PopulationUnit",
    "Reference",
    "Reliance",
    "Tranche",
    "evidence_path",
    "web_address",
]
