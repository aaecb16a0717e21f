"""What the logs must not tell."""

import re
from typing import Any

from django.core.exceptions import PermissionDenied

# Whoever has one of these links gets in as the person it was made for.
SECRET = re.compile(r"(?<!\w)(/invitations/|/accounts/password/reset/key/)[^/?\s]+")


def no_trace_of_refusals(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: to be refused a page is an answer, not a fault with a traceback."""
    raised = event.get("exc_info")
    if isinstance(raised, tuple) and isinstance(raised[1], PermissionDenied):
        del event["exc_info"]
    return event


def mask_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: no secret of a link stays in a line."""
    return {
        name: SECRET.sub(r"\1***", value) if isinstance(value, str) else value
        for name, value in event.items()
    }
