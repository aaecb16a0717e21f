"""The API itself: its operations, and their addresses behind the door."""

from django.urls import URLPattern, path
from django.urls.resolvers import RoutePattern
from ninja import NinjaAPI

from api.document import document
from api.entrance import guarded
from api.problems import answer_problems
from api.resources import (
    checklists,
    decisions,
    evidence,
    initiatives,
    metrics,
    observations,
    people,
    reviews,
    risks,
)

api = NinjaAPI(title="Clearway", version="1", openapi_url=None, docs_url=None)
answer_problems(api)
for module in (
    initiatives,
    people,
    checklists,
    evidence,
    risks,
    metrics,
    observations,
    reviews,
    decisions,
):
    api.add_router("", module.router, tags=[module.__name__.rpartition(".")[2]])


def addresses() -> list[URLPattern]:
    """One address for each operation's name, each behind the door; and the document's, which
    anybody may read."""
    found = [path("openapi.json", document(api), name="openapi")]
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            route = pattern.pattern
            assert isinstance(route, RoutePattern)
            found.append(path(str(route), guarded(pattern.callback), name=pattern.name))
    return found
