"""The administrator's pages about webhooks."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.house.test_modules import ROOT
from tests.webhooks.receiver import Receiver
from webhooks.kinds import KINDS
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def test_an_address_is_added_tried_and_switched_off(admin: Client, receiver: Receiver) -> None:
    page = admin.post("/webhooks/", {"url": receiver.url, "verbs": "review, decision.go"})
    endpoint = Endpoint.objects.get()
    assert endpoint.verbs == ["decision.go", "review"]
    assert endpoint.secret in page.content.decode()
    assert endpoint.secret not in admin.get("/webhooks/").content.decode()

    receiver.status, receiver.answer = 418, b"I am a teapot"
    page = admin.post(f"/webhooks/{endpoint.pk}/test/", follow=True)
    assert Delivery.objects.get().status == 418
    assert "I am a teapot" in page.content.decode()

    admin.post(f"/webhooks/{endpoint.pk}/end/")
    assert not Endpoint.objects.active().exists()
    assert "Switched off" in admin.get("/webhooks/").content.decode()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"url": "http://127.0.0.1/x", "verbs": ""}, "CLEARWAY_ALLOWED_HOSTS_OUT"),
        ({"url": "http://10.0.0.8/x", "verbs": "reviews"}, "no events called “reviews”"),
        ({"url": "", "verbs": ""}, "Address"),
    ],
)
def test_what_cannot_be_is_refused_in_words(form: Any, words: str, admin: Client) -> None:
    page = admin.post("/webhooks/", form)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Endpoint.objects.exists()


def test_every_verb_of_the_house_has_its_kind() -> None:
    """Verbs stand in the services as plain words; what begins them is in the list."""
    apps = ("accounts", "initiatives", "checklists", "risks", "metrics", "operations", "gates")
    written = re.compile(r'(?:verb=|Entry\(\w+, |note\(\s*)f?"([a-z_]+)\.')
    found = {
        kind
        for app in (*apps, "playbook", "portfolio", "webhooks")
        for path in (ROOT / app).rglob("*.py")
        for kind in written.findall(path.read_text())
    }
    assert len(found) > 20
    assert found - KINDS == set()
