"""``make soak-criteria``: twenty thousand series, of which ``make test`` holds a sample."""

import sys

from tests.soak.cores import on_every_core

if __name__ == "__main__":
    sys.exit(on_every_core("tests/metrics/test_criteria.py", 20_000))
