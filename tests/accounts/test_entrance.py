"""Coming in: sign-in, lockout, set-up, invitations, and who is kept out."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.errors import Refused
from accounts.models import User
from accounts.services.setup import create_first_administrator, issue_setup_code
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


def test_the_server_prints_the_code_and_the_address_until_somebody_is_there(
    capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    call_command("setup_code")
    printed = capsys.readouterr().out
    assert "/setup/" in printed
    [code] = re.findall(r"code +(\S{32})", printed)
    create_first_administrator(
        code=code, email="ada@example.org", name="Ada", password=PASSWORD, at=NOW
    )
    with pytest.raises(CommandError, match="set up already"):
        call_command("setup_code")


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


def test_an_import_at_the_server_leaves_the_door_open_for_the_first_administrator(
    client: Client, tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.csv"
    inventory.write_text("Name,Agency\nChatbot,Department of Examples\n")
    call_command("import_initiatives", str(inventory), stdout=StringIO())
    assert User.objects.exists(), "the import is in somebody's name"
    assert client.get("/accounts/login/").headers["location"] == "/setup/"
    answers = {
        "code": issue_setup_code(at=NOW),
        "name": "Ada Lindqvist",
        "email": User.objects.get().email,
        "password1": "seven-green-ferries",
        "password2": "seven-green-ferries",
    }
    taken = client.post("/setup/", answers)
    assert "somebody has an account with it" in taken.content.decode()
    answers["email"] = "ada@example.org"
    assert client.post("/setup/", answers).headers["location"] == "/people/"
    assert client.get("/people/").status_code == 200
    with pytest.raises(Refused):
        issue_setup_code(at=NOW)


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


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


# Codes hold for half a minute: the clock stands still between making one and typing it.
@time_machine.travel(NOW, tick=False)
def test_a_second_step_is_asked_of_who_turned_it_on(client: Client, ada: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    page = sign_in(client, ada, next="/people/")
    assert page.headers["location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/people/").status_code == 302, "the password alone opens nothing"
    page = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert page.headers["location"] == "/people/"
    assert client.get("/people/").status_code == 200


@time_machine.travel(NOW, tick=False)
def test_wrong_codes_are_counted_whatever_address_they_come_from(client: Client, ada: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    sign_in(client, ada)
    for last in range(5):
        client.post(
            "/accounts/2fa/authenticate/", {"code": "x"}, REMOTE_ADDR=f"203.0.113.{last + 1}"
        )
    page = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert page.status_code == 200, "the right code comes too late"
    assert client.get("/people/").status_code == 302


def test_behind_a_proxy_failures_count_for_the_address_that_it_saw(
    client: Client, ada: User, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    attacker = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.66"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page = client.post(
            reverse("account_login"), {"login": ada.email, "password": "wrong"}, **attacker
        )
    assert page.status_code == 429
    answers = {"login": ada.email, "password": PASSWORD}
    owner = client.post(reverse("account_login"), answers, HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert owner.status_code == 302


def test_without_a_proxy_nobody_chooses_the_address_counted(
    client: Client, ada: User, settings: Any
) -> None:
    for last in range(settings.AXES_FAILURE_LIMIT):
        page = client.post(
            reverse("account_login"),
            {"login": ada.email, "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"203.0.113.{last}",
        )
    assert page.status_code == 429


def test_a_reset_link_leads_to_us_whatever_host_the_request_names(
    client: Client, ada: User, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client.post(reverse("account_reset_password"), {"email": ada.email}, HTTP_HOST="evil.example")
    said = str(mail.outbox[0].body)
    assert "evil.example" not in said
    assert f"{settings.BASE_URL}/accounts/password/reset/key/" in said
