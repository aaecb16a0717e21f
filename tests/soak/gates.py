"""``make soak-gates``: ten thousand concurrent histories, of which ``make test`` holds a sample.

Each core plays its share from a seed of its own, on a database of its own.
"""

import os
import subprocess
import sys

from config.env import data_dir

HISTORIES = 10_000


def main() -> None:
    cores = os.cpu_count() or 1
    command = [sys.executable, "-m", "pytest", "-q", "-s", "tests/gates/test_histories.py"]
    players = [
        subprocess.Popen(
            command,
            env={
                **os.environ,
                "CLEARWAY_DATA_DIR": str(data_dir() / f"soak-{core}"),
                "SOAK_HISTORIES": str(HISTORIES // cores),
                "SOAK_SEED": str(core + 1),
            },
        )
        for core in range(cores)
    ]
    sys.exit(max(player.wait() for player in players))


if __name__ == "__main__":
    main()
