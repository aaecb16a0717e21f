"""What was agreed to be let through for a time, as pages and the history name it."""

from collections.abc import Iterator
from dataclasses import dataclass

from gates.case import Case
from playbook.document import Document
from playbook.facts import ExceptionFact


@dataclass(frozen=True)
class Excepted:
    """An approved exception by its criterion's name; ``counts`` until its day is over."""

    name: str
    exception: ExceptionFact
    counts: bool


def excepted(case: Case) -> Iterator[Excepted]:
    for key, exception in case.facts.exceptions.items():
        counts = exception.counts_on(case.facts.today)
        yield Excepted(criterion_name(case.document, key), exception, counts)


def criterion_name(document: Document, key: str) -> str:
    """What the criterion is called; its key in words where the playbook no longer asks it."""
    try:
        return document.criterion(key).name
    except KeyError:
        return key.replace("_", " ").capitalize()
