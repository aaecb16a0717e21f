"""How far the evidence that a playbook collects shows the clauses of other frameworks."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from playbook.crosswalk import Clause, Framework
from playbook.document import Document
from playbook.facts import Facts
from playbook.measuring import judge


def shown(document: Document, facts: Facts) -> frozenset[str]:
    """The items, by kind and key, whose evidence holds today.

    A check counts once a second person verified its evidence, a question once it is settled, a
    criterion once it is met with evidence or its figures say so, a failure mode while its
    assessment is not overdue. ``document`` is the playbook that the rollout is pinned to.
    """
    today = facts.today
    return frozenset(
        [
            *(f"check:{key}" for key, c in facts.checks.items() if c.state_on(today) == "met"),
            *(f"question:{key}" for key, answer in facts.design.items() if answer.settled),
            *(
                f"criterion:{key}"
                for key, answer in facts.answers.items()
                if answer.verdict == "met"
                and answer.proof
                and (answer.valid_until is None or answer.valid_until >= today)
            ),
            *(f"criterion:{key}" for key in computed_met(document, facts)),
            *(f"mode:{key}" for key, risk in facts.risks.items() if risk.reassess_by >= today),
        ]
    )


def computed_met(document: Document, facts: Facts) -> list[str]:
    """The computed criteria, of whatever gate, whose metrics say that they are met."""
    return [
        criterion.key
        for criterion, _gate in document.placed_criteria
        if criterion.computed and judge(criterion, facts.measured_of(criterion.key))[0] == "met"
    ]


@dataclass(frozen=True, slots=True)
class ClauseCover:
    """A clause, and which of the items that show it hold."""

    clause: Clause
    shown: tuple[str, ...]

    @property
    def state(self) -> Literal["whole", "part", "none"]:
        if len(self.shown) == len(self.clause.shown_by):
            return "whole"
        return "part" if self.shown else "none"


def cover(framework: Framework, items: Collection[str]) -> tuple[ClauseCover, ...]:
    """Each clause of the framework with those of its items that are among these."""
    return tuple(
        ClauseCover(clause, tuple(item for item in clause.shown_by if item in items))
        for clause in framework.clauses
    )
