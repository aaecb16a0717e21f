"""One initiative at intake, and the people who take it through its gates."""

import pytest

from accounts.models import User
from gates.models import Rollout
from tests.factories import make_initiative, make_rollout


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User) -> Rollout:
    return make_rollout(make_initiative(owner=maya, sponsor=carol, by=hannah), by=hannah)


@pytest.fixture
def people(maya: User, lena: User, reviewers: list[User], carol: User) -> dict[str, object]:
    return {"owner": maya, "verifier": lena, "reviewers": reviewers, "decider": carol}
