"""What every installation has before anybody comes."""

import pytest
from django.core.cache import cache

from playbook.models import PlaybookVersion
from tests.factories import make_playbook


@pytest.fixture
def playbook(db: None) -> PlaybookVersion:
    return make_playbook()


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Tries are counted in the cache by a person's id, which another run may have used."""
    cache.clear()
