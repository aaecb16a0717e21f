"""One initiative from intake to steady state, by four people, in a browser.

Gate 0 is done wholly by hand. At later gates each kind of task is done by hand once, and the
services do the rest of its kind: they are the same for every criterion, check and failure mode.
"""

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.roles import Remit, Role
from gates.models import Rollout
from tests.browser.hands import Keyboard, Mouse
from tests.browser.people import Someone
from tests.factories import make_playbook, make_ready, make_sign_offs, make_user
from tests.plugins.site import Visitors

pytestmark = pytest.mark.django_db(transaction=True)

# Typed the same whether the browser puts the day or the month first.
TWELFTH = date(timezone.now().year + 1, 12, 12)

Visit = Callable[[User], Someone]


@pytest.fixture(params=["keyboard", "mouse without JavaScript"])
def visit(request: pytest.FixtureRequest, visitors: Visitors) -> Visit:
    """Both kinds of hands, and pages with and without scripts, in two plays of all of it."""
    javascript = request.param == "keyboard"
    hands = Keyboard if javascript else Mouse

    def visit(person: User) -> Someone:
        page = visitors.page(person, javascript=javascript)
        return Someone(page, hands(page))

    return visit


def at(stage: str) -> bool:
    return Rollout.objects.filter(stage=stage).exists()


@pytest.mark.seed("S-013", "S-019", "S-157")
def test_from_intake_to_steady_state(visit: Visit) -> None:
    make_playbook()
    hannah = make_user("Hannah Cole", Role.PROGRAM_OFFICE)
    maya = make_user("Maya Okafor")
    lena = make_user("Lena Haas", remits=Remit.values)
    carol = make_user("Carol Nakamura", Role.EXECUTIVE)
    office, owner, reviewer, sponsor = map(visit, (hannah, maya, lena, carol))

    office.adds_an_initiative(
        "Claims triage assistant", owner="Maya Okafor", sponsor="Carol Nakamura"
    )
    office.button("Open the Gate 0 review")
    office.sees("Gate 0 review opened.")
    rollout = Rollout.objects.get()
    review = f"{rollout.initiative.get_absolute_url()}review/"

    def the_rest_is_done() -> None:
        make_ready(rollout, by=maya, verifier=lena, at=timezone.now())

    def the_rest_is_signed() -> None:
        submitted = rollout.reviews.get(state="submitted")
        said = submitted.sign_offs.values_list("remit", flat=True)
        make_sign_offs(submitted, [lena], skip=[*said], at=timezone.now())

    def owner_opens(gate: int) -> None:
        owner.open(rollout.initiative.get_absolute_url())
        owner.button(f"Open the Gate {gate} review")
        owner.sees(f"Gate {gate} review opened.")

    # Gate 0, wholly by hand. Refused while failure modes are not assessed.
    owner.open(review)
    for area in owner.open_tasks("design"):
        owner.answers_area(area)
    for number, criterion in enumerate(owner.open_tasks("criterion")):
        owner.judges(criterion, evidence="Baseline report", new=number == 0)
    owner.assumes("Records arrive by six", tested_by="Four weeks of deliveries")
    owner.open(review)
    owner.agrees_to_end("Nobody uses it", shown_by="Below 10 % of the cases after four weeks")
    owner.open(review)
    owner.submits(refused=True)
    owner.sees("Not assessed, so nobody knows whether it is critical.")
    owner.open(review)
    for mode in owner.open_tasks("failure_mode"):
        owner.open(review)
        owner.assesses(mode)
    owner.open(review)
    owner.submits()
    reviewer.signs("Business")
    reviewer.signs("Funding")
    sponsor.opens_the_decision()
    sponsor.decides("Go", "The baseline is sound and the path is paid for.", says="Gate 0: Go")
    assert at("pilot")

    # Gate 1: every check gets somebody who answers for it. An objection keeps the gate shut.
    owner_opens(1)
    owner.takes_every_check("Maya Okafor")
    owner.open(review)
    owner.measures("Business metrics improved", "Days to a first look", baseline=9, latest=6)
    owner.open(review)
    owner.judges(owner.open_tasks("criterion")[0], evidence="Pilot figures", new=True)
    the_rest_is_done()
    owner.open(review)
    owner.submits()
    reviewer.signs("Business", objects="The champions alone used it.")
    sponsor.opens_the_decision()
    expect(sponsor.page.get_by_role("radio", name="Go", exact=True)).to_be_disabled()
    sponsor.sees("The champions alone used it.")
    reviewer.changes_word("Business", review)
    the_rest_is_signed()
    sponsor.opens_the_decision()
    sponsor.decides("Go", "Non-champions use it as much.", says="Gate 1: Go")
    assert at("readiness")

    # Gate 2: checks are planned, the monitoring ones met. Refused while they are not.
    owner_opens(2)
    owner.plans(
        owner.open_tasks("rung")[0],
        solution="The feed runs every night.",
        due=TWELFTH,
    )
    monitoring = next(check for check in rollout.playbook.parsed.checks if check.monitoring)
    owner.open(review)
    owner.meets(monitoring.name, evidence="Dashboard of the pilot")
    reviewer.verifies("Dashboard of the pilot", rollout.initiative.get_absolute_url())
    owner.open(review)
    owner.submits(refused=True)
    the_rest_is_done()
    owner.open(review)
    owner.submits()
    reviewer.signs("Security")
    the_rest_is_signed()
    office.opens_the_decision()
    office.decides("Go", "Every gap has a path and a date.", says="Gate 2: Go")
    assert at("limited")

    # Gate 3: every check is met. Whoever owns the initiative cannot decide.
    owner_opens(3)
    the_rest_is_done()
    owner.open(review)
    owner.submits()
    the_rest_is_signed()
    owner.open(f"{rollout.initiative.get_absolute_url()}decide/")
    owner.sees("You may not decide this")
    sponsor.opens_the_decision()
    sponsor.decides("Go", "Stable at a sixth of the population.", says="Gate 3: Go")
    assert at("scaled")

    # Gate 4: nothing is decided on facts that changed since the page was opened.
    owner_opens(4)
    the_rest_is_done()
    owner.open(review)
    owner.submits()
    the_rest_is_signed()
    sponsor.opens_the_decision()
    owner.open(review)
    owner.assesses(rollout.playbook.parsed.failure_modes[0].name, impact=3)
    sponsor.decides("Go", "Everyone is reached, within cost.", says="Nothing was decided")
    assert at("scaled")
    sponsor.decides("Go", "Everyone is reached, within cost.", says="Gate 4: Go")
    assert at("steady")
    owner.open(rollout.initiative.get_absolute_url())
    owner.sees("Nothing is due: it runs in steady state")
