"""The graveyard: what rests, why, at which cost; conversion and stall rates."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from gates.case import case_of
from gates.models import Rollout
from gates.services.rollouts import pause
from gates.services.stalls import note_stall, revive
from gates.standings import refresh
from gates.today import today
from initiatives.models import Cost
from portfolio.conversion import conversion
from portfolio.graveyard import Plot, graves, graves_of, sunk, tally
from tests.factories import (
    make_decision,
    make_initiative,
    make_passed,
    make_rollout,
    make_unit,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=45)
URL = "/graveyard/"


@pytest.fixture
def begin(maya: User, carol: User, peter: User):
    def begun(name: str, *, at=NOW, stage: str = "intake", **fields) -> Rollout:
        initiative = make_initiative(
            name=name, owner=maya, sponsor=carol, by=peter, at=at, **fields
        )
        rollout = make_rollout(initiative, stage=stage, by=peter, at=at)
        refresh([initiative.pk], NOW)
        return rollout

    return begun


@pytest.fixture
def yard(begin, maya: User, hannah: User) -> dict[str, Rollout]:
    """One of each that rests, and one that does not."""
    found = {
        "moving": begin("Moving"),
        "stalled": begin("Stalled", at=LONG_AGO),
        "paused": begin("Paused"),
        "stopped": begin("Stopped", unit=make_unit("Other department")),
    }
    pause(
        rollout=found["paused"],
        reason="Waiting for resources to be allocated.",
        cause="budget",
        by=maya,
        at=NOW,
    )
    make_decision(found["stopped"], "stop", by=hannah, at=NOW, cause="value", reason="No use.")
    return found


def listed(**plot) -> dict[str, str]:
    """The names in the plot, each with its cause."""
    return {grave.name: grave.cause for grave in graves_of(graves(Plot(**plot)))}


@pytest.mark.seed("S-023")
def test_what_rests_is_listed_with_its_coded_cause(yard) -> None:
    assert listed() == {
        "Stalled": "",
        "Paused": "Budget and resource discontinuity",
        "Stopped": "Value measurement",
    }


def test_each_date_says_of_what_it_is_and_each_act_what_it_makes(
    client: Client, yard, hannah: User
) -> None:
    client.force_login(hannah)
    rows = {row["grave"].name: row for row in client.get(URL).context["rows"]}
    said = {name: (row["grave"].since_what, row["grave"].ends) for name, row in rows.items()}
    assert said == {
        "Stalled": ("last progress", "stopped"),
        "Paused": ("paused", "stopped"),
        "Stopped": ("stopped", ""),
    }
    for row in rows.values():
        assert row["days"] == (today() - row["grave"].since.date()).days


def test_it_is_narrowed_by_state_mode_and_unit(yard) -> None:
    assert set(listed(state="paused")) == {"Paused"}
    assert set(listed(mode="value")) == {"Stopped"}
    assert set(listed(mode="none")) == {"Stalled"}
    assert set(listed(unit=yard["stopped"].initiative.unit_id)) == {"Stopped"}


def test_the_tally_agrees_with_the_list(yard) -> None:
    for plot in (
        Plot(),
        Plot(state="paused"),
        Plot(mode="none"),
        Plot(state="paused", mode="value"),
    ):
        assert tally(plot).found == len(graves(plot))
    assert tally(Plot()).states == {"stalled": 1, "paused": 1, "stopped": 1}


@pytest.mark.seed("S-023")
def test_causes_are_told_by_the_stage_in_which_they_struck(yard, passed, hannah: User) -> None:
    later = passed(Rollout.objects.get(pk=yard["moving"].pk), 1)
    make_decision(later, "stop", by=hannah, at=NOW, cause="value")
    causes = tally(Plot()).causes
    assert (causes["value", "intake"], causes["value", "pilot"]) == (1, 1)
    assert tally(Plot()).caused("value") == 2


def test_a_claim_rests_only_once_somebody_paused_it(begin, maya: User) -> None:
    claimed = begin("Claimed", at=LONG_AGO, stage="limited")
    assert listed() == {}
    pause(rollout=claimed, reason="Waits.", cause="budget", by=maya, at=NOW)
    assert set(listed()) == {"Claimed"}


@pytest.mark.seed("S-022")
@pytest.mark.seed("S-022")
def test_a_note_codes_a_stall(yard, maya: User) -> None:
    note_stall(rollout=yard["stalled"], words="Under review.", cause="governance", by=maya, at=NOW)
    assert listed()["Stalled"] == "Governance gap"


@pytest.mark.seed("S-020")
@pytest.mark.seed("S-020")
def test_polite_words_are_answered_with_what_to_ask(yard) -> None:
    (grave,) = graves_of(graves(Plot(state="paused")))
    assert grave.words is not None
    assert grave.words.ask.startswith("Whose budget")


def test_the_cost_sunk_is_the_actual_costs_by_currency(yard, maya: User) -> None:
    month = NOW.date().replace(day=1)
    for kind, currency, actual in (("talent", "EUR", 900), ("operations", "EUR", 100)):
        Cost.objects.create(
            initiative=yard["paused"].initiative, month=month, kind=kind, currency=currency,
            planned=5000, actual=actual, entered_by=maya, entered_at=NOW,
        )  # fmt: skip
    Cost.objects.create(
        initiative=yard["moving"].initiative, month=month, kind="talent", currency="USD",
        actual=7, entered_by=maya, entered_at=NOW,
    )  # fmt: skip
    (grave,) = graves_of(graves(Plot(state="paused")))
    assert grave.spent == {"EUR": 1000}
    assert sunk(Plot()).spent == {"EUR": 1000}


def test_what_was_stopped_and_begun_anew_rests_no_longer(yard, peter: User) -> None:
    stopped = Rollout.objects.get(pk=yard["stopped"].pk)
    revive(
        rollout=stopped,
        reason="A sponsor was found.",
        change_by=None,
        seen=case_of(stopped, at=NOW).seen,
        by=peter,
        at=NOW,
    )
    assert "Stopped" not in listed()


# Rates


@pytest.fixture
def passed(maya: User, devin: User, reviewers: list[User], hannah: User):
    def through(rollout: Rollout, gates: int) -> Rollout:
        return make_passed(
            rollout,
            gates=gates,
            owner=maya,
            verifier=devin,
            reviewers=reviewers,
            decider=hannah,
            at=NOW,
        )

    return through


@pytest.mark.seed("S-021", "S-034")
@pytest.mark.seed("S-021", "S-034")
def test_a_pilot_is_positive_once_gate_1_was_passed(begin, passed, hannah: User) -> None:
    proven = passed(begin("Proven pilot"), 2)
    make_decision(proven, "stop", by=hannah, at=NOW)
    make_decision(begin("No pilot"), "stop", by=hannah, at=NOW)
    counted = tally(Plot())
    assert (counted.positive, counted.judged, counted.unjudged) == (1, 1, 1)


def test_conversion_counts_what_reached_steady_state_and_keeps_it_when_retired(
    begin, passed, hannah: User
) -> None:
    passed(begin("Runs"), 5)
    make_decision(passed(begin("Retired"), 5), "stop", by=hannah, at=NOW)
    make_decision(begin("Stopped"), "stop", by=hannah, at=NOW)
    begin("Live")
    begin("Claims steady state", stage="steady")
    rates = conversion()
    assert (rates.reached, rates.lost, rates.live, rates.claims) == (2, 1, 1, 1)
    assert rates.over == 3
    assert rates.lost_share == pytest.approx(1 / 3)


# The page


@pytest.mark.seed("S-033", "S-034")
@pytest.mark.seed("S-033")
def test_the_page_shows_the_published_figure_as_published_and_ours_as_too_few(
    client: Client, yard, carol: User
) -> None:
    client.force_login(carol)
    html = client.get(URL).content.decode()
    assert "a published figure, not ours" in html
    assert "78 %" in html
    assert "Gartner" in html
    assert "too few to compare" in html


def test_ours_is_compared_from_ten_on(client: Client, begin, carol: User, hannah: User) -> None:
    for number in range(10):
        make_decision(begin(f"Number {number}"), "stop", by=hannah, at=NOW)
    client.force_login(carol)
    html = client.get(URL).content.decode()
    assert "too few to compare" not in html
    assert "10 of 10" in html


def test_an_uncoded_stall_offers_its_action_to_whoever_may_code_it(
    client: Client, yard, hannah: User, carol: User
) -> None:
    url = reverse("gates:stall", args=[yard["stalled"].initiative.reference])
    client.force_login(hannah)
    assert url in client.get(URL).content.decode()
    client.force_login(carol)
    assert url not in client.get(URL).content.decode()


def test_an_old_or_mistyped_address_shows_everything(client: Client, yard, hannah: User) -> None:
    client.force_login(hannah)
    answer = client.get(URL, {"state": "lost", "mode": "luck", "unit": "x", "page": "99"})
    assert len(answer.context["rows"]) == 3


def test_owners_see_no_graveyard(client: Client, maya: User) -> None:
    client.force_login(maya)
    assert client.get(URL).status_code == 403
