"""The shipped standard, read from its TOML files. Needs neither a database nor settings."""

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from playbook.document import Document

STANDARD = Path(__file__).parent / "standard" / "v1"


class PartTwiceError(ValueError):
    """Two files of one playbook hold the same top-level key, and it is no list."""


def merged(files: Iterable[Path]) -> dict[str, Any]:
    """The top-level keys of all files together; a list goes on from one file to the next.

    Raises PartTwiceError when two files hold the same single value, tomllib.TOMLDecodeError on
    bad TOML.
    """
    whole: dict[str, Any] = {}
    for file in files:
        for key, value in tomllib.loads(file.read_text("utf-8")).items():
            if key not in whole:
                whole[key] = value
            elif isinstance(value, list) and isinstance(whole[key], list):
                whole[key] += value
            else:
                raise PartTwiceError(f"{file.name}: {key} is already in another file")
    return whole


def load(folder: Path) -> Document:
    """The playbook that the folder's TOML files make together."""
    return Document.model_validate(merged(sorted(folder.glob("*.toml"))))


@lru_cache(maxsize=1)
def standard() -> Document:
    """The standard that this release ships."""
    return load(STANDARD)
