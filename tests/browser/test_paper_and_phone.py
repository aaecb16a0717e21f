"""What is printed, and what comes first on a phone: laid out by the sheet, so seen in a browser."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from gates.models import Rollout
from tests.factories import make_initiative, make_ready, make_rollout, make_submitted
from tests.plugins.site import Visitors

pytestmark = pytest.mark.django_db(transaction=True)
PAPER = 680  # what A4 leaves between its margins, in CSS pixels


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User, lena: User) -> Rollout:
    now = timezone.now()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, by=hannah, at=now), at=now)
    make_ready(rollout, by=maya, verifier=lena, at=now, skip=["criterion:kill_criteria_agreed"])
    make_submitted(rollout, by=maya, at=now)
    return rollout


def top(page: Page, heading: str) -> float:
    box = page.get_by_role("heading", name=heading).bounding_box()
    assert box is not None
    return box["y"]


def test_the_printed_initiative_holds_facts_and_no_controls(
    visitors: Visitors, rollout: Rollout, maya: User
) -> None:
    page = visitors.page(maya, width=PAPER)
    page.goto(rollout.initiative.get_absolute_url())
    page.emulate_media(media="print")
    text = page.locator("body").inner_text()
    assert "Seven failure modes" in text
    for control in ("Edit", "Assess", "Open the ladder", "Add evidence", "Change", "Full record"):
        assert not re.search(rf"^{control}\b", text, re.MULTILINE), control
    expect(page.get_by_role("button")).to_have_count(0)
    stages = [stage.bounding_box() for stage in page.locator(".way > .stage").all()]
    assert len({box["y"] for box in stages}) == 1  # beside each other, all of one height
    assert len({box["height"] for box in stages}) == 1
    assert stages[-1]["x"] + stages[-1]["width"] <= PAPER
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER


def test_a_decider_on_a_phone_is_one_tap_from_the_choice_and_sees_what_is_open_before_it(
    visitors: Visitors, rollout: Rollout, carol: User
) -> None:
    page = visitors.page(carol, width=320)
    page.goto(reverse("gates:decide", args=[rollout.initiative.reference]))
    order = ["Open blockers", "Your decision", "Sign-offs by remit"]
    places = [top(page, heading) for heading in order]
    assert places == sorted(places)
    page.get_by_role("link", name="Go to the decision").click()
    expect(page.get_by_label("Conditional go")).to_be_in_viewport()


def test_an_executive_on_a_phone_sees_what_waits_before_the_charts(
    visitors: Visitors, rollout: Rollout, carol: User
) -> None:
    page = visitors.page(carol, width=320)
    page.goto(reverse("portfolio:dashboard"))
    assert top(page, "Decisions waiting for you") < top(page, "The way through")
