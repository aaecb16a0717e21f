"""What becomes of pages when Redis is away."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import make_rollout


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/portfolio/", "/attention/", "/dashboard/"])
def test_who_is_signed_in_works_on_without_redis(
    page: str, hannah: User, client: Client, settings: Any
) -> None:
    make_rollout(owner=hannah)
    client.force_login(hannah)
    away = {"LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {alias: {**cache, **away} for alias, cache in settings.CACHES.items()}
    assert client.get(page).status_code == 200
