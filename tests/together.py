"""Doing things at the same time, and waiting for what others do."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import connection

DEADLINE_SECONDS = 60


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.socket() as knock:
        knock.bind(("127.0.0.1", 0))
        return int(knock.getsockname()[1])


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Call all of them in threads of their own; the result or the exception of each, in order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=DEADLINE_SECONDS)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        return list(pool.map(run, calls, timeout=DEADLINE_SECONDS))


class Meeting:
    """A point in the code under test at which threads wait for each other, for a moment.

    Where a lock keeps all but one away, the one goes on alone after that moment.
    """

    def __init__(self, parties: int, patience_seconds: float = 0.5) -> None:
        self._barrier = threading.Barrier(parties)
        self._patience = patience_seconds

    def wait(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(timeout=self._patience)


def eventually(condition: Callable[[], Any], what: str) -> None:
    """Wait until the condition holds; fail after a minute, naming what did not happen."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS} s: {what}"
        time.sleep(0.02)
