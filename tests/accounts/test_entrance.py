"""Coming in: sign-in, lockout, set-up, invitations, and who is kept out."""

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.setup import issue_setup_code
from tests.factories import NOW, PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("playbook")]


def sign_in(client: Client, user: User, password: str = PASSWORD, **data: str):
    return client.post(
        reverse("account_login"), {"login": user.email, "password": password, **data}
    )


def test_every_page_asks_for_a_sign_in_and_goes_on_to_the_page_asked_for(
    client: Client, ada: User
) -> None:
    page = client.get("/people/?q=x")
    assert page.headers["location"] == "/accounts/login/?next=/people/%3Fq%3Dx"
    assert sign_in(client, ada, next="/people/?q=x").headers["location"] == "/people/?q=x"


def test_a_sign_in_never_leads_to_another_site(client: Client, ada: User) -> None:
    assert sign_in(client, ada, next="https://elsewhere.example/").headers["location"] == "/"


def test_an_address_is_known_in_any_case(client: Client, ada: User) -> None:
    ada.email = ada.email.upper()
    assert sign_in(client, ada).status_code == 302


def test_a_wrong_password_says_so_and_keeps_the_person_out(client: Client, ada: User) -> None:
    page = sign_in(client, ada, password="wrong")
    assert "do not belong together" in page.content.decode()
    assert client.get("/people/").status_code == 302


def test_too_many_wrong_passwords_lock_the_account_for_that_address_only(
    client: Client, ada: User, settings: Any
) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page = sign_in(client, ada, password="wrong")
    assert page.status_code == 429
    assert "Too many tries for this account" in page.content.decode()
    assert sign_in(client, ada).status_code == 429, "the right password comes too late"
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere, ada).status_code == 302


def test_somebody_who_left_is_out_at_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get("/people/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/people/").status_code == 302


def test_nobody_signs_up_unasked(client: Client, ada: User) -> None:
    page = client.post(reverse("account_signup"), {"email": "new@example.org"})
    assert "People come by invitation" in page.content.decode()
    assert User.objects.count() == 1


def test_a_forgotten_password_is_replaced_by_mail(client: Client, ada: User) -> None:
    client.post(reverse("account_reset_password"), {"email": ada.email})
    [link] = re.findall(r"https?://\S+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    form = client.get(link, follow=True)
    client.post(
        form.request["PATH_INFO"], {"password1": "brand-new-words", "password2": "brand-new-words"}
    )
    assert sign_in(client, ada, password="brand-new-words").status_code == 302


def test_an_unknown_address_gets_no_mail_and_the_same_answer(client: Client, ada: User) -> None:
    known = client.post(reverse("account_reset_password"), {"email": ada.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "who@example.org"})
    assert known.headers["location"] == unknown.headers["location"]
    assert len(mail.outbox) == 1


def test_the_first_visitor_sets_clearway_up_with_the_printed_code(client: Client) -> None:
    code = issue_setup_code(at=NOW)
    assert client.get("/accounts/login/").headers["location"] == "/setup/"
    answers = {
        "name": "Ada Lindqvist",
        "email": "ada@example.org",
        "password1": "seven-green-ferries",
        "password2": "seven-green-ferries",
    }
    refused = client.post("/setup/", {**answers, "code": "guess"})
    assert "not the code" in refused.content.decode()
    assert not User.objects.exists()
    assert client.post("/setup/", {**answers, "code": code}).headers["location"] == "/people/"
    assert client.get("/people/").status_code == 200, "and is signed in at once"
    assert Client().get("/setup/").headers["location"] == "/accounts/login/"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 8 characters"),
        ("password123", "too common"),
        ("ada@example.org", "similar"),
        ("84629175302", "entirely numeric"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    client: Client, password: str, words: str
) -> None:
    page = client.post(
        "/setup/",
        {
            "code": issue_setup_code(at=NOW),
            "name": "Ada",
            "email": "ada@example.org",
            "password1": password,
            "password2": password,
        },
    )
    assert words in page.content.decode()
    assert not User.objects.exists()


def test_the_demo_signs_in_as_a_sample_person_without_a_password(
    client: Client, hannah: User, settings: Any
) -> None:
    settings.DEMO = True
    assert "hannah.cole@example.org" in client.get("/accounts/login/").content.decode()
    page = client.post("/demo/sign-in/", {"email": hannah.email, "next": "/profile/"})
    assert page.headers["location"] == "/profile/"
    assert client.get("/profile/").status_code == 200


def test_without_the_demo_nobody_gets_in_that_way(client: Client, hannah: User) -> None:
    assert client.post("/demo/sign-in/", {"email": hannah.email}).status_code == 404
    assert "hannah" not in client.get("/accounts/login/").content.decode()
    assert client.get("/profile/").status_code == 302


def test_the_demo_opens_no_other_account(client: Client, oscar: User, settings: Any) -> None:
    settings.DEMO = True
    assert client.post("/demo/sign-in/", {"email": oscar.email}).status_code == 404


def test_a_second_step_is_asked_of_who_turned_it_on(client: Client, ada: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    page = sign_in(client, ada, next="/people/")
    assert page.headers["location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/people/").status_code == 302, "the password alone opens nothing"
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    page = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert page.headers["location"] == "/people/"
    assert client.get("/people/").status_code == 200
