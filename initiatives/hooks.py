"""The hooks of the house: whoever keeps rows about an initiative hears of change and removal.

Apps above register a function once, in their ``ready()``; it is called inside the transaction of
the change. It is for derived rows only: a rule never hangs on it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

Listener = Callable[[Sequence[int], datetime], None]
RemovalListener = Callable[[Sequence[int]], None]

_listeners: list[Listener] = []
_figure_listeners: list[Listener] = []
_removal_listeners: list[RemovalListener] = []
_gathering: ContextVar[set[int] | None] = ContextVar("gathering", default=None)


def on_change(listener: Listener) -> None:
    """Have the function called with the ids of changed initiatives and the time."""
    if listener not in _listeners:
        _listeners.append(listener)


def on_figures(listener: Listener) -> None:
    """Have the function called with the ids of initiatives that figures came in for, and the time.

    They come by the thousand: it notes what is to be done, and something else does it soon.
    """
    if listener not in _figure_listeners:
        _figure_listeners.append(listener)


def on_removal(listener: RemovalListener) -> None:
    """Have the function called with the ids of initiatives that are about to be deleted."""
    if listener not in _removal_listeners:
        _removal_listeners.append(listener)


def removing(initiative_ids: Sequence[int]) -> None:
    """Tell of a deletion while the rows still stand, so that listeners can find their own."""
    for listener in _removal_listeners:
        listener(initiative_ids)


def changed(initiative_ids: Sequence[int], at: datetime) -> None:
    _tell(_listeners, initiative_ids, at)


def figures_came(initiative_ids: Sequence[int], at: datetime) -> None:
    _tell(_figure_listeners, initiative_ids, at)


def _tell(listeners: Sequence[Listener], initiative_ids: Sequence[int], at: datetime) -> None:
    gathering = _gathering.get()
    if gathering is not None:
        gathering.update(initiative_ids)
        return
    for listener in listeners:
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
