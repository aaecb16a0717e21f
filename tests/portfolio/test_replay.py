"""A draft is replayed over the past and the present, and says exactly what would be otherwise."""

from datetime import UTC, datetime
from random import Random

import pytest

from accounts.models import User
from audit.services import SystemActor
from playbook.document import Document
from playbook.loading import standard
from playbook.models import PlaybookVersion
from playbook.places import data_of
from playbook.services import publish
from portfolio.replay import replay
from portfolio.sample.seed import seed
from tests.portfolio.replaying import brute_force, edited, write_past

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def stricter() -> PlaybookVersion:
    """The organisation's own version: critical starts lower than the standard says."""
    data = data_of(standard())
    data["rating"]["critical_from"] = 12
    return publish(document=Document.model_validate(data), by=SystemActor(), at=NOW)


@pytest.fixture
def past(hannah: User, maya: User) -> PlaybookVersion:
    version = stricter()
    seed(count=2000, seed=3, at=NOW)
    write_past(Random(5), decisions=700, decider=hannah, submitter=maya, at=NOW)
    return version


def test_a_draft_is_replayed_over_two_thousand_initiatives(
    past: PlaybookVersion, record_property, capsys
):
    draft = Document.model_validate(edited(data_of(past.parsed)))
    found = replay(draft, at=NOW)
    shut, opened = brute_force(data_of(past.parsed), data_of(draft))
    with capsys.disabled():
        print(
            f"\nreplayed {found.decisions - found.unreadable} decisions and {found.under_way} "
            f"rollouts in {found.seconds:.2f} s: {len(found.shut)} goes would have been shut, "
            f"{len(found.opened)} refusals opened, {len(found.blocked)} would be blocked today"
        )
    assert {turn.decision for turn in found.shut} == shut
    assert {turn.decision for turn in found.opened} == opened
    assert found.decisions - found.unreadable >= 500
    assert len(shut) >= 50
    assert len(opened) >= 50
    assert found.seconds < 5
