"""Schemathesis plays the API with all of its checks.

``SOAK_CASES`` sets how many cases are played and ``SOAK_SEED`` which ones; ``make soak-api`` plays
twenty thousand.
"""

import os
import time

import pytest
from django.utils import timezone

from audit.services import verify
from tests.soak.api_player import play

pytestmark = pytest.mark.django_db(transaction=True)

CASES = int(os.environ.get("SOAK_CASES", "1"))
SEED = int(os.environ.get("SOAK_SEED", "20261116"))


def test_no_request_breaks_what_the_document_says() -> None:
    began = time.monotonic()
    report = play(cases_an_operation=CASES, seed=SEED, at=timezone.now())
    print(f"\n{report.cases} cases in {time.monotonic() - began:.0f} s: {dict(report.statuses)}")
    assert report.problems == []
    assert verify()[1] == []
