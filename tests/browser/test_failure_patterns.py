"""The seven failure patterns that the playbook's source narrates, played with its figures.

Each time everything else that the gate asks for is in place. Somebody enters the facts of the
story; the product names the failure mode at once, and the gate that ``docs/playbook-coverage.md``
names refuses with that reason: the review cannot be submitted, and no go can be decided.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.roles import Remit, Role
from gates.models import Rollout
from gates.services.reviews import open_review
from tests.browser.hands import Mouse
from tests.browser.people import Someone
from tests.factories import make_initiative, make_passed, make_ready, make_rollout, make_user
from tests.plugins.seed import PAGE
from tests.plugins.site import Visitors

pytestmark = pytest.mark.django_db(transaction=True)

WRITTEN_DOWN = (Path(__file__).parents[2] / PAGE).read_text("utf-8")
# The table of the patterns is the only one with five columns; the gate is in its last.
GATES = {
    statement: int(gate)
    for statement, gate in re.findall(
        r"^\| (S-\d{3}) (?:\|[^|]*){3}\| Gate (\d)[^|]*\|$", WRITTEN_DOWN, re.MULTILINE
    )
}


@dataclass
class Story:
    """An initiative, its owner and its sponsor at their browsers, and who helps behind them."""

    rollout: Rollout
    owner: Someone
    sponsor: Someone
    helpers: dict[str, User]

    @property
    def path(self) -> str:
        return self.rollout.initiative.get_absolute_url()

    @property
    def reviewer(self) -> User:
        return self.helpers["reviewer"]

    def passes(self, gates: int) -> None:
        self.rollout = make_passed(
            self.rollout,
            gates=gates,
            owner=self.helpers["owner"],
            verifier=self.reviewer,
            reviewers=[self.reviewer],
            decider=self.helpers["office"],
            at=timezone.now(),
        )

    def all_but(self, *left: str) -> None:
        """Meet what the next gate asks for, but for these findings, and open its review."""
        owner, now = self.helpers["owner"], timezone.now()
        make_ready(self.rollout, by=owner, verifier=self.reviewer, skip=left, at=now)
        open_review(rollout=self.rollout, by=owner, at=now)

    # What the owner does

    def assesses(
        self, mode: str, figures: dict[str, str], *, speaks: str, rated: str, **judged: Any
    ) -> None:
        """Enters figures on a failure mode's page and leaves the judgement to them."""
        owner = self.owner
        owner.open(f"{self.path}risks/{mode}/")
        for question, figure in figures.items():
            field = owner.field(question)
            if field.evaluate("field => field.tagName") == "SELECT":
                owner.hands.choose(field, figure)
            else:
                owner.hands.fill(field, figure)
        # Named while the figures are still being typed.
        owner.field("What is done about it").focus()
        expect(owner.page.locator("#preview")).to_contain_text(speaks)
        for scale in ("Likelihood", "Impact"):
            answer = judged.get(scale, "As the figures suggest")
            group = owner.page.get_by_role("group", name=scale, exact=True)
            owner.hands.tick(group.get_by_role("radio", name=answer))
        owner.pick("None")
        owner.button("Save the assessment")
        owner.sees(rated)

    def is_refused(self, statement: str, *reasons: str) -> None:
        """The gate that is written down for the statement stays shut: the page names why, the
        review cannot be submitted, and the sponsor cannot decide a go."""
        gate, stage = GATES[statement], self.rollout.stage
        self.owner.open(self.path)
        shut = self.owner.page.locator("section").filter(
            has=self.owner.page.get_by_role("heading", name=f"What keeps Gate {gate} shut")
        )
        self.owner.open(f"{self.path}review/")
        self.owner.submits(refused=True)
        for reason in reasons:
            self.owner.sees(reason)
        self.owner.open(self.path)
        for reason in reasons:
            expect(shut.last).to_contain_text(reason)
        self.sponsor.open(f"{self.path}decide/")
        expect(self.sponsor.page.get_by_role("radio", name="Go", exact=True)).to_be_disabled()
        for reason in reasons:
            self.sponsor.sees(reason)
        assert Rollout.objects.get(pk=self.rollout.pk).stage == stage


@pytest.fixture
def story(visitors: Visitors) -> Callable[..., Story]:
    def begins(*, gates: int, **fields: Any) -> Story:
        helpers = {
            "owner": make_user("Maya Okafor"),
            "sponsor": make_user("Carol Nakamura", Role.EXECUTIVE),
            "reviewer": make_user("Lena Haas", remits=Remit.values),
            "office": make_user("Hannah Cole", Role.PROGRAM_OFFICE),
        }
        people = {"owner": helpers["owner"], "sponsor": helpers["sponsor"]}
        now = timezone.now()
        initiative = make_initiative(name="Claims triage", at=now, **people, **fields)
        rollout = make_rollout(initiative, by=helpers["owner"], at=now)
        pages = {name: visitors.page(person) for name, person in people.items()}
        hands = {name: Someone(page, Mouse(page)) for name, page in pages.items()}
        told = Story(rollout, hands["owner"], hands["sponsor"], helpers)
        told.passes(gates)
        return told

    return begins


@pytest.mark.seed("S-038", "S-037")
def test_data_that_is_good_in_the_pilot_alone(story: Callable[..., Story]) -> None:
    told = story(gates=1)
    told.all_but()
    told.assesses(
        "data_quality",
        {
            "Was data quality measured on all production records": "Yes",
            "Which share of production records reaches the quality threshold?": "60",
            "Which share of production records lacks a critical field?": "20",
            "Which share of production records is wrong": "5",
        },
        speaks="60 % or less is the failure itself",
        rated="Data quality at scale: rated critical.",
    )
    told.is_refused(
        "S-038",
        "Data quality at scale",
        "Critical, and nothing is planned against it. 60 % or less is the failure itself",
    )


