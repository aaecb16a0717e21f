"""Whom, and from where, django-axes counts failed sign-ins for."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The e-mail address tried, in one spelling: allauth's credentials, or the form as sent."""
    tried = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(tried).strip().lower()


def address(request: HttpRequest) -> str | None:
    """The address that the outermost proxy of ours saw, or the one that connected."""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:  # allauth's answer to a connection without one: a Unix socket
        return None
