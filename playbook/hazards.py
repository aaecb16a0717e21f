"""The seven failure modes at a gate, and the trap of a pilot that champions carried."""

from collections.abc import Iterator

from playbook.document import Document, FailureMode, Gate, Threshold
from playbook.facts import Facts, RiskFact
from playbook.findings import Finding, day_of, finding
from playbook.indicators import Suggestion, suggest


def failure_modes(document: Document, facts: Facts) -> Iterator[Finding]:
    for mode in document.failure_modes:
        risk = facts.risks.get(mode.key)
        suggestion = suggest(mode, facts.figures.get(mode.key, {}))
        if risk is None:
            yield _unassessed(mode, suggestion)
        else:
            yield _assessed(document, mode, risk, suggestion, facts)


def _unassessed(mode: FailureMode, suggestion: Suggestion) -> Finding:
    if suggestion.fired:
        says = suggestion.fired[0].threshold.says
        return finding(
            "failure_mode",
            mode.key,
            "not_met",
            mode.name,
            f"Not assessed, and its figures speak already: {says}",
            fix="Assess it.",
        )
    return finding(
        "failure_mode",
        mode.key,
        "unknown",
        mode.name,
        "Not assessed, so nobody knows whether it is critical.",
        fix="Assess it.",
    )


def _assessed(
    document: Document, mode: FailureMode, risk: RiskFact, suggestion: Suggestion, facts: Facts
) -> Finding:
    rate = document.rating.rate
    rating = rate(risk.likelihood, risk.impact)
    if rating == "critical" and risk.response == "none":
        said = f" {suggestion.fired[0].threshold.says}" if suggestion.fired else ""
        return finding(
            "failure_mode",
            mode.key,
            "not_met",
            mode.name,
            f"Critical, and nothing is planned against it.{said}",
            fix="Plan a design response, or bring the rating down with what was measured.",
        )
    if worse := _worse_now(risk, suggestion):
        called_for = rate(
            max(suggestion.likelihood or 0, risk.likelihood),
            max(suggestion.impact or 0, risk.impact),
        )
        return finding(
            "failure_mode",
            mode.key,
            "stale",
            mode.name,
            f"Its figures now call for {called_for}: {worse.says}",
            fix="Assess it anew.",
            coverable=called_for != "critical",
        )
    if risk.reassess_by < facts.today:
        return finding(
            "failure_mode",
            mode.key,
            "stale",
            mode.name,
            f"Was to be reassessed by {day_of(risk.reassess_by)}.",
            fix="Assess it anew.",
            coverable=True,
        )
    residual = rate(risk.residual_likelihood, risk.residual_impact)
    return finding(
        "failure_mode", mode.key, "met", mode.name, f"Rated {rating}, {residual} once treated."
    )


def _worse_now(risk: RiskFact, suggestion: Suggestion) -> Threshold | None:
    """The gravest threshold that calls for more than whoever assessed the mode judged or saw."""
    likelihood = max(risk.suggested_likelihood or 0, risk.likelihood)
    impact = max(risk.suggested_impact or 0, risk.impact)
    reached = (each.threshold for each in suggestion.fired)
    return next(
        (each for each in reached if each.likelihood > likelihood or (each.impact or 0) > impact),
        None,
    )


def champions(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    trap = document.champion_trap
    if trap is None:
        return
    share = facts.figures.get(trap.mode, {}).get(trap.indicator)
    if not gate.asks_for_non_champions or share is None or share >= trap.below_percent:
        return
    yield finding(
        "champions",
        trap.indicator,
        "warning",
        "Champion trap",
        f"{100 - share:g} % of the pilot group volunteered, so its figures show goodwill more "
        "than design.",
        fix="Bring in people who did not volunteer, and read their figures apart.",
    )
