"""The OpenAPI document: what django-ninja derives from the operations, and what all of them share.

It is served as a file. A page that draws it would come from somebody else's server, which the
content security policy forbids; docs/api.md is the page.
"""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.openapi.schema import get_schema

from api.entrance import KEY_HEADER, KEY_LENGTH
from api.problems import KINDS, MEDIA_TYPE, Problem

ROOT = "api/v1/"
ABOUT = (
    "What the pages read and write, by the same services and permissions. A token may prepare and "
    "never sign, verify or decide. Refusals are problem details with every reason."
)
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "Made under Profile, Tokens."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The browser's own session; changes need the X-CSRFToken header.",
    },
}
READ = (400, 401, 403, 404, 422)
CHANGED = (*READ, 409, 413, 415)
IDEMPOTENCY = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "description": "For a day, a repeated request with this key is answered as it was at first, "
    "and changes nothing.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": KEY_LENGTH,
        "pattern": "^[!-~]+$",
    },
}


def described(api: NinjaAPI) -> dict[str, Any]:
    """The whole document."""
    described: dict[str, Any] = get_schema(api, path_prefix=ROOT)
    described["info"]["description"] = ABOUT
    described["security"] = [{name: []} for name in SCHEMES]
    described["components"]["securitySchemes"] = SCHEMES
    described["components"]["schemas"]["Problem"] = Problem.json_schema()
    for methods in described["paths"].values():
        for method, operation in methods.items():
            _complete(method, operation)
    return described


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add what every operation may answer, and the key that every POST may carry."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in READ if method == "get" else CHANGED:
        operation["responses"][status] = {"description": KINDS[status][1], "content": content}
    if method == "post":
        operation["parameters"] = [*operation.get("parameters", []), IDEMPOTENCY]


def document(api: NinjaAPI) -> Any:
    """The view that answers the document; it is made once."""
    made = cache(lambda: described(api))

    @login_not_required
    @require_safe
    def openapi(_request: HttpRequest) -> HttpResponse:
        return JsonResponse(made())

    return openapi
