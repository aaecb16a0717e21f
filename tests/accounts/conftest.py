"""What every installation has before anybody comes."""

import pytest

from playbook.models import PlaybookVersion
from tests.factories import make_playbook


@pytest.fixture
def playbook(db: None) -> PlaybookVersion:
    return make_playbook()
