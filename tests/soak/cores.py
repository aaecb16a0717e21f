"""Soaks on every core: each plays its share from a seed of its own, on a database of its own."""

import os
import subprocess
import sys

from config.env import data_dir


def on_every_core(test: str, histories: int) -> int:
    """Run the test with its share of histories on each core; return the worst exit code."""
    cores = os.cpu_count() or 1
    command = [sys.executable, "-m", "pytest", "-q", "-s", test]
    players = [
        subprocess.Popen(
            command,
            env={
                **os.environ,
                "CLEARWAY_DATA_DIR": str(data_dir() / f"soak-{core}"),
                "SOAK_HISTORIES": str(histories // cores),
                "SOAK_SEED": str(core + 1),
            },
        )
        for core in range(cores)
    ]
    return max(player.wait() for player in players)
