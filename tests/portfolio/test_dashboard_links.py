"""A figure of the dashboard leads to exactly what it counts, and a crowd is drawn as bars."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from gates.standings import refresh
from look.charts import MOST_DOTS, ageing, funnel, tallest_week
from tests.factories import NOW, make_rollout, make_unit

pytestmark = pytest.mark.django_db
FIGURE = re.compile(
    r'<a (?:class="underlined" )?href="(/portfolio/[^"]+)">([\d,]+|One|Two|Three|Four|None)\b'
)
WORDS = {"None": 0, "One": 1, "Two": 2, "Three": 3, "Four": 4}


@pytest.fixture(autouse=True)
def at_now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.mark.parametrize("of_unit", [False, True])
def test_each_figure_leads_to_as_many_as_it_says(
    of_unit: bool, maya: User, carol: User, client: Client
) -> None:
    long_ago = NOW - timedelta(days=200)
    unit = make_unit("Agency", "Bureau")
    made = [
        make_rollout(owner=maya, at=long_ago),
        make_rollout(owner=maya, unit=unit, at=long_ago),
        make_rollout(owner=maya, unit=unit),
        *(make_rollout(stage=s, at=long_ago) for s in ("limited", "scaled")),
        *(make_rollout(stage=s, unit=unit, at=long_ago) for s in ("scaled", "steady")),
        *(make_rollout(stage="limited", unit=unit) for _ in range(2)),
    ]
    refresh([rollout.initiative_id for rollout in made], NOW)
    client.force_login(carol)
    query = {"unit": str(unit.parent_id)} if of_unit else {}
    page = html.unescape(client.get("/dashboard/", query).content.decode())
    links = FIGURE.findall(page)
    assert len(links) >= 8
    for url, said in links:
        count = client.get(url).context["page"].paginator.count
        assert count == (WORDS[said] if said in WORDS else int(said.replace(",", ""))), url


def test_claims_are_left_out_where_the_address_says_so(carol: User, client: Client) -> None:
    made = [make_rollout(), make_rollout(stage="limited")]
    refresh([rollout.initiative_id for rollout in made], NOW)
    client.force_login(carol)
    assert client.get("/portfolio/").context["page"].paginator.count == 2
    assert client.get("/portfolio/?claims=without").context["page"].paginator.count == 1


def test_an_owner_chooses_among_the_units_of_what_she_sees(maya: User, client: Client) -> None:
    mine, theirs = make_unit("Land Registry", "Records"), make_unit("Pension Service", "Claims")
    made = [make_rollout(owner=maya, unit=mine), make_rollout(unit=theirs)]
    refresh([rollout.initiative_id for rollout in made], NOW)
    client.force_login(maya)
    options = client.get("/portfolio/").context["options"]["unit"]
    assert "Land Registry" in options
    assert "Pension Service" not in options


def test_a_crowd_is_drawn_by_the_week_and_a_few_as_marks() -> None:
    few = [(3, "in", "")] * MOST_DOTS
    assert tallest_week(weeks for weeks, _kind, _name in few) == 0
    assert ageing(few, 4, 8).count("<circle") == MOST_DOTS
    crowd = [*few, (3, "past", ""), (90, "still", ""), (91, "still", "")]
    assert tallest_week(weeks for weeks, _kind, _name in crowd) == MOST_DOTS + 1
    drawn = ageing(crowd, 4, 8)
    assert "<circle" not in drawn
    assert all(css in drawn for css in ("f-ink2", "f-bad", "f-warn"))


def test_the_figures_of_a_funnel_stand_beside_it() -> None:
    assert "<text" not in funnel(1, 2100, 3, 2104)
