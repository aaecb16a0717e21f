"""Whom django-axes counts failed sign-ins for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The e-mail address tried, in one spelling: allauth's credentials, or the form as sent."""
    tried = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(tried).strip().lower()
