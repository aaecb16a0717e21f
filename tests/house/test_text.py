"""What PostgreSQL cannot hold is refused before any page looks at it."""

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import make_evidence, make_playbook, make_rollout

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/people/?q=%00", "/?%00=1", "/attention/?page=1&page=%00"])
def test_a_nul_in_the_query_string_is_a_bad_request(client: Client, ada: User, path: str) -> None:
    make_playbook()
    client.force_login(ada)
    assert client.get(path).status_code == 400


def test_a_nul_in_a_form_field_is_a_bad_request(
    client: Client, hannah: User, maya: User, devin: User
) -> None:
    rollout = make_rollout(owner=maya)
    evidence = make_evidence(rollout.initiative, by=maya, verified_by=devin)
    rollout.initiative.refresh_from_db()
    client.force_login(hannah)
    page = client.post(
        f"{rollout.initiative.get_absolute_url()}evidence/{evidence.pk}/verify/",
        {"withdraw": "1", "reason": "Mistaken\0"},
    )
    assert page.status_code == 400


def test_a_nul_in_a_form_of_visitors_is_a_bad_request(client: Client, settings) -> None:
    settings.DEMO = True
    assert client.post("/demo/sign-in/", {"email": "a\0"}).status_code == 400


def test_a_nul_in_a_cookie_is_a_bad_request(client: Client) -> None:
    client.cookies["sessionid"] = "abcdefgh\0abcdefgh"
    assert client.get("/").status_code == 400
