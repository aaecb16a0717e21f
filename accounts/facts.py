"""Rows and persons as the facts of a gate need them: all in one query."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Expression, F, QuerySet, When
from django.db.models.functions import JSONObject

from accounts.models import Grant
from accounts.roles import PERMISSIONS, Permission


class Rows(ArraySubquery):
    """The rows of a queryset as an array in another query's row: with names, as JSON objects of
    these expressions; without, the one value that the queryset selects.

    The query that composes a case is the same for every rollout but for its narrowing. Django
    would put its SQL together anew each time, three times as long as PostgreSQL takes to plan and
    run it; so a subquery keeps its own.
    """

    kept: tuple[Any, str, tuple[Any, ...]] | None = None

    def __init__(self, queryset: QuerySet[Any, Any], /, **names: Any) -> None:
        super().__init__(queryset.values(json=JSONObject(**names)) if names else queryset)

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **kwargs: Any) -> Any:
        kept = self.kept
        if kept is None or kept[0] is not self.query:  # a copy under another alias is another query
            sql, parameters = super().as_sql(compiler, connection, *args, **kwargs)
            kept = self.kept = (self.query, sql, tuple(parameters))
        return kept[1:]


def person(prefix: str) -> Expression:
    """The person behind a foreign key as ``{"id", "label"}``; null where nobody is."""
    return Case(
        When(
            **{f"{prefix}__isnull": False},
            then=JSONObject(id=F(f"{prefix}_id"), label=F(f"{prefix}__name")),
        ),
        default=None,
    )


def deciders_everywhere() -> Rows:
    """Every active person who may decide at any gate."""
    roles = [role for role, held in PERMISSIONS.items() if Permission.DECIDE_ALL in held]
    return Rows(
        Grant.objects.filter(role__in=roles, user__is_active=True).order_by(
            "user__name", "user_id"
        ),
        id=F("user_id"),
        label=F("user__name"),
    )
