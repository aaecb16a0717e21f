"""What an initiative is called is a function of the facts, however they are asked.

``SOAK_HISTORIES`` sets how many histories are walked and ``SOAK_SEED`` which ones; ``make
soak-labels`` walks five thousand.
"""

import os
import time
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from playbook.document import Document
from playbook.facts import Facts
from playbook.labels import labels
from tests.soak.asked_in_sql import ASKED
from tests.soak.walks import Starts, make_starts, trial

pytestmark = pytest.mark.django_db

HISTORIES = int(os.environ.get("SOAK_HISTORIES", "50"))
SEED = int(os.environ.get("SOAK_SEED", "20261116"))


@pytest.fixture(scope="module")
def starts(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Starts]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_starts()
        transaction.set_rollback(True)


def test_sql_python_and_what_is_stored_always_agree(starts: Starts) -> None:
    began = time.monotonic()
    report = trial(starts, count=HISTORIES, seed=SEED)
    print(f"\n{report}. {time.monotonic() - began:.0f} s")
    assert report.problems == []
    assert report.walks == HISTORIES
    if HISTORIES >= 500:  # in a small sample not each comes and goes
        assert all(report.held[label] and report.turned[label] for label in ASKED)


def test_a_rule_that_forgets_the_stall_is_found_out(starts: Starts) -> None:
    def forgetful(document: Document, facts: Facts) -> tuple[str, ...]:
        return tuple(label for label in labels(document, facts) if label != "stalled")

    with patch("tests.soak.walks.labels", forgetful):
        report = trial(starts, count=HISTORIES, seed=SEED, until_problem=True)
    assert "stalled" in report.problems[0]
