"""Persons as gates need them: an id and a name, in the same query as everything else."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Expression, F, When
from django.db.models.functions import JSONObject

from accounts.models import Grant
from accounts.roles import PERMISSIONS, Permission


def person(prefix: str) -> Expression:
    """The person behind a foreign key as ``{"id", "label"}``; null where nobody is."""
    return Case(
        When(
            **{f"{prefix}__isnull": False},
            then=JSONObject(id=F(f"{prefix}_id"), label=F(f"{prefix}__name")),
        ),
        default=None,
    )


def deciders_everywhere() -> ArraySubquery:
    """Every active person who may decide at any gate."""
    roles = [role for role, held in PERMISSIONS.items() if Permission.DECIDE_ALL in held]
    return ArraySubquery(
        Grant.objects.filter(role__in=roles, user__is_active=True)
        .order_by("user__name", "user_id")
        .values(json=JSONObject(id=F("user_id"), label=F("user__name")))
    )
