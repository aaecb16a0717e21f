"""The pages of a running system: what they show, what they take, what they refuse."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import Rollout
from gates.services import waves
from gates.views.records import ADDS, CHANGES
from initiatives.services import set_contributors
from operations.models import CapacityOffer, FeedbackItem, UserGroup
from tests.factories import NOW, make_initiative, make_rollout
from tests.running import Running, make_running

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture
def scaled(maya: User, time_machine: Any) -> Rollout:
    """In scaled production by a claim; six thousand four hundred people."""
    time_machine.move_to(NOW, tick=False)
    return make_rollout(make_initiative(owner=maya), stage="scaled", by=maya)


@pytest.fixture
def running(scaled: Rollout, maya: User) -> Running:
    return make_running(scaled, by=maya, at=NOW)


@pytest.fixture
def page(scaled: Rollout, maya: User, client: Client) -> Any:
    """Asks for or posts to a page of the initiative as its owner."""
    client.force_login(maya)

    def ask(name: str, *args: Any, **data: Any) -> Any:
        url = reverse(f"gates:{name}", args=[scaled.initiative.reference, *args])
        return client.post(url, data) if data else client.get(url)

    return ask


def test_what_is_not_recorded_yet_says_why_and_offers_one_button(page: Any) -> None:
    for name in ("reach", "practice"):
        text = page(name).content.decode()
        assert text.count('class="empty"') == text.count('<a class="btn" href'), name


def test_the_pages_show_what_was_recorded(page: Any, running: Running) -> None:
    text = page("reach").content.decode()
    for shown in (
        "1,600, 25 %",
        "Wave 1: The north",
        "22.2 %",
        "below target, acted on",
        "Nobody is there to ask.",
        "Pair each night",
        "1 open, 1 closed, 1 changed the system",
        "One click now.",
    ):
        assert shown in text
    text = page("practice").content.decode()
    for shown in ("83 % use it.", "Model 2", "1. Fewer uploads", "2 people at 50 % of their time"):
        assert shown in text


@pytest.mark.parametrize("kind", ADDS)
def test_an_empty_form_comes_back_with_each_field_named(kind: str, page: Any) -> None:
    answer = page("add_record", kind, sent="1")
    assert answer.status_code == 422
    form = answer.context["form"]
    for name, errors in form.errors.items():
        assert form.fields[name].required
        assert all("“" in error for error in errors), f"{name} is not named"


@pytest.mark.parametrize("kind", CHANGES)
def test_every_change_has_its_page(
    kind: str, page: Any, running: Running, client: Client, hannah: User
) -> None:
    model, _form = CHANGES[kind]
    client.force_login(hannah)
    row = next(row for row in running if isinstance(row, model))
    assert page("change_record", kind, row.pk).status_code == 200


def test_what_was_typed_stays_when_it_is_refused(page: Any) -> None:
    tomorrow = TODAY + timedelta(days=1)
    answer = page("add_record", "count", exposed="700", counted_on=str(tomorrow), note="Logins")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Counted on: choose today or an earlier day." in text
    assert 'value="700"' in text
    assert 'value="Logins"' in text


def test_a_wave_is_released_on_a_page_that_shows_who_lags(
    page: Any, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page("change_record", "release", running.wave.pk).content.decode()
    assert "Night shift is at 22 %, target 60 %: Pair each night." in shown
    refused = page("change_record", "release", running.wave.pk, sent="1")
    assert refused.status_code == 422
    assert "is owed: its claim has not been proven" in refused.content.decode()
    monkeypatch.setattr(waves, "OPENED_BY", -1)
    assert page("change_record", "release", running.wave.pk, sent="1").status_code == 302
    running.wave.refresh_from_db()
    assert running.wave.released_by == running.group.action_owner


def test_an_action_is_done_and_feedback_is_closed(page: Any, running: Running) -> None:
    page("act_on_record", "action-done", running.group.pk, sent="1")
    assert UserGroup.objects.get(pk=running.group.pk).action_done_at == NOW
    item = running.feedback
    refused = page("change_record", "feedback", item.pk, released="on")
    assert refused.status_code == 422
    page("change_record", "feedback", item.pk, outcome="Somebody is on call.", released="on")
    closed = FeedbackItem.objects.get(pk=item.pk)
    assert (closed.outcome, closed.released) == ("Somebody is on call.", True)


def test_an_offer_is_taken_back_once(page: Any, running: Running) -> None:
    for _ in range(2):
        answer = page("act_on_record", "withdraw", running.offer.pk, sent="1")
        assert answer.status_code == 302
    assert not CapacityOffer.objects.still_open().exists()


def test_the_program_office_gives_an_offer_to_what_waits_at_intake(
    page: Any, running: Running, scaled: Rollout, client: Client, hannah: User, maya: User
) -> None:
    waiting = make_rollout(make_initiative(owner=maya), by=maya).initiative
    assert page("change_record", "capacity", running.offer.pk).status_code == 403, "not the owner"
    client.force_login(hannah)
    intake = client.get(reverse("portfolio:intake")).content.decode()
    kind = [scaled.initiative.reference, "capacity", running.offer.pk]
    assert reverse("gates:change_record", args=kind) in intake
    refused = page("change_record", "capacity", running.offer.pk, goes_to="AI-9999")
    assert refused.status_code == 422
    assert 'value="AI-9999"' in refused.content.decode()
    page("change_record", "capacity", running.offer.pk, goes_to=waiting.reference.lower())
    assert CapacityOffer.objects.get(pk=running.offer.pk).taken_by == waiting


@pytest.mark.parametrize("name", ["add_record", "change_record", "act_on_record"])
def test_a_kind_that_does_not_exist_is_not_found(name: str, page: Any) -> None:
    args = ["nothing"] if name == "add_record" else ["nothing", 1]
    assert page(name, *args, sent="1").status_code == 404


def test_a_record_of_another_initiative_is_not_found(
    page: Any, running: Running, maya: User, oscar: User
) -> None:
    other = make_rollout(make_initiative(owner=oscar), by=oscar)
    theirs = make_running(other, by=oscar, at=NOW)
    assert page("change_record", "use", theirs.group.pk).status_code == 404


def test_only_those_who_work_on_it_write(
    scaled: Rollout, running: Running, client: Client, carol: User, devin: User, maya: User
) -> None:
    url = reverse("gates:add_record", args=[scaled.initiative.reference, "feedback"])
    typed = {"text": "It is slow.", "received_on": str(TODAY)}
    client.force_login(carol)
    assert client.post(url, typed).status_code == 403
    reach = client.get(reverse("gates:reach", args=[scaled.initiative.reference]))
    assert "records/" not in reach.content.decode(), "readers are offered no button"
    set_contributors(initiative=scaled.initiative, people=[devin], by=maya, at=NOW)
    client.force_login(devin)
    assert client.post(url, typed).status_code == 302
    assert FeedbackItem.objects.get(text="It is slow.").stage == "scaled"


def test_many_rows_cost_no_more_queries_than_one(
    page: Any, running: Running, scaled: Rollout, maya: User, django_assert_max_num_queries: Any
) -> None:
    other = make_rollout(make_initiative(owner=maya), by=maya)
    for number in range(4):
        group = UserGroup(initiative=scaled.initiative, name=f"Office {number}", people=9)
        group.save()
        CapacityOffer.objects.create(
            initiative=scaled.initiative,
            people=1,
            share_percent=10,
            free_from=TODAY,
            offered_by=maya,
            offered_at=NOW,
            taken_by=other.initiative,
        )
    for name in ("reach", "practice"):
        with django_assert_max_num_queries(14):
            page(name)
