"""`make run`'s supervisor, started for real on a free port and stopped as people stop it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from config import embedded
from config.processes import Processes
from tests.plugins.servers import MIGRATED, take_over
from tests.together import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90  # a cluster is created and migrated on a machine that may be busy
STOP_SECONDS = 10


class Run:
    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / "run.log"
        environment = {
            **{name: text for name, text in os.environ.items() if not name.endswith("_URL")},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "CLEARWAY_DATA_DIR": str(data),
            "CLEARWAY_DEMO": "0",
            "PORT": str(self.port),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "Clearway is ready" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.2)

    def family(self) -> list[psutil.Process]:
        """The supervisor, its children, and the servers that were detached from it."""
        leader = psutil.Process(self.process.pid)
        servers = [
            process
            for process in psutil.process_iter(["ppid", "cmdline"])
            if process.info["ppid"] == 1
            and str(self.data) in " ".join(process.info["cmdline"] or ())
        ]
        return [leader, *leader.children(recursive=True), *servers]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """Where all these starts keep their database: the first of them creates and migrates it,
    unless it was migrated for all tests."""
    # Not tmp_path: each pytest that starts closes its folder to PostgreSQL's user, were we root.
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        if migrated := os.environ.get(MIGRATED):
            take_over(Path(migrated), data)
        yield data


@pytest.fixture
def run(data: Path) -> Iterator[Run]:
    run = Run(data)
    yield run
    if run.process.poll() is None:
        run.process.kill()
        run.process.wait()
    Processes(run.data / "processes.json").stop_leftovers()
    with embedded.servers(run.data):
        pass  # the last one out stops what a failed test has left


def is_gone(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def remaining(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are still there. A server takes its pid file away a moment before it ends."""
    deadline = time.monotonic() + 2
    while (left := [process for process in processes if not is_gone(process)]) and (
        time.monotonic() < deadline
    ):
        psutil.wait_procs(left, timeout=0.1)
    return left


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_everything_starts_and_everything_stops(run: Run, stop: signal.Signals) -> None:
    run.wait_until_ready()
    with urllib.request.urlopen(f"{run.url}/health/ready") as answer:
        assert answer.status == 200
    family = run.family()
    commands = " ".join(" ".join(process.cmdline()) for process in family if not is_gone(process))
    assert all(name in commands for name in ("gunicorn", "worker", "beat", "postgres"))

    os.killpg(run.process.pid, stop)

    assert run.process.wait(STOP_SECONDS) == 0
    assert remaining(family) == []


def test_a_start_after_a_kill_takes_away_what_was_left(run: Run) -> None:
    run.wait_until_ready()
    orphans = run.family()[1:]
    run.process.kill()
    run.process.wait()
    assert not all(is_gone(process) for process in orphans)

    again = Run(run.data)
    again.wait_until_ready()
    os.killpg(again.process.pid, signal.SIGINT)

    assert again.process.wait(STOP_SECONDS) == 0
    assert remaining(orphans) == []


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "config.run"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "CLEARWAY_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken. Choose another: PORT={port + 1} make run" in done.stderr
