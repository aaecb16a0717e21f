"""``make soak-api``: twenty thousand requests by schemathesis; ``make test`` plays a sample."""

import sys

from tests.soak.cores import on_every_core

if __name__ == "__main__":
    sys.exit(on_every_core("tests/api/test_played.py", 20_000))
