"""`make test`: every check that guards the project, cheapest first, then the tests.

`--lint` leaves out the browser and the tests.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from config import embedded
from config.env import data_dir
from tests.plugins.browser import find_chromium

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

CHECKS: dict[str, tuple[str | Path, ...]] = {
    "style": (BIN / "ruff", "check", "--quiet", "."),
    "format": (BIN / "ruff", "format", "--check", "--quiet", "."),
    "layers": (BIN / "lint-imports", "--no-cache"),
    "migrations": (*MANAGE, "makemigrations", "--check", "--dry-run"),
    "deployment": (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"),
    "types": (BIN / "mypy", "."),
}


def main() -> None:
    lint_only = "--lint" in sys.argv[1:]
    if not lint_only:
        ensure_others()
    test_data = data_dir() / "test"
    checks_environment = {**os.environ, **DEPLOYED, "CLEARWAY_DATA_DIR": str(test_data)}
    with embedded.servers(test_data, throwaway=True):
        failed = [name for name, cmd in CHECKS.items() if not passes(name, cmd, checks_environment)]
        if not audit_passes():
            failed.append("known vulnerabilities")
        code = 0 if lint_only else pytest()
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}", file=sys.stderr)
    sys.exit(code or bool(failed))


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


def pytest() -> int:
    """All tests, on every core; a file stays on one, with what it set up. In their order: sorted
    by how many tests they hold, the files that take longest would come last."""
    command = (
        *(BIN / "pytest", "-q", "--numprocesses=auto", "--dist=loadfile"),
        *("--no-loadscope-reorder", "--durations=15"),
    )
    return subprocess.run(command, check=False).returncode


def passes(name: str, command: tuple[str | Path, ...], environment: dict[str, str]) -> bool:
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
