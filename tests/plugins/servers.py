"""PostgreSQL and Redis for the tests: throw-away ones unless the environment names real ones."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded


@pytest.fixture(scope="session")
def servers() -> Iterator[None]:
    with embedded.servers(Path(os.environ["CLEARWAY_DATA_DIR"]), throwaway=True):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None) -> None:
    """pytest-django asks for this before it touches the database."""