@pytest.mark.seed("S-043", "S-042")
def test_an_integration_of_six_months_that_nobody_planned(story: Callable[..., Story]) -> None:
    told = story(gates=0)
    told.all_but("failure_mode:integration")
    owner = told.owner
    for system in ("Claims ledger", "Document store", "Customer register"):
        owner.open(f"{told.path}sources/")
        if not owner.field("System").is_visible():
            owner.page.get_by_text("List a system").click()
        owner.fill(System=system, Months_of_effort="2")
        owner.pick("By hand: exports and uploads")
        owner.choose(In_scope="No", In_budget="No")
        owner.button("List it")
        owner.sees(f"{system}: added.")
    owner.sees("3 of 3 systems")
    owner.sees("Integration complexity")
    owner.sees("Six months or more outlasts the patience behind most pilots.")
    owner.sees("Work outside the scope is work that nobody does.")
    told.is_refused(
        "S-043",
        "Integration complexity",
        "its figures speak already: Six months or more outlasts the patience behind most pilots.",
    )


@pytest.mark.seed("S-047", "S-046", "S-051")
def test_twenty_enthusiasts_then_under_a_third_of_five_hundred(
    story: Callable[..., Story],
) -> None:
    told = story(gates=1, population=500)
    told.assesses(
        "resistance",
        {"How many people are in the pilot?": "20", "How many of them are champions": "20"},
        speaks="Everybody in the pilot is a champion",
        rated="Organizational resistance: rated high.",
        Impact="3 Serious",
    )
    told.owner.open(told.path)
    told.owner.sees("Champion trap")
    told.owner.sees("100 % of the pilot group volunteered")
    told.passes(3)
    told.all_but()
    owner = told.owner
    owner.open(f"{told.path}reach/")
    owner.link("Add the first group")
    owner.fill(Group="All claims handlers", People="500")
    owner.button("Save the group")
    owner.link("Measure", owner.page.locator("#groups"))
    owner.fill(Really_using_it="145")
    owner.button("Save the figure")
    owner.sees("All claims handlers: 29 %.")
    told.is_refused(
        "S-047",
        "Organizational resistance",
        "Below 30 % most people have stayed with the old process.",
        "All claims handlers is below its target",
    )


@pytest.mark.seed("S-055", "S-054")
def test_three_surprises_in_the_production_review(story: Callable[..., Story]) -> None:
    told = story(gates=2)
    told.all_but()
    told.assesses(
        "governance",
        {
            "Can people see through the system only what they may see at its source?": "No",
            "Do outputs name their sources where the rules want it?": "No",
            "Is a human's sign-off in the audit trail": "No",
        },
        speaks="Showing data without the right to it stops every security review.",
        rated="Governance gap: rated critical.",
    )
    told.is_refused(
        "S-055",
        "Governance gap",
        "Showing data without the right to it stops every security review.",
    )


@pytest.mark.seed("S-060", "S-058")
def test_eight_hundred_milliseconds_where_the_work_allows_two_hundred(
    story: Callable[..., Story],
) -> None:
    told = story(gates=1)
    told.all_but()
    told.assesses(
        "readiness",
        {
            "Which response time does the work require?": "200",
            "Which response time was measured?": "800",
        },
        speaks="Slower than the work allows: expect changes to the architecture.",
        rated="Production readiness: rated critical.",
    )
    told.is_refused("S-060", "Production readiness", "Slower than the work allows")


@pytest.mark.seed("S-064", "S-063", "S-066")
def test_a_handover_that_nobody_pays_for(story: Callable[..., Story]) -> None:
    unfunded = {"production_owner": "", "production_funder": "", "funding_mechanism": ""}
    told = story(gates=1, **unfunded)
    told.all_but()
    told.owner.open(told.path)
    told.owner.sees("Learning exercise")
    told.assesses(
        "budget",
        {
            "Is the production owner named?": "No",
            "Is the funder of ongoing operations named?": "No",
            "Is the mechanism agreed": "No",
            "What pays for running it?": "nothing yet",
            "Are the people who run and maintain it funded?": "No",
        },
        speaks="Without an owner in production this is a learning exercise.",
        rated="Budget and resource discontinuity: rated critical.",
    )
    told.is_refused(
        "S-064",
        "Budget and resource discontinuity",
        "Without an owner in production this is a learning exercise.",
        "this is a learning exercise, which passes no gate after Gate 0",
    )


@pytest.mark.seed("S-068", "S-067", "S-069")
def test_helpful_to_eighty_five_percent_and_no_business_metric(
    story: Callable[..., Story],
) -> None:
    told = story(gates=1)
    told.all_but("criterion:business_metrics_positive")
    owner = told.owner
    owner.open(f"{told.path}metrics/")
    owner.fill(Metric="Answers rated helpful", Unit="% of users", Latest_figure="85")
    owner.hands.fill_day(owner.field("Measured on"), timezone.now().date())
    owner.pick("The model's own performance")
    owner.pick("Higher is better")
    owner.button("Add it")
    owner.sees("Answers rated helpful: added.")
    owner.sees("Value measurement")
    owner.sees("asked whether decisions got better, work got faster or errors fell")
    told.is_refused(
        "S-068",
        "Value measurement",
        "A model metric or a share of helpful ratings (85 %, say) is no business case.",
    )
