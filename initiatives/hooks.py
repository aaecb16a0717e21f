"""The one hook of the house: whoever keeps a summary of an initiative hears of every change.

Apps above register a function once, in their ``ready()``; ``services.conclude`` calls it inside
the transaction of the change. It is for derived rows only: a rule never hangs on it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

Listener = Callable[[Sequence[int], datetime], None]

_listeners: list[Listener] = []
_gathering: ContextVar[set[int] | None] = ContextVar("gathering", default=None)


def on_change(listener: Listener) -> None:
    """Have the function called with the ids of changed initiatives and the time."""
    if listener not in _listeners:
        _listeners.append(listener)


def changed(initiative_ids: Sequence[int], at: datetime) -> None:
    gathering = _gathering.get()
    if gathering is not None:
        gathering.update(initiative_ids)
        return
    for listener in _listeners:
        listener(initiative_ids, at)


@contextmanager
def gathered(at: datetime) -> Iterator[None]:
    """Tell of all changes within once, at the end: for one act on many initiatives.

    Stands inside the transaction of the act; when that fails, nobody is told anything.
    """
    ids: set[int] = set()
    token = _gathering.set(ids)
    try:
        yield
    finally:
        _gathering.reset(token)
    if ids:
        changed(sorted(ids), at)
