"""One row of a sheet, read by a mapping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from portfolio.importing.fields import FIELDS, Field, Kind, Value
from portfolio.importing.mapping import CHOICE_FIELDS, LEAVE_OUT, Mapping
from portfolio.importing.parsing import (
    NOTHING,
    DoubtfulError,
    Remark,
    UnusableError,
    collapse,
    fold,
    parse,
)
from portfolio.importing.sheet import Row, Sheet

_BETWEEN = "\x1f"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row's values and remarks. `digest` covers every cell, mapped or not.

    `key` is folded, so that case and spacing do not tell two initiatives apart; `apart` is the
    folded text that helps where several rows share the key. `words` is what the stage said.
    """

    number: int
    cells: tuple[str, ...]
    digest: str
    key: str
    apart: str
    words: str
    values: MappingOf[str, Value]
    problems: tuple[Remark, ...] = ()
    doubts: tuple[Remark, ...] = ()
    left_out: bool = False


def read_rows(
    sheet: Sheet, mapping: Mapping, people: MappingOf[str, str] | None = None
) -> list[ReadRow]:
    """Every row with its values. Raises `MappingError` when the mapping does not fit the sheet.

    `people` gives the e-mail address for every folded address and name that stands for somebody.
    """
    reader = _Reader(sheet, mapping, people or {})
    return [reader.read(row) for row in sheet.rows]


def digest(cells: tuple[str, ...]) -> str:
    """The same for two rows that differ only in spacing, unseen characters or empty columns."""
    text = _BETWEEN.join([collapse(cell) if cell else "" for cell in cells])
    return hashlib.sha256(text.rstrip(_BETWEEN).encode()).hexdigest()


def key_of(fields: tuple[str, ...], values: MappingOf[str, Value]) -> str:
    return _BETWEEN.join(fold(str(values.get(field) or "")) for field in fields)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a field's text comes from; `choices` are a choice's folded texts."""

    key: str
    field: Field
    at: int
    heading: str
    choices: MappingOf[str, str]


class _Reader:
    def __init__(self, sheet: Sheet, mapping: Mapping, people: MappingOf[str, str]) -> None:
        positions = mapping.positions(sheet)
        self.mapping, self.people = mapping, people
        self.stage_at = positions.get("stage")
        self.sources = [
            _Source(
                key=key,
                field=field,
                at=positions[key],
                heading=sheet.headings[positions[key]] or str(field.label),
                choices=column.folded_values if (column := mapping.column(key)) else {},
            )
            for key, field in FIELDS.items()
            if key in positions
        ]
        # Fields without a column have the same value in every row.
        self.same, self.same_problems, self.same_doubts = self._values(
            [
                (_Source(key, field, -1, str(field.label), {}), mapping.constants.get(key, ""))
                for key, field in FIELDS.items()
                if key not in positions
            ],
            {},
        )

    def read(self, row: Row) -> ReadRow:
        cells = [(source, row.cells[source.at]) for source in self.sources]
        values, problems, doubts = self._values(cells, self.same)
        if row.fault:
            problems.insert(0, Remark(column="", value="", why=row.fault))
        return ReadRow(
            number=row.number,
            cells=row.cells,
            digest=digest(row.cells),
            key=key_of(self.mapping.key, values),
            apart=fold(str(values.get(self.mapping.tell_apart) or "")),
            words=collapse(row.cells[self.stage_at])[:200] if self.stage_at is not None else "",
            values=values,
            problems=(*self.same_problems, *problems),
            doubts=(*self.same_doubts, *doubts),
            left_out=LEAVE_OUT in (values[key] for key in CHOICE_FIELDS),
        )

    def _values(
        self, cells: Iterable[tuple[_Source, str]], before: MappingOf[str, Value]
    ) -> tuple[dict[str, Value], list[Remark], list[Remark]]:
        values = dict(before)
        problems: list[Remark] = []
        doubts: list[Remark] = []
        for source, text in cells:
            value: Value = None
            try:
                value = self._value(source, text, taken=values.get("owner"))
                if source.field.required and not value:
                    raise UnusableError("It is empty. Fill it in, or leave the row out.")
            except UnusableError as error:
                problems.append(Remark(source.heading, shorten(text), str(error)))
            except DoubtfulError as doubt:
                doubts.append(Remark(source.heading, shorten(text), str(doubt)))
            values[source.key] = value
        return values, problems, doubts

    def _value(self, source: _Source, text: str, *, taken: Value) -> Value:
        kind = source.field.kind
        if kind is Kind.CHOICE:
            return _choice(source, text)
        if kind is Kind.PERSON:
            return _person(text, self.people, taken=taken)
        return parse(source.field, text, date_order=self.mapping.date_order)


def _choice(source: _Source, text: str) -> str:
    if source.at < 0:
        return fold(text) or source.field.default
    found = source.choices.get(fold(text))
    if found is None:
        raise UnusableError("Nothing says what this value becomes. Choose it among the values.")
    return found


def _person(text: str, people: MappingOf[str, str], *, taken: Value) -> str | None:
    if fold(text) in NOTHING:
        return None
    email = people.get(fold(text))
    if email is None:
        raise DoubtfulError(
            "Nobody here has this address or name; left empty. Invite them, then import again."
        )
    if email == taken:
        raise DoubtfulError("One person cannot both own and sponsor; no sponsor is set.")
    return email


def shorten(text: str, limit: int = 80) -> str:
    """A value for showing: long ones give their length instead."""
    shown = collapse(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 20]}… ({len(shown):,} characters)"
