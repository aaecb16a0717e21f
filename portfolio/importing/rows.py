"""One row of a sheet, read by a mapping."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from portfolio.importing.fields import FIELDS, Kind, Value
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
from portfolio.importing.sheet import Row, Sheet, blank

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
    positions = mapping.positions(sheet)
    return [_read(row, sheet, mapping, positions, people or {}) for row in sheet.rows]


def digest(cells: tuple[str, ...]) -> str:
    """The same for two rows that differ only in spacing, unseen characters or empty columns."""
    text = _BETWEEN.join("" if blank(cell) else collapse(cell) for cell in cells)
    return hashlib.sha256(text.rstrip(_BETWEEN).encode()).hexdigest()


def key_of(fields: tuple[str, ...], values: MappingOf[str, Value]) -> str:
    return _BETWEEN.join(fold(str(values.get(field) or "")) for field in fields)


def _read(
    row: Row,
    sheet: Sheet,
    mapping: Mapping,
    positions: MappingOf[str, int],
    people: MappingOf[str, str],
) -> ReadRow:
    values: dict[str, Value] = {}
    problems: list[Remark] = []
    doubts: list[Remark] = []
    if row.fault:
        problems.append(Remark(column="", value="", why=row.fault))
    for key, field in FIELDS.items():
        at = positions.get(key)
        text = row.cells[at] if at is not None else mapping.constants.get(key, "")
        heading = (sheet.headings[at] if at is not None else "") or str(field.label)
        try:
            if field.kind is Kind.CHOICE:
                values[key] = _choice(mapping, key, text)
            elif field.kind is Kind.PERSON:
                values[key] = _person(text, people, taken=values.get("owner"))
            else:
                values[key] = parse(field, text, date_order=mapping.date_order)
            if field.required and not values[key]:
                raise UnusableError("It is empty. Fill it in, or leave the row out.")
        except UnusableError as error:
            values.setdefault(key, None)
            problems.append(Remark(heading, shorten(text), str(error)))
        except DoubtfulError as doubt:
            values[key] = None
            doubts.append(Remark(heading, shorten(text), str(doubt)))
    stage_at = positions.get("stage")
    return ReadRow(
        number=row.number,
        cells=row.cells,
        digest=digest(row.cells),
        key=key_of(mapping.key, values),
        apart=fold(str(values.get(mapping.tell_apart) or "")),
        words=collapse(row.cells[stage_at])[:200] if stage_at is not None else "",
        values=values,
        problems=tuple(problems),
        doubts=tuple(doubts),
        left_out=LEAVE_OUT in (values[key] for key in CHOICE_FIELDS),
    )


def _choice(mapping: Mapping, key: str, text: str) -> str:
    column = mapping.column(key)
    if column is None:
        return fold(text) or FIELDS[key].default
    found = column.folded_values.get(fold(text))
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
