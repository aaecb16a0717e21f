"""PostgreSQL and Redis for the tests: throw-away ones unless the environment names real ones."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from config import embedded

MIGRATED = "CLEARWAY_TESTS_MIGRATED"
"""Names a data directory whose PostgreSQL holds the migrated database, for all test processes."""


@pytest.fixture(scope="session")
def servers() -> Iterator[None]:
    data = Path(os.environ["CLEARWAY_DATA_DIR"])
    if migrated := os.environ.get(MIGRATED):
        take_over(Path(migrated), data)
    with embedded.servers(data, throwaway=True):
        yield


def take_over(migrated: Path, data: Path) -> None:
    """Begin with a copy of the cluster that is migrated already."""
    cluster = data / "postgres"
    if (cluster / "postmaster.pid").exists():  # of tests that were killed: last out, it stops
        with embedded.servers(data, throwaway=True):
            pass
    shutil.rmtree(cluster, ignore_errors=True)
    data.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", migrated / "postgres", cluster], check=True)  # its owner too


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None) -> None:
    """pytest-django asks for this before it touches the database."""
    if os.environ.get(MIGRATED):
        database = connection.settings_dict
        database["TEST"]["TEMPLATE"] = database["NAME"]
