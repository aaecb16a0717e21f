"""How a service refuses: with every reason, each naming what to do."""

from collections.abc import Iterable


class Refused(Exception):
    """The state does not allow it. ``reasons`` are sentences for the person who asked."""

    def __init__(self, reasons: str | Iterable[str]) -> None:
        self.reasons = [reasons] if isinstance(reasons, str) else list(reasons)
        super().__init__(" ".join(self.reasons))


class NotAllowed(Exception):
    """The person has no right to it, whatever the state."""
