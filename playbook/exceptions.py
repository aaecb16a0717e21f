"""Exceptions from criteria: what need not hold until a day, agreed instead of talked away."""

from dataclasses import replace

from playbook.facts import Facts
from playbook.findings import Finding, day_of
from playbook.parts import Criterion


def judged_by_people(criterion: Criterion) -> bool:
    """Whether somebody judges the criterion. Nothing excepts from what figures compute."""
    return not criterion.computed


def applied(criterion: Criterion, found: Finding, facts: Facts) -> Finding:
    """The finding of a criterion as it stands with its exception.

    Under an exception that counts it warns and blocks nothing. A criterion that is met, and one
    whose exception expired, stands as it would without.
    """
    exception = facts.exceptions.get(criterion.key)
    if exception is None or not found.blocks or not judged_by_people(criterion):
        return found
    if not exception.counts_on(facts.today):
        return replace(
            found, text=f"{found.text} Its exception ended on {day_of(exception.expires)}."
        )
    return replace(
        found,
        state="warning",
        text=f"Excepted by {exception.approved_by.label} until {day_of(exception.expires)}: "
        f"“{exception.reason}” Without the exception: {found.text}",
        fix="",
    )
