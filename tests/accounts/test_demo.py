"""The sample's people: open to every visitor of the demo, and to nobody anywhere else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import User
from accounts.roles import Role
from accounts.services.setup import issue_setup_code
from tests.factories import NOW, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("playbook")]


@pytest.fixture
def sample() -> User:
    """The administrator of the sample, as a demo leaves her in the database."""
    [person] = [person for person in DEMO_PEOPLE if Role.ADMINISTRATOR in person.roles]
    user = make_user(person.name, *person.roles, email=person.email)
    user.set_password(DEMO_PASSWORD)
    user.save()
    return user


def sign_in(client: Client, email: str) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": DEMO_PASSWORD})


def test_the_demo_signs_in_as_a_sample_person_without_a_password(
    client: Client, sample: User, settings: Any
) -> None:
    settings.DEMO = True
    assert sample.email in client.get("/accounts/login/").content.decode()
    page = client.post("/demo/sign-in/", {"email": sample.email, "next": "/profile/"})
    assert page.headers["location"] == "/profile/"
    assert client.get("/profile/").status_code == 200


def test_the_demo_signs_in_with_the_password_it_shows(
    client: Client, sample: User, settings: Any
) -> None:
    settings.DEMO = True
    assert sign_in(client, sample.email).headers["location"] == "/"
    assert client.get("/profile/").status_code == 200


def test_the_demo_opens_no_other_account(client: Client, oscar: User, settings: Any) -> None:
    settings.DEMO = True
    assert client.post("/demo/sign-in/", {"email": oscar.email}).status_code == 404


def test_without_the_demo_nobody_gets_in_that_way(client: Client, ada: User, sample: User) -> None:
    assert client.post("/demo/sign-in/", {"email": sample.email}).status_code == 404
    assert sample.email not in client.get("/accounts/login/").content.decode()
    assert client.get("/profile/").status_code == 302


@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_without_the_demo_the_public_password_opens_nothing(
    client: Client, ada: User, sample: User, spelt: Any
) -> None:
    sign_in(client, spelt(sample.email))
    assert client.get("/profile/").status_code == 302


def test_without_the_demo_its_sessions_are_over(
    client: Client, ada: User, sample: User, settings: Any
) -> None:
    settings.DEMO = True
    sign_in(client, sample.email)
    settings.DEMO = False
    assert client.get("/profile/").status_code == 302


def test_what_was_the_demo_can_be_set_up_for_real(client: Client, sample: User) -> None:
    assert client.get("/accounts/login/").headers["location"] == "/setup/"
    answers = {
        "code": issue_setup_code(at=NOW),
        "name": "Bea Orlov",
        "email": "bea@example.com",
        "password1": "seven-green-ferries",
        "password2": "seven-green-ferries",
    }
    assert client.post("/setup/", answers).headers["location"] == "/people/"
