"""What is installed is pinned; the container files describe what `make run` starts."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.run import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_pins_with_hashes_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    entries = re.findall(r"^\S.*?==\S+(?:.*\\\n)(?:\s+--hash=sha256:[0-9a-f]{64}.*\n)+", text, re.M)
    pinned = re.findall(r"^[a-z0-9]\S*==", text, re.M)
    assert len(entries) == len(pinned) > 0
    assert "://" not in text
    assert "--find-links" not in text and "index-url" not in text


def test_the_locks_hold_every_direct_dependency() -> None:
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["test"]]
    names = {re.split(r"[\[<>=]", requirement)[0].strip() for requirement in wanted}
    locked = set(
        re.findall(r"^([a-z0-9-]+).*==", (ROOT / "requirements/test.txt").read_text(), re.M)
    )
    assert names - locked == set()


def test_every_direct_dependency_gives_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    requirements = [line for line in lines if re.match(r'    "[a-z0-9\[\],-]+[<>=]', line)]
    assert requirements
    assert [line for line in requirements if "  # " not in line] == []


def test_compose_starts_what_make_run_starts() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"database", "redis", "setup", *COMMANDS}
    for name in COMMANDS:
        environment = services[name]["environment"]
        assert environment["DATABASE_URL"].endswith("@database/clearway")
        assert environment["REDIS_URL"].startswith("redis://redis:")
    assert services["worker"]["command"][:5] == ["celery", "-A", "config", "--quiet", "worker"]
    assert services["beat"]["command"][:5] == ["celery", "-A", "config", "--quiet", "beat"]


def test_no_secret_has_a_default_in_compose() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "CLEARWAY_URL"):
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER clearway" in lines
    assert lines.index("USER clearway") < lines.index(
        'CMD ["gunicorn", "-c", "python:config.gunicorn"]'
    )
