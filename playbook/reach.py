"""Whom a rollout reaches: the population band, the groups that use it, gates that gave way."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import takewhile

from playbook.document import Band, Document, Gate
from playbook.facts import CountFact, Facts
from playbook.findings import Finding, day_of, finding

TITLE = "Exposure within its band"


def breaches(document: Document, facts: Facts) -> Iterator[Finding]:
    """How the exposed population breaks the bounds of the stage; nothing where it keeps them.

    Too few are a breach once the stage has taken its shortest planned weeks; until then they only
    keep the gate shut that asks for enough.
    """
    share, band, rules = facts.exposed_percent, band_of(document, facts), document.exposure
    if share is None or band is None or rules is None or facts.exposure is None:
        return
    counted = f"counted on {day_of(facts.exposure.counted_on)}"
    if share > band.high_percent:
        yield finding(
            "band",
            "above",
            "not_met",
            TITLE,
            f"{share:.3g} % have access, {counted}; this stage allows {band.high_percent:g} %.",
            fix="Take access back down to the band, or return and decide anew.",
        )
    elif facts.exposure.rises >= rules.creeping_readings:
        yield finding(
            "band",
            "creeping",
            "not_met",
            TITLE,
            f"Access crept up in {facts.exposure.rises} counts in a row, to {share:.3g} %, with "
            "no decision.",
            fix="Hold it where it is until the gate is decided; the next count shows it.",
        )
    elif share < band.low_percent and facts.today > _thin_from(document, facts):
        yield finding(
            "band",
            "thin",
            "not_met",
            TITLE,
            f"{share:.3g} % have access, {counted}; the stage's shortest planned weeks are over, "
            f"and it takes {band.low_percent:g} % to tell how it works for everybody.",
            fix="Extend access within the band, and measure again.",
        )


def _thin_from(document: Document, facts: Facts) -> date:
    """The last day on which too few people are no breach yet."""
    weeks = document.stage(facts.stage).weeks
    return facts.stage_since + timedelta(weeks=weeks.low if weeks else 0)


def too_many_for(document: Document, facts: Facts, stage: str) -> Band | None:
    """The bounds of another stage, when more people have access than it allows."""
    if document.exposure is None:
        return None
    share, band = facts.exposed_percent, document.stage(stage).exposure
    return band if share is not None and band is not None and share > band.high_percent else None


def breach_since(document: Document, facts: Facts) -> date | None:
    """The day on which the present breach showed; None while there is none.

    It stays the same for as long as the breach goes on in the same way, so that it is told once.
    """
    found, band = next(breaches(document, facts), None), band_of(document, facts)
    rules = document.exposure
    if found is None or band is None or rules is None or facts.exposure is None:
        return None
    if found.key == "thin":
        return _thin_from(document, facts) + timedelta(days=1)
    newest = CountFact(facts.exposure.counted_on, facts.exposure.exposed)
    counts = (newest, *facts.exposure.earlier)
    if found.key == "creeping":
        past = facts.exposure.rises - rules.creeping_readings
        return counts[min(past, len(counts) - 1)].counted_on
    bound = band.high_percent * (facts.population or 0) / 100
    run = list(takewhile(lambda count: count.exposed > bound, counts))
    return max(facts.stage_since, run[-1].counted_on)


def turns_on(document: Document, facts: Facts) -> date | None:
    """The last day before the calendar alone makes too few people a breach; None without one."""
    share, band = facts.exposed_percent, band_of(document, facts)
    if share is None or band is None or share >= band.low_percent:
        return None
    return _thin_from(document, facts)


def band_of(document: Document, facts: Facts) -> Band | None:
    """The bounds of the stage that the rollout is in, where the playbook sets any."""
    known = {stage.key: stage for stage in document.stages}
    stage = known.get(facts.stage)
    return stage.exposure if stage else None


def band(document: Document, gate: Gate, facts: Facts) -> Iterator[Finding]:
    broken = list(breaches(document, facts))
    yield from broken
    if broken or not gate.needs_least_exposure:
        return
    bounds, share = document.stage(gate.from_stage).exposure, facts.exposed_percent
    if bounds is None:
        return
    if share is None:
        yield finding(
            "band",
            "unknown",
            "unknown",
            TITLE,
            "Nobody has counted who has access, or said how large the whole population is.",
            fix="Record the exposed population, and the intended one on the initiative.",
        )
    elif facts.exposure is not None and facts.exposure.counted_on < facts.stage_since:
        yield finding(
            "band",
            "stale",
            "unknown",
            TITLE,
            f"Counted on {day_of(facts.exposure.counted_on)}, before this stage began.",
            fix="Count again.",
        )
    elif share < bounds.low_percent:
        yield finding(
            "band",
            "below",
            "not_met",
            TITLE,
            f"{share:.3g} % have access; it takes {bounds.low_percent:g} % to tell how it works "
            "for everybody.",
            fix="Extend access within the band, and measure again.",
        )
    else:
        yield finding("band", "within", "met", TITLE, f"{share:.3g} % have access.")


def groups(gate: Gate, facts: Facts) -> Iterator[Finding]:
    if not gate.needs_group_actions:
        return
    for group in facts.groups:
        if not group.below_target:
            continue
        share = f"{group.percent:.3g} % of {group.people:,} use it, target {group.target_percent} %"
        if group.acted_on:
            yield finding(
                "group",
                str(group.id),
                "warning",
                f"{group.name} is below its target",
                f"{share}; something is being done about it.",
            )
        else:
            yield finding(
                "group",
                str(group.id),
                "not_met",
                f"{group.name} is below its target",
                f"{share}, and nothing is done about it.",
                fix="Find out why, and name an action with an owner and a date.",
            )


def slips(facts: Facts) -> Iterator[Finding]:
    for slip in facts.slips:
        yield finding(
            "slip",
            str(slip.gate),
            "warning",
            f"Gate {slip.gate} is giving way",
            f"Since {day_of(slip.since)}: {slip.text}",
            fix="Put it right before the gate is taken back.",
        )
