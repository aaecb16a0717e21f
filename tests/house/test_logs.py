"""What is logged, and what must not be."""

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from accounts.models import User


@pytest.fixture
def log() -> Iterator[StringIO]:
    """All lines from level INFO on, as the settings format them."""
    how: dict[str, Any] = dict(settings.LOGGING["formatters"]["line"])
    how.pop("()")
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ProcessorFormatter(**how))
    root, requests = logging.getLogger(), logging.getLogger("django_structlog")
    level = requests.level
    root.addHandler(handler)
    requests.setLevel(logging.INFO)
    yield stream
    requests.setLevel(level)
    root.removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/invitations/s3cret-t0ken/", "GET /invitations/***/"),
        (
            "/accounts/password/reset/key/1-s3cret-t0ken/?x=1",
            "GET /accounts/password/reset/key/***/?x=1",
        ),
    ],
)
def test_a_link_that_lets_somebody_in_is_logged_without_its_secret(
    client: Client, log: StringIO, path: str, shown: str
) -> None:
    client.get(path)
    assert shown in log.getvalue()
    assert "s3cret-t0ken" not in log.getvalue()


@pytest.mark.django_db
def test_other_addresses_are_logged_as_they_are(client: Client, log: StringIO) -> None:
    client.post("/people/invitations/12/resend/")
    assert "POST /people/invitations/12/resend/" in log.getvalue()


@pytest.mark.django_db
def test_being_refused_a_page_is_said_in_its_own_words_and_is_no_fault(
    client: Client, log: StringIO, maya: User
) -> None:
    client.force_login(maya)
    refused = client.get("/import/")
    assert refused.status_code == 403
    assert "This page belongs to a role that you do not have." in refused.text
    assert "this initiative" not in refused.text
    assert "Forbidden (Permission denied): /import/" in log.getvalue()
    assert "Traceback" not in log.getvalue()
