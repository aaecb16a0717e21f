"""The environment is read typed, and a mistake in it is named."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.env import env

ROOT = Path(__file__).resolve().parents[2]


def settings_with(tmp_path: Path, *names: str, **variables: str) -> dict[str, Any]:
    """The named settings as a fresh process has them under these environment variables."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = (
        "import json; from config import settings;"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**clean, "CLEARWAY_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(("text", "meant"), [("0", False), ("off", False), ("1", True), ("", True)])
def test_a_switch_is_a_switch(monkeypatch: pytest.MonkeyPatch, text: str, meant: bool) -> None:
    monkeypatch.setenv("SWITCH", text)
    assert env("SWITCH", bool, True) is meant


def test_a_mistake_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(SystemExit, match=r"PORT='eighty'.*valid integer"):
        env("PORT", int, 8000)


def test_an_https_address_secures_everything(tmp_path: Path) -> None:
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "ALLOWED_HOSTS")
    plain = settings_with(tmp_path, *names, HOST="127.0.0.1")
    public = settings_with(tmp_path, *names, CLEARWAY_URL="https://clearway.example.org")
    assert [plain[name] for name in names[:3]] == [False, False, False]
    assert [public[name] for name in names[:3]] == [True, True, True]
    assert "clearway.example.org" in public["ALLOWED_HOSTS"]
    assert "*" not in public["ALLOWED_HOSTS"]


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = settings_with(tmp_path, "SECRET_KEY")
    assert settings_with(tmp_path, "SECRET_KEY") == first
    assert settings_with(tmp_path, "SECRET_KEY", SECRET_KEY="given") == {"SECRET_KEY": "given"}
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_the_demo_is_never_on_unasked(tmp_path: Path) -> None:
    assert settings_with(tmp_path, "DEMO") == {"DEMO": False}


def test_a_mail_address_of_a_server_becomes_djangos_settings(tmp_path: Path) -> None:
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    given = settings_with(tmp_path, *names, EMAIL_URL="smtp://me:p%40ss@mail.example.org:587?tls=1")
    assert list(given.values()) == ["mail.example.org", 587, "me", "p@ss", True]


def test_a_database_url_keeps_its_options(tmp_path: Path) -> None:
    url = "postgresql://me:secret@db.example.org:5433/work?sslmode=require"
    default = settings_with(tmp_path, "DATABASES", DATABASE_URL=url)["DATABASES"]["default"]
    assert (default["HOST"], default["PORT"], default["NAME"]) == ("db.example.org", "5433", "work")
    assert default["OPTIONS"]["sslmode"] == "require"
