"""The one hook of the house: whoever keeps a summary of an initiative hears of every change.

Apps above register a function once, in their ``ready()``; ``services.conclude`` calls it inside
the transaction of the change. It is for derived rows only: a rule never hangs on it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

Listener = Callable[[Sequence[int], datetime], None]

_listeners: list[Listener] = []


def on_change(listener: Listener) -> None:
    """Have the function called with the ids of changed initiatives and the time."""
    if listener not in _listeners:
        _listeners.append(listener)


def changed(initiative_ids: Sequence[int], at: datetime) -> None:
    for listener in _listeners:
        listener(initiative_ids, at)
