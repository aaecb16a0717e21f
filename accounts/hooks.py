"""The hook of accounts: whoever keeps what somebody's rights imply hears when they change.

Apps above register a function once, in their ``ready()``; it is called inside the transaction of
the change. It is for derived rows only: a rule never hangs on it.
"""

from collections.abc import Callable
from datetime import datetime

Listener = Callable[[datetime], None]

_listeners: list[Listener] = []


def on_rights_change(listener: Listener) -> None:
    """Have the function called with the time when somebody's roles change or somebody leaves."""
    if listener not in _listeners:
        _listeners.append(listener)


def rights_changed(at: datetime) -> None:
    for listener in _listeners:
        listener(at)
