"""The pages of one initiative: what they lead with, who may use them, what they keep when refused."""

import pytest
from django.test import Client

from accounts.models import User
from initiatives.models import Initiative
from tests.factories import make_initiative, make_rollout


def page(client: Client, user: User, initiative: Initiative, path: str = "") -> str:
    client.force_login(user)
    response = client.get(f"{initiative.get_absolute_url()}{path}")
    assert response.status_code == 200, response.content[:3000]
    return response.content.decode()


@pytest.fixture
def rollout(maya, carol, hannah):
    return make_rollout(make_initiative(owner=maya, sponsor=carol, by=hannah), by=hannah)


def test_the_page_leads_an_owner_to_open_the_review(client, rollout, maya):
    html = page(client, maya, rollout.initiative)
    assert "Next, for Maya" in html
    assert "Open the Gate 0 review" in html
