"""How many initiatives there are of each kind, in one pass over the portfolio."""

from django.db.models import Count, Q
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import Permission
from portfolio.filters import Filters
from portfolio.keeping import kept

# The views of the table: key, name, what it narrows to.
VIEWS: tuple[tuple[str, str, Filters], ...] = (
    ("all", "All live", Filters()),
    ("owned", "With an owner", Filters(owner="set")),
    ("stalled", "Stalled", Filters(labels=("stalled",))),
    ("extended", "Extended pilots", Filters(labels=("extended_pilot",))),
    ("handoff", "Handoff risk", Filters(labels=("handoff_risk",))),
    ("learning", "Learning exercises", Filters(labels=("learning_exercise",))),
    ("proving", "Proving queue", Filters(labels=("claimed",), owner="none")),
)


def _condition(view: Filters) -> Q:
    condition = Q(standing__labels__contains=list(view.labels)) if view.labels else Q()
    if view.owner:
        condition &= Q(initiative__owner__isnull=view.owner == "none")
    return condition


def view_counts(request: HttpRequest, reader: User) -> dict[str, int]:
    """How many initiatives each view of the table holds for this reader."""

    def count() -> dict[str, int]:
        return (
            Filters()
            .rollouts(reader)
            .aggregate(**{key: Count("pk", filter=_condition(view)) for key, _name, view in VIEWS})
        )

    if reader.may(Permission.SEE_ALL):
        return kept(request, "views", count)
    return count()
