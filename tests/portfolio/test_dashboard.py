"""The dashboard counts what is there: by stage, claimed against proven, stuck and due."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.services.reviews import open_review
from gates.standings import refresh
from portfolio.overview import overview
from portfolio.sentences import state_of
from tests.factories import (
    NOW,
    make_assessment,
    make_passed,
    make_playbook,
    make_rollout,
    make_unit,
)
from tests.portfolio.inventory import CSV, needs_inventory, raw_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    make_playbook()


def parts(client: Client, **query: str) -> dict[str, Any]:
    return dict(client.get(reverse("portfolio:dashboard"), query).context["figures"])


def test_an_empty_portfolio_says_so(carol: User, client: Client) -> None:
    client.force_login(carol)
    assert "No initiative is under way yet." in client.get("/dashboard/").content.decode()


def test_each_stage_counts_what_is_under_way_and_what_is_claimed(
    maya: User, devin: User, carol: User, reviewers: list[User]
) -> None:
    make_passed(
        make_rollout(owner=maya, sponsor=carol),
        gates=1,
        owner=maya,
        verifier=devin,
        reviewers=reviewers,
        decider=carol,
    )
    make_rollout()
    make_rollout(stage="steady")
    make_rollout(stage="limited")
    make_rollout(stage="retired")
    found = overview(NOW.date())
    assert {key: place.here for key, place in found.places.items() if place.here} == {
        "intake": 1,
        "pilot": 1,
    }
    assert {key: place.claimed for key, place in found.places.items() if place.claimed} == {
        "limited": 1,
        "steady": 1,
    }
    assert found.claims_labelled("extended_pilot") == 1


def test_risks_are_counted_by_mode_and_stage(maya: User) -> None:
    rollout = make_rollout(owner=maya)
    make_assessment(rollout.initiative, "budget", by=maya, likelihood=5, impact=4, response="none")
    make_assessment(rollout.initiative, "value", by=maya, likelihood=2, impact=2)
    found = overview(NOW.date())
    assert dict(found.severe) == {("budget", "intake"): 1}
    assert found.untreated == {("budget", "intake")}


def test_what_is_due_and_what_is_late(maya: User, hannah: User) -> None:
    open_review(rollout=make_rollout(owner=maya), by=maya, at=NOW, due=NOW.date())
    later = open_review(
        rollout=make_rollout(owner=maya), by=maya, at=NOW, due=NOW.date() + timedelta(days=200)
    )
    assert [due.kind for due in overview(NOW.date()).due] == ["review"]
    tomorrow = NOW.date() + timedelta(days=1)
    assert overview(tomorrow).late("review") == 1
    assert overview(later.due).late("review") == 1


def test_a_unit_shows_itself_and_what_is_below_it(carol: User, client: Client) -> None:
    inside, outside = make_unit("Agency", "Bureau"), make_unit("Other")
    make_rollout(unit=inside)
    make_rollout(unit=outside)
    client.force_login(carol)
    assert inside.parent is not None
    assert parts(client)["under_way"] == 2
    assert parts(client, unit=str(inside.parent.pk))["under_way"] == 1


def test_the_sentence_leads_with_what_is_proven_and_what_is_stalled(maya: User) -> None:
    quiet = make_rollout(owner=maya, at=NOW - timedelta(days=60))
    make_rollout(owner=maya)
    refresh([quiet.initiative_id], NOW)
    sentence = str(state_of(overview(NOW.date()), "budget"))
    assert sentence == (
        "None of 2 under way counts as proven production. "
        "One is stalled, most often with budget as the worst risk"
    )


def test_people_who_see_only_their_own_get_no_dashboard(maya: User, client: Client) -> None:
    client.force_login(maya)
    assert client.get(reverse("portfolio:dashboard")).status_code == 403


@needs_inventory
@pytest.mark.seed("S-152", "S-153")
def test_every_claim_of_production_in_the_inventory_is_an_extended_pilot(
    hannah: User, client: Client
) -> None:
    headings, *rows = raw_rows()
    stage = headings.index("Stage of Development")
    said = {"Operation and Maintenance", "In production", "In mission"}
    claims = sum(row[stage].strip() in said for row in rows)
    assert claims == 892
    call_command("import_initiatives", str(CSV), "--preset", "omb-2024", verbosity=0)
    client.force_login(hannah)
    text = " ".join(client.get("/dashboard/").content.decode().split())
    assert f"{claims} initiatives claim to be in production; all of them are extended" in text
    assert f"All {claims} claims of production are extended pilots" in text
    assert parts(client)["extended_claims"] == claims


def test_what_waits_for_the_reader_is_read_before_the_charts(carol: User, client: Client) -> None:
    make_rollout()
    client.force_login(carol)
    page = client.get("/dashboard/").content.decode()
    headings = ["Decisions waiting for you", "The way through", "What stands in the way, by stage"]
    places = [page.index(f"<h2>{heading}") for heading in headings]
    assert places == sorted(places)


def test_where_it_counts_otherwise_than_the_portfolio_it_says_so(
    maya: User, carol: User, client: Client
) -> None:
    long_ago = NOW - timedelta(days=200)
    quiet = make_rollout(owner=maya, at=long_ago)
    claims = [make_rollout(stage=stage, at=long_ago) for stage in ("limited", "scaled", "scaled")]
    refresh([rollout.initiative_id for rollout in (quiet, *claims)], NOW)
    client.force_login(carol)
    page = " ".join(client.get("/dashboard/").content.decode().split())
    assert parts(client)["stalled"] == 1
    assert ">3 claims stalled besides</a>." in page
    assert (
        "1 claim of limited production, past its plan, is an extended pilot too, "
        "so 3 in all are that by claim alone." in page
    )
