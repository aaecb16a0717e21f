"""Child processes that stop together, and those that an earlier, killed run has left behind."""

import json
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

# Web and worker finish what they are at; then they are ended, to be gone within ten seconds.
GRACE_SECONDS = 4


class Processes:
    """Named children, each in a session of its own: Ctrl-C reaches only the one who stops them.

    `record` keeps who they are, for the run after a run that could not stop them.
    """

    def __init__(self, record: Path) -> None:
        self.record = record
        self.running: dict[str, psutil.Popen] = {}

    def start(self, name: str, command: list[str]) -> None:
        self.running[name] = psutil.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        known = [[child.pid, child.create_time()] for child in self.running.values()]
        self.record.write_text(json.dumps(known))

    def check(self) -> None:
        """Raise SystemExit when a child has ended: the system is whole or it is not up."""
        for name, child in self.running.items():
            code = child.poll()
            if code is not None:
                raise SystemExit(f"The {name} process ended by itself (exit code {code}).")

    def stop(self) -> None:
        _end(self.running.values())
        self.record.unlink(missing_ok=True)

    def stop_leftovers(self) -> None:
        with suppress(FileNotFoundError, ValueError):
            _end(
                psutil.Process(pid)
                for pid, started in json.loads(self.record.read_text())
                if _is_same(pid, started)
            )


def _is_same(pid: int, started: float) -> bool:
    with suppress(psutil.NoSuchProcess):
        return abs(psutil.Process(pid).create_time() - started) < 1
    return False


def _end(leaders: Iterable[psutil.Process]) -> None:
    family: list[psutil.Process] = []
    for leader in leaders:
        with suppress(psutil.NoSuchProcess):
            family += [*leader.children(recursive=True), leader]
            leader.terminate()
    _, stubborn = psutil.wait_procs(family, timeout=GRACE_SECONDS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=2)
