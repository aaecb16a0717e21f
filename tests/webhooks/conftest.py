"""A receiver on this machine, which the settings allow."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.webhooks.receiver import Receiver, receiver_on_a_port


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOWED_HOSTS_OUT = frozenset({"127.0.0.1"})
    with receiver_on_a_port() as running:
        yield running
