"""What was sent, for the program office; the demo's mailbox, for everybody."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reminders.models import DemoMail
from reminders.services import send_some
from tests.factories import make_playbook
from tests.reminders.test_sending import LATER, make_overdue

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "reminders.mailbox.EmailBackend"


def test_the_demo_keeps_its_mail_where_everybody_reads_it(
    client: Client, demo: None, maya: User
) -> None:
    make_overdue(1, maya)
    send_some(at=LATER)
    page = client.get("/mailbox/").content.decode()
    assert f"to {maya.email}" in page
    [link] = re.findall(r'href="(/mailbox/\d+/)"', page)
    mail = client.get(link).content.decode()
    assert re.search(r'<a href="http[^"]+/initiatives/AI-\d+/review/"', mail)


def test_a_mailbox_of_many_mails_is_searched_and_paged(client: Client, demo: None) -> None:
    DemoMail.objects.bulk_create(
        DemoMail(sender="c@x.example", recipients=f"p{n}@x.example", subject=f"No. {n}", body="")
        for n in range(120)
    )
    assert "1 to 50 of 120" in client.get("/mailbox/").content.decode()
    assert "1 mail with" in client.get("/mailbox/?q=p119@").content.decode()
    assert "No mail mentions" in client.get("/mailbox/?q=nothing").content.decode()


def test_outside_the_demo_there_is_no_mailbox(client: Client, hannah: User) -> None:
    client.force_login(hannah)
    assert client.get("/mailbox/").status_code == 404


def test_the_program_office_sees_who_was_reminded_of_what(
    client: Client, hannah: User, maya: User
) -> None:
    make_overdue(1, maya)
    client.force_login(hannah)
    page = client.get("/reminders/").content.decode()
    assert "Overdue: submit the Gate" in page
    assert "Waiting" in page
    send_some(at=LATER)
    assert "Sent" in client.get("/reminders/?q=okafor").content.decode()
    assert "No reminder mentions" in client.get("/reminders/?q=nothing").content.decode()


def test_nobody_else_does(client: Client, maya: User) -> None:
    make_playbook()
    client.force_login(maya)
    assert client.get("/reminders/").status_code == 403
