"""The environment, read in one place and typed."""

import os
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, kind: type[T], default: T) -> T:
    """The variable `name` as a `kind`; unset and empty mean `default`.

    Raises SystemExit with the name and the reason: a start with half-read settings helps nobody.
    """
    text = os.environ.get(name, "")
    if not text:
        return default
    try:
        return TypeAdapter(kind).validate_strings(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise SystemExit(f"{name}={text!r} in the environment: {reason}") from None


def address() -> tuple[str, int]:
    """Where the web server listens: host (an IPv6 one in its brackets) and port."""
    host = env("HOST", str, "127.0.0.1")
    return f"[{host}]" if ":" in host else host, env("PORT", int, 8000)


def data_dir() -> Path:
    """Where everything that outlives a run is kept: databases, uploads, collected static files."""
    return (BASE_DIR / env("CLEARWAY_DATA_DIR", Path, Path("var"))).resolve()
