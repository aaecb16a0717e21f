"""The servers from wheels: shared by everyone who needs them, and gone after the last one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from config import embedded
with embedded.servers(Path(sys.argv[1]), throwaway=True):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    # Not tmp_path: each pytest that starts closes its folder to PostgreSQL's user, were we root.
    with tempfile.TemporaryDirectory() as folder:
        # Deeper than the 107 bytes that a socket's path may have.
        path = Path(folder) / ("d" * 60) / ("e" * 60)
        yield path
        with embedded.servers(path):
            pass  # the last one out stops what a failed test has left


@contextmanager
def another_process(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Somebody else who holds the servers, as `make run` does while a manage.py command runs."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def answers(data: Path) -> tuple[bool, bool]:
    database = cache = False
    with suppress(psycopg.OperationalError):
        psycopg.connect(embedded.database_url(data)).close()
        database = True
    with suppress(redis.ConnectionError), redis.Redis.from_url(embedded.redis_url(data)) as client:
        cache = bool(client.ping())
    return database, cache


def test_the_last_one_out_stops_the_servers(data: Path) -> None:
    with another_process(data):
        first = postmaster(data)
        with embedded.servers(data):
            assert postmaster(data) == first
        assert answers(data) == (True, True)
    assert answers(data) == (False, False)
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_records_outlive_a_restart(data: Path) -> None:
    for _ in range(2):
        with embedded.servers(data), psycopg.connect(embedded.database_url(data)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz DEFAULT now())")
            connection.execute("INSERT INTO visit DEFAULT VALUES")
            visits = connection.execute("SELECT count(*) FROM visit").fetchone()
    assert visits == (2,)


def test_servers_of_a_killed_run_are_taken_over_and_stopped(data: Path) -> None:
    with another_process(data) as killed:
        killed.kill()
    assert answers(data) == (True, True)
    with embedded.servers(data):
        pass
    assert answers(data) == (False, False)


def test_a_stale_process_id_of_somebody_else_does_not_stop_a_start(data: Path) -> None:
    with another_process(data) as killed:
        killed.kill()
    pid_file = data / "postgres" / "postmaster.pid"
    server = psutil.Process(postmaster(data))
    server.kill()
    psutil.wait_procs([server], timeout=5)
    pid_file.write_text(pid_file.read_text().replace(str(server.pid), str(os.getpid()), 1))
    with embedded.servers(data):
        assert answers(data) == (True, True)


def test_named_servers_are_left_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with embedded.servers(data):
        assert not data.exists()
