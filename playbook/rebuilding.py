"""Plain data back into the frozen records that it was written from."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]


def build(kind: type, data: Mapping[str, Any], **more: Any) -> Any:
    """A record of the dataclass from what its plain form holds, and ``more`` besides.

    What the data does not hold takes its default, and what the record does not know is left
    out: records grow. Raises TypeError when a value without a default is missing, ValueError or
    AttributeError when one is of another shape.
    """
    readers = _readers(kind)
    known = {name: readers[name](value) for name, value in data.items() if name in readers}
    return kind(**{**known, **more})


@cache
def _readers(kind: type) -> dict[str, Reader]:
    hints = get_type_hints(kind)
    return {each.name: _reader(hints[each.name]) for each in fields(kind)}


def _reader(kind: Any) -> Reader:
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        read = _reader(next(each for each in inside if each is not type(None)))
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        read = _reader(inside[0])
        return lambda value: tuple(read(each) for each in value)
    if origin is frozenset:
        return frozenset
    if origin is Mapping:
        read = _reader(inside[1])
        return lambda value: {key: read(each) for key, each in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return lambda value: build(kind, value)
    if kind is date:
        return date.fromisoformat
    return lambda value: value
