"""Frameworks that others publish, and which items of the playbook show what their clauses ask."""

from datetime import date

from pydantic import Field

from playbook.parts import Key, Line, Part


class Clause(Part):
    """One clause by its number, what it asks in our words, and the items whose evidence shows it.

    An item is named by kind and key: ``check:data_pipeline``, ``question:data_needed``,
    ``criterion:security_assessed``, ``mode:governance``.
    """

    code: Line
    says: Line
    shown_by: tuple[Line, ...] = Field(min_length=1)


class Framework(Part):
    key: Key
    name: Line
    edition: Line
    source: Line
    published: date
    clauses: tuple[Clause, ...] = Field(min_length=1)
