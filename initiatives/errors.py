"""How a service refuses. The whole house refuses in the same two ways."""

from accounts.errors import NotAllowed, Refused

__all__ = ["NotAllowed", "Refused"]
