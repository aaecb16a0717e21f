"""``make soak-gates``: ten thousand concurrent histories, of which ``make test`` holds a sample."""

import sys

from tests.soak.cores import on_every_core

if __name__ == "__main__":
    sys.exit(on_every_core("tests/gates/test_histories.py", 10_000))
