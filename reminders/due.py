"""Who is to be told what today, read from rows in one query whatever the size of the portfolio."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from playbook.document import Document, ReminderStep
from playbook.models import PlaybookVersion
from reminders.models import Sending
from reminders.rules import RULES, Rule


class Owed(NamedTuple):
    """One row that one step of the ladder has reached, and that nobody claimed yet."""

    rule: str
    step: str
    playbook: int
    subject: int
    due: date
    reference: str
    name: str
    impact_class: str
    gate: int
    task: str
    person: int | None
    """Whom the audience means, where that is one person."""
    owner: int | None
    submitter: int | None
    """Who is not asked to act on it, where its page would refuse them."""


@dataclass(frozen=True)
class Window:
    """The days on which a step is the latest that an audience has reached."""

    step: ReminderStep
    until: int | None
    """Days from the due date at which this audience's next step takes over."""

    def bounds(self, today: date) -> dict[str, date]:
        """What the day must be that the step counts from, as filters."""
        found = {"counts_from__lte": today - timedelta(days=self.step.days)}
        if self.until is not None:
            found["counts_from__gt"] = today - timedelta(days=self.until)
        return found


def windows(steps: Iterable[ReminderStep]) -> Iterator[Window]:
    """Each step with its window: who was not told in time hears the latest step, not all."""
    steps = sorted(steps, key=lambda step: step.days)
    for index, step in enumerate(steps):
        later = (
            other.days
            for other in steps[index + 1 :]
            if (other.about, other.audience) == (step.about, step.audience)
        )
        yield Window(step, next(later, None))


def owed(*, today: date, versions: Sequence[PlaybookVersion]) -> list[Owed]:
    """Everything that is to be claimed today under these playbooks."""
    parts = [
        _part(version, window, today, person, when)
        for version in versions
        for window in windows(version.parsed.reminders)
        for person, when in _people(RULES[window.step.about], window.step)
    ]
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return [Owed(*row) for row in rows]


def _part(
    version: PlaybookVersion, window: Window, today: date, person: str | None, when: Q
) -> QuerySet[Any, Any]:
    step, document = window.step, version.parsed
    rule = RULES[step.about]
    initiative = f"{rule.rollout}initiative__"
    rows = _reached(rule, document, window, today).filter(**{f"{rule.rollout}playbook": version.pk})
    rows = rows.filter(when)
    if person:
        rows = rows.filter(**{f"{person}__is_active": True})
    told = Sending.objects.filter(
        rule=step.about, step=step.key, subject=OuterRef("pk"), due=OuterRef("due_on")
    )
    if person:
        told = told.filter(recipient=OuterRef(person))
    nobody = Cast(Value(None), BigIntegerField())  # a union takes the bare NULL for text
    columns: dict[str, Any] = {
        "rule": Value(step.about, output_field=CharField()),
        "step": Value(step.key, output_field=CharField()),
        "playbook": Value(version.pk, output_field=IntegerField()),
        "subject": F("pk"),
        "due": F("due_on"),
        "reference": F(f"{initiative}reference"),
        "name": F(f"{initiative}name"),
        "impact_class": F(f"{initiative}impact_class"),
        "gate": rule.gate,
        "task": rule.task,
        "person": F(f"{person}_id") if person else nobody,
        "owner": F(rule.barred[0]) if rule.barred else nobody,
        "submitter": F(rule.barred[1]) if rule.barred else nobody,
    }
    # The columns have names of their own beside the model's.
    named = {f"owed_{name}": columns[name] for name in Owed._fields}
    return rows.filter(~Exists(told)).annotate(**named).values_list(*named)


def _reached(rule: Rule, document: Document, window: Window, today: date) -> QuerySet[Any]:
    due = rule.due(document)
    rows = rule.alive().order_by().annotate(due_on=due)
    return rows.annotate(
        counts_from=rule.counts_from(document) if rule.counts_from else F("due_on")
    ).filter(rule.only.get(window.step.audience, Q()), **window.bounds(today))


def _people(rule: Rule, step: ReminderStep) -> list[tuple[str | None, Q]]:
    """The ways from a row to the one person whom the step's audience means, and when each holds."""
    initiative = f"{rule.rollout}initiative__"
    match step.audience:
        case "sponsor":
            return [(f"{initiative}sponsor", Q())]
        case "owner" if rule.reads is not None:
            return [(rule.owner, rule.reads), (f"{initiative}owner", ~rule.reads)]
        case "owner":
            return [(rule.owner, Q())]
        case "initiative_owner":
            owner = f"{initiative}owner"
            return [(owner, ~Q(**{rule.owner: F(owner)}))]
    return [(None, Q())]
