"""What each column of a file means, as data: a preset, a mapping file, or the wizard's answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as MappingOf
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from portfolio.importing.fields import FIELDS, Kind
from portfolio.importing.parsing import fold
from portfolio.importing.sheet import Sheet

# What a value becomes when its rows are not to be imported.
LEAVE_OUT = "leave_out"
PRESETS = Path(__file__).resolve().parent.parent / "presets"


class MappingError(Exception):
    """The mapping cannot be used, or does not fit the file; the message names the fix."""


class Column(BaseModel):
    """One column: what it becomes and how it is found.

    `heading` finds it; where headings repeat, `position` (the first column is 1) says which one.
    `values` says what each text of a choice becomes; an empty text stands for blank cells, and
    `leave_out` keeps the rows with a text out of the import.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    heading: str = ""
    position: int | None = Field(default=None, ge=1)
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.field not in FIELDS:
            raise ValueError(f"“{self.field}” is no field. Use one of {', '.join(FIELDS)}.")
        if not self.heading and self.position is None:
            raise ValueError(f"Column for {self.field}: give its heading or its position.")
        choices = FIELDS[self.field].choices
        if self.values and choices is None:
            raise ValueError(f"Column for {self.field}: only choices take values.")
        for text, choice in self.values.items():
            if choice not in (choices or {}) and choice != LEAVE_OUT:
                raise ValueError(
                    f"Column for {self.field}: “{text}” cannot become “{choice}”. "
                    f"Use one of {', '.join(choices or {})}, {LEAVE_OUT}."
                )
        return self

    @cached_property
    def folded_values(self) -> dict[str, str]:
        """Every known spelling: the mapping's own, then the choices' keys and labels."""
        own = FIELDS[self.field]
        known = {fold(str(label)): key for key, label in (own.choices or {}).items()}
        known |= {fold(key): key for key in own.choices or {}}
        known.setdefault("", own.default)
        return known | {fold(text): choice for text, choice in self.values.items()}


class Mapping(BaseModel):
    """A whole mapping. `key` names the fields that together tell one initiative from another;
    `tell_apart` is the text that helps where several rows share a key. `constants` fill fields
    that the file has no column for. `date_order` reads 3/4/2024 as 4 March (`mdy`) or 3 April.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    key: tuple[str, ...] = ("unit", "subunit", "name")
    tell_apart: str = "benefit"
    date_order: Literal["mdy", "dmy"] = "mdy"
    constants: dict[str, str] = Field(default_factory=dict)
    columns: tuple[Column, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        named = [column.field for column in self.columns]
        for key in named:
            if named.count(key) > 1:
                raise ValueError(f"Two columns become {key}. Keep one of them.")
        given = {*named, *(key for key, text in self.constants.items() if fold(text))}
        for key, field in FIELDS.items():
            if field.required and key not in given:
                raise ValueError(f"No column becomes “{field.label}”. Choose one.")
        for key in (*self.constants, *self.key, self.tell_apart):
            if key and key not in FIELDS:
                raise ValueError(f"“{key}” is no field. Use one of {', '.join(FIELDS)}.")
        if "name" not in self.key:
            raise ValueError("The key must hold the name.")
        return self

    def positions(self, sheet: Sheet) -> dict[str, int]:
        """Where each field's column is in the sheet, from 0. Raises `MappingError`."""
        found = {column.field: _position(column, sheet.headings) for column in self.columns}
        taken: dict[int, str] = {}
        for field, position in found.items():
            if position in taken:
                raise MappingError(
                    f"{_place(position)} would become both {taken[position]} and {field}. "
                    "Choose one of them."
                )
            taken[position] = field
        return found

    def column(self, field: str) -> Column | None:
        return next((column for column in self.columns if column.field == field), None)


def _position(column: Column, headings: tuple[str, ...]) -> int:
    at = None if column.position is None else column.position - 1
    if not column.heading:
        if at is not None and at < len(headings):
            return at
        raise MappingError(f"The file has no column {column.position} for {column.field}.")
    wanted = fold(column.heading)
    matches = [i for i, heading in enumerate(headings) if fold(heading) == wanted]
    if at in matches:
        assert at is not None
        return at
    if len(matches) == 1:
        return matches[0]
    if not matches:
        first = next((heading for heading in headings if heading), "")
        raise MappingError(
            f"The file has no column “{column.heading}” for {column.field}; its first heading is "
            f"“{first[:60]}”. Choose another mapping, or name the column in it."
        )
    places = ", ".join(letters(i) for i in matches)
    raise MappingError(
        f"The heading “{column.heading}” stands over columns {places}. "
        f"Say which one becomes {column.field} by its position."
    )


def _place(position: int) -> str:
    return f"Column {letters(position)}"


def letters(position: int) -> str:
    """A column's name in the spreadsheet: 0 is A, 26 is AA."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name


def presets() -> dict[str, str]:
    """Names and titles of the presets that come with Clearway."""
    return {
        path.stem: load_file(path).title or path.stem for path in sorted(PRESETS.glob("*.toml"))
    }


def load_preset(name: str) -> Mapping:
    """Raises `MappingError` for an unknown name."""
    path = PRESETS / f"{name}.toml"
    if path not in PRESETS.glob("*.toml"):
        raise MappingError(f"There is no preset “{name}”. There is {', '.join(presets())}.")
    return load_file(path)


def load_file(path: Path) -> Mapping:
    """A mapping from a TOML file. Raises `MappingError`."""
    try:
        return load_data(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"The mapping file {path.name} cannot be read: {error}.") from error


def load_data(data: MappingOf[str, object]) -> Mapping:
    """A mapping from plain data. Raises `MappingError` with every fault found."""
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(_fault(dict(each)) for each in error.errors())
        raise MappingError(f"The mapping is not sound: {faults}") from error


def _fault(each: MappingOf[str, object]) -> str:
    message = str(each["msg"]).removeprefix("Value error, ")
    where = ".".join(str(part) for part in each["loc"])  # type: ignore[attr-defined]
    return f"{where}: {message}" if where else message


CHOICE_FIELDS = tuple(key for key, field in FIELDS.items() if field.kind is Kind.CHOICE)
