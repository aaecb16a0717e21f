"""`make run`: the whole system on one machine, up from nothing and down again on Ctrl-C."""

import fcntl
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from config import embedded
from config.env import address, data_dir, env
from config.processes import Processes

# A server on every address is on this one too.
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READY_TIMEOUT_SECONDS = 60
PYTHON = sys.executable
COMMANDS = {
    "web": [PYTHON, "-m", "gunicorn", "-c", "python:config.gunicorn"],
    "worker": [
        # Celery warns of root, but a bare container has nobody else.
        *(
            PYTHON,
            "-W",
            "ignore:You're running the worker",
            "-m",
            "celery",
            "-A",
            "config",
            "--quiet",
            "worker",
            "--loglevel=WARNING",
        ),
        *("--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat"),
    ],
    # The schedule is in the settings and every task is safe to repeat: beat needs no memory.
    "beat": [
        *(PYTHON, "-m", "celery", "-A", "config", "--quiet", "beat", "--loglevel=WARNING"),
        *("--scheduler=celery.beat:Scheduler", "--pidfile="),
    ],
}


def main() -> None:
    # As a script's background job we would have been told to ignore Ctrl-C.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("CLEARWAY_DEMO", "1")
    parent = os.getppid()
    with suppress(KeyboardInterrupt), _only_one():
        children = Processes(data_dir() / "processes.json")
        children.stop_leftovers()
        _check_port_is_free()
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            _say("Starting PostgreSQL and Redis")
        with embedded.servers():
            try:
                _prepare()
                _start(children)
                _welcome()
                while os.getppid() == parent:  # killed, make cannot pass anything on
                    children.check()
                    time.sleep(0.5)
            finally:
                for number in STOP_SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
                _say("Stopping")
                children.stop()
    _say("Stopped")


def _prepare() -> None:
    django.setup()
    _say("Bringing the database up to date")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_playbook", verbosity=0)
    _say("Collecting static files")
    call_command("collectstatic", interactive=False, verbosity=0)
    users = get_user_model()._default_manager
    if settings.DEMO and not users.exists():
        _say("Loading the sample portfolio")
        call_command("load_sample_portfolio")
    # A database in real use was never loaded with the sample; its sign-in page names nobody.
    is_demo = users.filter(email__in=[person.email for person in DEMO_PEOPLE]).exists()
    os.environ["CLEARWAY_DEMO"] = "1" if settings.DEMO and is_demo else "0"


def _start(children: Processes) -> None:
    _say("Starting web, worker and beat")
    children.start("web", COMMANDS["web"])
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while not _is_ready():
        children.check()
        if time.monotonic() > deadline:
            raise SystemExit(f"Not ready after {READY_TIMEOUT_SECONDS} seconds.")
        time.sleep(0.1)
    # They come second, to leave the machine to what people wait for.
    children.start("worker", COMMANDS["worker"])
    children.start("beat", COMMANDS["beat"])


def _welcome() -> None:
    _say("")
    if env("CLEARWAY_DEMO", bool, False):
        _say(f"Sign in as one of these, with the password {DEMO_PASSWORD}")
        for person in DEMO_PEOPLE:
            _say(f"  {person.email:<30} {person.part}")
    elif not get_user_model().objects.administrators().exists():
        call_command("setup_code")
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        _say("EMAIL_URL is not set: mail is printed here instead of being sent.")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
    _say("")
    _say(f"Clearway is ready: {settings.BASE_URL}/   (Ctrl-C stops it)")


def _is_ready() -> bool:
    host, port = address()
    url = f"http://{EVERY_ADDRESS.get(host, host)}:{port}/health/ready"
    with suppress(OSError), urllib.request.urlopen(url) as answer:
        return bool(answer.status == 200)
    return False


def _check_port_is_free() -> None:
    host, port = address()
    knock_at = EVERY_ADDRESS.get(host, host).strip("[]")
    with suppress(OSError), socket.create_connection((knock_at, port), timeout=1):
        raise SystemExit(f"Port {port} is taken. Choose another: PORT={port + 1} make run")


@contextmanager
def _only_one() -> Iterator[None]:
    data_dir().mkdir(parents=True, exist_ok=True)
    with (data_dir() / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Clearway already runs on the data in {data_dir()}.") from None
        yield


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
