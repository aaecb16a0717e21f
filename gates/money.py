"""An initiative's money as its pages show it: each tranche's standing, the sums, what it costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max

from gates.case import Case
from gates.models import Decision, GatedTranche, Passage, Rollout, Stage
from gates.models.rollouts import ENDED, PATH
from gates.services.money import gate_into, moved_back
from initiatives.models import Cost, CostKind, Initiative
from initiatives.money import ZERO
from playbook.extended import extended_since


@dataclass(frozen=True)
class Line:
    """A tranche and how it stands: the state as a status glyph knows it, and in words."""

    tranche: GatedTranche
    gate: int
    mark: str
    word: str
    says: str
    acts: tuple[str, ...] = ()
    decision: Decision | None = None

    @property
    def released(self) -> bool:
        return self.decision is not None

    @property
    def flagged(self) -> bool:
        """Whether innovation money is to pay for production."""
        return self.tranche.innovation_in_production and self.tranche.withdrawn_at is None


def gates_passed(case: Case) -> set[int]:
    """The gates behind the rollout that count; none once it is over."""
    if case.facts.stage in ENDED:
        return set()
    behind = range(case.document.stage(case.facts.stage).number)
    return set(behind) - set(case.facts.owed_gates)


def lines(initiative: Initiative, case: Case) -> list[Line]:
    """Every tranche of the initiative, and how it stands in this case."""
    rows = GatedTranche.objects.filter(initiative=initiative).select_related(
        "initiative", "fund", "requested_by", "approved_by", "release__decision__passage"
    )
    order = [str(stage) for stage in Stage.values]
    passed = gates_passed(case)
    found = [_line(tranche, passed, case.facts.stage) for tranche in rows]
    return sorted(found, key=lambda line: (order.index(line.tranche.stage), line.tranche.pk))


def _line(tranche: GatedTranche, passed: set[int], stage: str) -> Line:
    gate = gate_into(tranche.stage)
    release = getattr(tranche, "release", None)
    if release is not None:
        decision = release.decision
        if decision.passage.void_since is None:
            says = f"by the decision at Gate {gate}"
            return Line(tranche, gate, "met", "Released", says, (), decision)
        says = "its gate no longer counts"
        return Line(tranche, gate, "lapsed", "Released", says, (), decision)
    if tranche.withdrawn_at is not None:
        return Line(tranche, gate, "none", "Withdrawn", "nothing is asked any more")
    if tranche.frozen_at is not None:
        acts = ("thaw", "withdraw") if gate in passed else ("withdraw",)
        says = "it can be thawed" if gate in passed else f"until Gate {gate} is passed"
        return Line(tranche, gate, "hold", "Frozen", says, acts)
    if tranche.approved_at is None:
        says = "not approved yet; nobody approves what they asked for"
        return Line(tranche, gate, "todo", "Requested", says, ("approve", "withdraw"))
    if gate in passed and tranche.stage != stage:
        says = f"after Gate {gate}, for a stage that is over"
        return Line(tranche, gate, "lapsed", "Approved", says, ("withdraw",))
    if gate in passed:
        says = f"after Gate {gate}; somebody with no part in it can release it"
        return Line(tranche, gate, "planned", "Approved", says, ("release", "withdraw"))
    says = f"a go at Gate {gate} releases it"
    return Line(tranche, gate, "planned", "Approved", says, ("withdraw",))


@dataclass(frozen=True)
class Sums:
    """What the tranches that were not withdrawn come to; what is frozen before anybody approved it
    counts apart."""

    requested: Decimal
    approved: Decimal
    released: Decimal
    frozen: Decimal
    frozen_requests: Decimal


def sums(found: Sequence[Line]) -> Sums:
    standing = [line for line in found if line.tranche.withdrawn_at is None]
    tranches = [line.tranche for line in standing]
    return Sums(
        requested=sum((each.requested for each in tranches), ZERO),
        approved=sum((each.approved or ZERO for each in tranches), ZERO),
        released=sum((line.tranche.amount for line in standing if line.released), ZERO),
        frozen=sum((each.approved or ZERO for each in tranches if each.frozen_at), ZERO),
        frozen_requests=sum(
            (each.requested for each in tranches if each.frozen_at and not each.approved_at), ZERO
        ),
    )


@dataclass(frozen=True)
class Figures:
    """Planned and actual cost. The variance is what more was spent than planned, as far as both
    are known; None where they are not."""

    name: str
    planned: Decimal | None
    actual: Decimal | None
    variance: Decimal | None


def _figures(name: str, costs: Sequence[Cost]) -> Figures:
    planned = [cost.planned for cost in costs if cost.planned is not None]
    actual = [cost.actual for cost in costs if cost.actual is not None]
    both = [
        cost.actual - cost.planned
        for cost in costs
        if cost.planned is not None and cost.actual is not None
    ]
    return Figures(
        name=name,
        planned=sum(planned, ZERO) if planned else None,
        actual=sum(actual, ZERO) if actual else None,
        variance=sum(both, ZERO) if both else None,
    )


@dataclass(frozen=True)
class MonthCosts:
    month: date
    total: Figures
    kinds: Sequence[Figures]


@dataclass(frozen=True)
class Costs:
    """Costs by month, newest first, by kind, and in all."""

    months: Sequence[MonthCosts]
    kinds: Sequence[Figures]
    total: Figures


def costs(rows: Sequence[Cost]) -> Costs:
    return Costs(
        months=[
            _month(month, [cost for cost in rows if cost.month == month])
            for month in sorted({cost.month for cost in rows}, reverse=True)
        ],
        kinds=[
            _figures(str(kind.label), [cost for cost in rows if cost.kind == kind])
            for kind in CostKind
        ],
        total=_figures("In all", rows),
    )


def _month(month: date, rows: Sequence[Cost]) -> MonthCosts:
    kinds = [_figures(str(cost.get_kind_display()), [cost]) for cost in rows]
    return MonthCosts(month, _figures(f"{month:%B %Y}", rows), kinds)


@dataclass(frozen=True)
class Burn:
    """What was spent in the months since the initiative became an extended pilot."""

    since: date
    amount: Decimal


def burn(rollout: Rollout, case: Case, rows: Iterable[Cost]) -> Burn | None:
    """What it cost since then, its first month counted whole; None while it is no such thing."""
    since = extended_since(
        case.document, case.facts, voided=_voided(rollout), entered=_entered(rollout)
    )
    if since is None:
        return None
    first = since.replace(day=1)
    spent = (cost.actual for cost in rows if cost.month >= first and cost.actual is not None)
    return Burn(since, sum(spent, ZERO))


def _voided(rollout: Rollout) -> dict[int, date]:
    """When each gate's passage was last voided."""
    rows = (
        Passage.objects.filter(rollout=rollout, void_since__isnull=False)
        .order_by()
        .values_list("gate")
        .annotate(last=Max("void_since"))
    )
    return {gate: last.date() for gate, last in rows}


def _entered(rollout: Rollout) -> date | None:
    """When steady state was entered that a return led out of, back to scaled production."""
    back = rollout.moved_by
    if rollout.stage != Stage.SCALED or back is None or not moved_back(back):
        return None
    into = (
        Decision.objects.filter(
            rollout=rollout, to_stage=Stage.STEADY, decided_at__lt=back.decided_at
        )
        .exclude(from_stage=Stage.STEADY)
        .order_by("-decided_at")
        .first()
    )
    if into is not None:
        return into.decided_at.date()
    return rollout.claim.made_at.date() if rollout.claim is not None else rollout.started_at.date()


def would_release(initiative: Initiative, gate: int | None) -> list[GatedTranche]:
    """The tranches that a go at this gate releases."""
    if gate is None:
        return []
    return list(
        GatedTranche.objects.filter(initiative=initiative, stage=PATH[gate + 1])
        .ready()
        .select_related("fund")
    )
