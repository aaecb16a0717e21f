"""Lists a page at a time, with how many there are in all."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, Self, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field, ValidationInfo, model_validator

from api.fields import InDigits

Shown = TypeVar("Shown")

MOST_ROWS = 200


class Asked(Schema):
    """Which page of how many rows. Far pages are slow, so a filter is the better way there."""

    page: Annotated[int, Field(ge=1, le=10_000), InDigits] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST_ROWS), InDigits] = 50

    @model_validator(mode="after")
    def nothing_misspelt(self, info: ValidationInfo) -> Self:
        """A filter with a slip in its name would narrow nothing, and nobody would notice."""
        request: HttpRequest = (info.context or {})["request"]
        unknown = {*request.GET} - {*type(self).model_fields}
        if unknown:
            raise ValueError(f"there is no parameter {', '.join(sorted(unknown))}")
        return self


Paged = Annotated[Asked, Query()]


class Page(Schema, Generic[Shown]):
    """``total`` counts the rows of all pages."""

    items: list[Shown]
    page: int
    page_size: int
    total: int


def page_of(rows: QuerySet[Any], asked: Asked, show: Callable[[Any], Shown]) -> dict[str, Any]:
    """The page of an ordered queryset that was asked for; beyond the last one it is empty."""
    first = (asked.page - 1) * asked.page_size
    return {
        "items": [show(row) for row in rows[first : first + asked.page_size]],
        "page": asked.page,
        "page_size": asked.page_size,
        "total": rows.count(),
    }
