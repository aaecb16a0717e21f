"""A Celery worker as `make run` starts it, on a test's database, to be killed while it works."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from config.celery import app
from config.env import BASE_DIR
from config.run import COMMANDS
from tests.together import DEADLINE_SECONDS


@pytest.fixture
def queue() -> Iterator[None]:
    """A real queue, empty before and after."""
    app.conf.task_always_eager = False
    app.control.purge()
    yield
    app.control.purge()
    app.conf.task_always_eager = True


def environment(**settings: str) -> dict[str, str]:
    """What a process of the product's own is told to join this one's database."""
    known = connection.get_connection_params()
    named = ("dbname", "user", "password", "host", "port")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": make_conninfo(**{name: known[name] for name in named if known.get(name)}),
        "CLEARWAY_DEMO": "0",
        **settings,
    }


@contextmanager
def worker(log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that writes to the log, with what the environment says besides the database."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            COMMANDS["worker"],
            cwd=BASE_DIR,
            env=environment(**settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker and its children at once, with no time to tidy up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=DEADLINE_SECONDS)
