"""The kinds of values that requests carry, as strict as their description in the document."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any

from ninja import Path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from metrics.observations import LARGEST

# Control characters stand in no text: nobody sees them, and PostgreSQL takes no NUL.
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
WRITTEN = (
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*"
    r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
    r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
)
DAY = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
DIGITS = re.compile(r"[0-9]{1,15}")
MOMENT = (
    r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"(Z|[+-][01][0-9]:[0-5][0-9])$"
)
MOST = 2_147_483_647


class Body(BaseModel):
    """What a request says. Nothing is converted, and nothing unknown is passed over.

    No Schema of ninja's: that one is made to read rows, and where nothing unknown is allowed it
    validates everything twice at each level.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


class OneOf:
    """One of the keys that the house knows, whichever these are."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = list(keys)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.literal_schema(self.keys)


def left_out(kind: Callable[[], Any] = str) -> Any:
    """The default of what may be left out and is never null; an empty value of its kind."""
    return Field(default_factory=kind)


def _day(value: Any) -> Any:
    if isinstance(value, str):
        if not re.match(DAY, value):
            raise ValueError("give a day of this century such as 2026-12-04")
        return date.fromisoformat(value)
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        if not re.match(MOMENT, value):
            raise ValueError("give a moment with its zone such as 2026-12-04T09:30:00Z")
        return datetime.fromisoformat(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise ValueError("give a whole number")
    return value


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 3.0 is as whole as 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)
# As long as the request may be, like the pages' own.
Text = Annotated[str, StringConstraints(pattern=TEXT)]
Written = Annotated[str, StringConstraints(pattern=WRITTEN)]
Line = Annotated[str, StringConstraints(pattern=TEXT, max_length=200)]
Named = Annotated[str, StringConstraints(pattern=WRITTEN, max_length=200)]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY}),
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": MOMENT}),
]
Figure = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Id = Annotated[int, Field(ge=1, le=MOST), Whole]
Degree = Annotated[int, Field(ge=1, le=5), Whole]

# In addresses everything is text.
Reference = Annotated[str, Path(pattern=r"^[Aa][Ii]-[0-9]{4,9}$", examples=["AI-0042"])]
Key = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,60}$")]
RowId = Annotated[int, Path(ge=1, le=MOST), BeforeValidator(_number)]
InDigits = BeforeValidator(_number)
