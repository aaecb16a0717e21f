"""Pages as somebody meets them who has never seen one: what they refuse, unfold and put first."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from gates.models import Rollout
from look.charts import band
from tests.factories import make_playbook, make_unit

pytestmark = pytest.mark.django_db


def test_a_count_above_everybody_it_is_intended_for_is_refused_in_words(
    rollout: Rollout, maya: User, client: Client
) -> None:
    client.force_login(maya)
    whole = rollout.initiative.population
    assert whole is not None
    url = reverse("gates:add_record", args=[rollout.initiative.reference, "count"])
    day = timezone.localdate().isoformat()
    typed = {"exposed": str(whole + 1), "counted_on": day, "note": "Logins"}
    answer = client.post(url, typed)
    assert answer.status_code == 422
    assert f"more than the {whole:,} it is intended for" in answer.content.decode()
    assert client.post(url, {**typed, "exposed": str(whole)}).status_code == 302


def test_a_share_out_of_its_band_is_drawn_to_the_scale_of_everybody() -> None:
    assert 'width="46.90%"' in band(46.9, 5, 20) or 'width="46.9%"' in band(46.9, 5, 20)


def test_what_is_unanswered_stands_open_and_what_is_answered_is_folded(
    rollout: Rollout, maya: User, client: Client
) -> None:
    client.force_login(maya)
    url = reverse("gates:premises", args=[rollout.initiative.reference])
    assert "<details open><summary>Change</summary>" in client.get(url).content.decode()
    typed = {"part": "architecture", "architecture": "increments", "architecture_note": "Steps."}
    client.post(url, typed)
    assert "<details><summary>Change</summary>" in client.get(url).content.decode()


def test_what_looks_alike_stands_before_the_form_with_its_tick_box(
    hannah: User, client: Client
) -> None:
    make_playbook()
    client.force_login(hannah)
    url = reverse("gates:create")
    sent: dict[str, Any] = {
        "name": "Reading aid for case files",
        "unit": make_unit().pk,
        "impact_class": "ordinary",
        "population_unit": "people",
    }
    client.post(url, sent)
    html = client.post(url, sent).content.decode()
    assert html.index('id="alike"') < html.index('id="id_name"')
    said = "Some initiatives look like it. Open one of them, or tick “It is none of these”."
    assert f">{said}<" in html
