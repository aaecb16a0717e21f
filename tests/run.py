"""`make test`: every check that guards the project, side by side, then the tests.

`--lint` leaves out the browser and the tests.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg

from config import embedded
from config.env import data_dir
from tests.plugins.browser import find_chromium
from tests.plugins.servers import MIGRATED

BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
INSTALL = "apt-get install --yes --no-install-recommends"
# Programs of others that the tests play with, by Debian's packages, the one to prefer first.
OTHERS: dict[tuple[str, ...], Callable[[], str | None]] = {
    ("chromium-headless-shell", "chromium"): find_chromium,
    ("curl",): partial(shutil.which, "curl"),
    ("prometheus",): partial(shutil.which, "prometheus"),
}
DEPLOYED = {"CLEARWAY_URL": "https://clearway.example.org", "CLEARWAY_DEMO": "0", "DEBUG": "0"}

Command = tuple[str | Path, ...]

# The longest first: they run side by side.
CHECKS: dict[str, Command] = {
    "types": (BIN / "mypy", "."),
    "style": (BIN / "ruff", "check", "--quiet", "."),
    "format": (BIN / "ruff", "format", "--check", "--quiet", "."),
    "layers": (BIN / "lint-imports", "--no-cache"),
    "migrations": (*MANAGE, "makemigrations", "--check", "--dry-run"),
    "deployment": (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"),
}


def main() -> None:
    lint_only = "--lint" in sys.argv[1:]
    if not lint_only:
        ensure_others()
    prepared = data_dir() / "test-prepared"
    checks_environment = {**os.environ, **DEPLOYED, "CLEARWAY_DATA_DIR": str(prepared)}
    with embedded.servers(prepared, throwaway=True), ThreadPoolExecutor(os.cpu_count()) as cores:
        checks = dict(CHECKS) if lint_only else {**migrating(prepared), **CHECKS}
        results = cores.map(partial(passes, checks_environment), checks.items())
        audit = cores.submit(audit_passes)
        failed = [name for name, passed in zip(checks, results, strict=True) if not passed]
        if not audit.result():
            failed.append("known vulnerabilities")
    code = 0 if lint_only else pytest(prepared)
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}", file=sys.stderr)
    sys.exit(code or bool(failed))


def migrating(prepared: Path) -> Mapping[str, Command]:
    """Migrate an empty database, which all test processes begin with a copy of; on a server that
    the environment names, each migrates one of its own."""
    if os.environ.get("DATABASE_URL"):
        return {}
    with psycopg.connect(embedded.database_url(prepared, "postgres"), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS clearway")
        server.execute("CREATE DATABASE clearway")
    return {"database": (*MANAGE, "migrate", "--verbosity=0")}


def ensure_others() -> None:
    missing = [packages for packages, find in OTHERS.items() if not find()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quietly("apt-get update")
        for packages in missing:
            for package in packages:
                print(f"Installing {package} for the tests", flush=True)
                quietly(f"{INSTALL} {package}")
                if OTHERS[packages]():
                    break
    if wanted := [packages[-1] for packages in missing if not OTHERS[packages]()]:
        sys.exit(
            f"The tests need {', '.join(wanted)}. On Debian: sudo {INSTALL} {' '.join(wanted)}"
        )


def quietly(command: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command.split(), env=quiet, stdout=subprocess.DEVNULL, check=False)


def pytest(prepared: Path) -> int:
    """All tests, on every core; a file stays on one, with what it set up. In their order: sorted
    by how many tests they hold, the files that take longest would come last."""
    command = (
        *(BIN / "pytest", "-q", "--numprocesses=auto", "--dist=loadfile"),
        *("--no-loadscope-reorder", "--durations=15"),
    )
    begins_with = {} if os.environ.get("DATABASE_URL") else {MIGRATED: str(prepared)}
    return subprocess.run(command, env={**os.environ, **begins_with}, check=False).returncode


def passes(environment: Mapping[str, str], check: tuple[str, Command]) -> bool:
    name, command = check
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    report(name, "ok" if done.returncode == 0 else "FAILED", started)
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode == 0


def audit_passes() -> bool:
    """Ask for known vulnerabilities in what is shipped. Without the network nobody can tell."""
    started = time.monotonic()
    command = (BIN / "pip-audit", "--disable-pip", "--require-hashes", "--format=json")
    answer = ""
    with suppress(subprocess.TimeoutExpired):
        answer = subprocess.run(
            [*command, "--timeout=5", "--requirement=requirements/run.txt"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        ).stdout
    packages = json.loads(answer)["dependencies"] if answer else []
    asked = [package for package in packages if "skip_reason" not in package]
    if not asked:
        report("known vulnerabilities", "not checked: no advisory database answers", started)
        return True
    found = [package for package in asked if package["vulns"]]
    result = "FOUND" if found else f"none in {len(asked)} of {len(packages)} packages"
    report("known vulnerabilities", result, started)
    for package in found:
        names = ", ".join(hole["id"] for hole in package["vulns"])
        print(f"  {package['name']} {package['version']}: {names}")
    return not found


def report(name: str, result: str, started: float) -> None:
    print(f"{name:<22} {result} ({time.monotonic() - started:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
