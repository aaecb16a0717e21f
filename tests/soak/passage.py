"""``make soak-passage``: five thousand actions on each core; ``make test`` plays a sample."""

import os
import sys

from tests.soak.cores import on_every_core

if __name__ == "__main__":
    actions = 5_000 * (os.cpu_count() or 1)
    sys.exit(on_every_core("tests/gates/test_sequences.py", actions))
