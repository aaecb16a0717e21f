"""Who may open a page that is about nobody's initiative."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.models import User

View = Callable[..., HttpResponse]


def reader(request: HttpRequest) -> User:
    """The person who asks; for views that ask for a sign-in."""
    return cast(User, request.user)


def needs(permission: str) -> Callable[[View], View]:
    """Only for people with the permission; others get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not reader(request).may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
