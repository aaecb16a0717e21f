"""``make soak-gates``: the full trial of which ``make test`` holds a sample."""

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ.setdefault("SOAK_HISTORIES", "10000")
    sys.exit(pytest.main(["-q", "-s", "tests/gates/test_histories.py"]))
