"""Whom a rollout reaches, as pages show it: all of it from the case, which costs no query."""

from dataclasses import dataclass
from datetime import date

from gates.case import Case
from playbook.document import Band
from playbook.facts import ExposureFact, GroupFact
from playbook.findings import Finding
from playbook.reach import band_of, breach_since, breaches


@dataclass(frozen=True)
class Reach:
    """The last count against the bounds of the stage, and the groups that use it."""

    exposure: ExposureFact | None
    percent: float | None
    band: Band | None
    breach: Finding | None
    since: date | None
    groups: tuple[GroupFact, ...]

    @property
    def below_target(self) -> tuple[GroupFact, ...]:
        return tuple(group for group in self.groups if group.below_target)

    @property
    def shown(self) -> bool:
        """Whether there is anything to show, or to ask for: nobody is reached before a pilot."""
        return self.exposure is not None or bool(self.groups) or bool(self.bounds)

    @property
    def bounds(self) -> str:
        """What the stage allows, in words; empty where it sets no bounds or nobody is reached."""
        if self.band is None or not self.band.high_percent:
            return ""
        low, high = self.band.low_percent, self.band.high_percent
        return f"{low:g} to {high:g} % of everybody" if low else f"up to {high:g} % of everybody"


def reach_of(case: Case) -> Reach:
    return Reach(
        exposure=case.facts.exposure,
        percent=case.facts.exposed_percent,
        band=band_of(case.document, case.facts),
        breach=next(breaches(case.document, case.facts), None),
        since=breach_since(case.document, case.facts),
        groups=case.facts.groups,
    )
