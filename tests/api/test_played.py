"""Schemathesis plays the API with all of its checks.

``SOAK_HISTORIES`` sets how many cases are played and ``SOAK_SEED`` which ones; ``make soak-api``
plays twenty thousand.
"""

import os
import time

import pytest
from django.utils import timezone

from audit.services import verify
from tests.soak.api_player import play

pytestmark = pytest.mark.django_db(transaction=True)

CASES = int(os.environ.get("SOAK_HISTORIES", "0"))
SEED = int(os.environ.get("SOAK_SEED", "20261116"))
SAMPLE_AN_OPERATION = 3
# What a drawn case brings with it: chains of operations, and repeats without the token.
CASES_A_DRAW = 36
BOUNDARIES = 2000


def test_no_request_breaks_what_the_document_says() -> None:
    began = time.monotonic()
    draws = max(1, (CASES - BOUNDARIES) // CASES_A_DRAW) if CASES else SAMPLE_AN_OPERATION
    report = play(cases_an_operation=draws, seed=SEED, at=timezone.now(), boundaries=bool(CASES))
    print(
        f"\n{report.cases} cases in {time.monotonic() - began:.0f} s:"
        f" {dict(sorted(report.statuses.items()))}, {len(report.carried_out)} operations carried"
        f" out, {len(report.problems)} problems"
    )
    assert report.problems == []
    assert report.cases >= (CASES or 200)
    assert report.statuses[401] > 0, "authentication was left out, and missed"
    assert verify()[1] == []
