"""One initiative at intake, the people who take it through its gates, and money for it."""

from typing import Any

import pytest

from accounts.models import User
from gates.models import Rollout
from initiatives.models import Fund, Tranche
from tests.factories import make_fund, make_initiative, make_passed, make_rollout, make_tranche


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User) -> Rollout:
    return make_rollout(make_initiative(owner=maya, sponsor=carol, by=hannah), by=hannah)


@pytest.fixture
def people(maya: User, lena: User, reviewers: list[User], carol: User) -> dict[str, object]:
    return {"owner": maya, "verifier": lena, "reviewers": reviewers, "decider": carol}


@pytest.fixture
def fund(hannah: User) -> Fund:
    return make_fund(by=hannah)


@pytest.fixture
def approved(rollout: Rollout, maya: User, peter: User, fund: Fund) -> Tranche:
    """For the pilot; Gate 0 lies ahead."""
    return make_tranche(rollout.initiative, by=maya, approved_by=peter, fund=fund)


@pytest.fixture
def late(rollout: Rollout, people: dict[str, Any], maya: User, peter: User) -> Tranche:
    """For the pilot, approved after Gate 0 was passed."""
    make_passed(rollout, gates=1, **people)
    return make_tranche(rollout.initiative, by=maya, approved_by=peter)
