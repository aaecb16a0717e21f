"""Taking an import back on its pages: offered while it can be done, refused by name after."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from initiatives.models import Initiative
from initiatives.services import edit_initiative
from portfolio.models import ImportBatch
from tests.factories import NOW, make_playbook
from tests.portfolio.batches import imported

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(hannah: User, client: Client) -> Client:
    make_playbook()
    client.force_login(hannah)
    return client


def at(name: str) -> str:
    return reverse(f"portfolio:{name}", args=[ImportBatch.objects.get().pk])


def test_undo_is_refused_by_name_on_its_page(office: Client, hannah: User) -> None:
    imported(hannah)
    chatbot = Initiative.objects.get(name="Chatbot")
    edit_initiative(
        initiative=chatbot, fields={"benefit": "x"}, version=chatbot.version, by=hannah, at=NOW
    )
    refused = office.post(at("import_undo"))
    assert refused.status_code == 422
    assert str(chatbot) in refused.text


def test_undo_offers_no_button_once_somebody_has_changed_something(
    office: Client, hannah: User
) -> None:
    imported(hannah)
    chatbot = Initiative.objects.get(name="Chatbot")
    picked = {"pick": chatbot.pk}
    assert "can still be taken back" in office.get(reverse("portfolio:assign"), picked).text
    assert "until somebody changes one" in office.get(at("import_batch")).text
    assert "Take it back</button>" in office.get(at("import_undo")).text
    edit_initiative(
        initiative=chatbot, fields={"benefit": "x"}, version=chatbot.version, by=hannah, at=NOW
    )
    for name in ("import_undo", "import_batch"):
        page = office.get(at(name)).text
        assert f"somebody has worked since on {chatbot}." in page
        assert "Take it back</" not in page
    assert "can still be taken back" not in office.get(reverse("portfolio:assign"), picked).text
