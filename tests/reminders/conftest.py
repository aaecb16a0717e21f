"""A mail server of the tests' own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.reminders.sink import Sink, sink_on_a_port


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    with sink_on_a_port() as running:
        yield running


@pytest.fixture
def mail_server(sink: tuple[Sink, int], settings: Any) -> Sink:
    """The sink, with Django's mail going there."""
    server, port = sink
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    return server
