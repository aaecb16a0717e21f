"""One row of a review's task list, and the sections that the rows stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

from gates.blockers import check_state
from gates.case import Case
from initiatives.models import Evidence

# A finding's state -> the shape that it gets and its word.
STATES = {
    "met": ("met", "Met"),
    "not_met": ("not_met", "Not met"),
    "unknown": ("unknown", "Unknown"),
    "stale": ("stale", "Stale"),
    "waiting": ("todo", "Not yet"),
    "warning": ("warning", "Mind this"),
}
CHECK_STATES = {
    "unassigned": ("unassigned", "Unassigned"),
    "assigned": ("assigned", "Assigned"),
    "planned": ("planned", "Planned"),
    "met": ("met", "Met"),
    "lapsed": ("lapsed", "Lapsed"),
}
LATE = ("overdue", "Overdue")
WAITS = ("asked", "To be verified")


def check_mark(case: Case, key: str) -> tuple[str, str]:
    """The shape and the word for where an MVP check stands, or for what it waits for."""
    fact = case.facts.checks.get(key)
    if fact is not None and fact.status == "met" and not fact.verified:
        return WAITS
    if fact is not None and fact.overdue_on(case.facts.today):
        return LATE
    return CHECK_STATES[check_state(case, key)]


def spelled(minutes: int) -> str:
    """Minutes as people say them: hours from two hours on."""
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"


@dataclass(frozen=True)
class Task:
    """One row of the list: a requirement, or an area of the design assessment."""

    id: str
    title: str
    text: str
    status: str
    word: str
    who: str = ""
    waits_for: str = ""
    url: str = ""
    minutes: int = 0
    open: bool = False
    mine: bool = False
    needs: str = ""
    answer: str = ""
    said: str = ""
    evidence: Evidence | None = None
    reply: str = ""
    """What an objection was answered."""
    own: bool = False
    """Whether the reader's voice is in it."""
    confirms: str = ""
    """The MVP check that verified evidence is yet to be confirmed for, where the reader may."""
    parts: Sequence["Task"] = ()

    @property
    def held_by(self) -> str:
        """Whom it waits for: an objection not for whoever raised it but for who answers it."""
        return self.waits_for or self.who

    @property
    def effort(self) -> str:
        return spelled(self.minutes)


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    noun: str
    tasks: list[Task]
    states: str
    url: str = ""
    url_text: str = ""

    @property
    def open_tasks(self) -> list[Task]:
        return [task for task in self.tasks if task.open]

    @property
    def done_tasks(self) -> list[Task]:
        return [task for task in self.tasks if not task.open]

    @property
    def folds(self) -> bool:
        """Whether what is done is folded away: all the checks are too many to read past."""
        return self.key == "rung"

    @property
    def rows(self) -> list[Task]:
        """One task for each requirement, the questions of an area taken singly."""
        return [row for task in self.tasks for row in (task.parts or [task])]

    @property
    def met(self) -> int:
        return self.states.count("m")

    @property
    def excepted(self) -> int:
        """Criteria that are not met and that an exception excuses."""
        return self.states.count("e")

    @property
    def total(self) -> int:
        return len(self.states)
