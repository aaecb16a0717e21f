"""What initiatives share, seen across the portfolio."""

import html
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from gates.models import Rollout
from initiatives.dependencies import answer_fault, mend_fault
from initiatives.models import Dependency, Initiative
from portfolio.dependencies import Shown, stage_at, weighed
from tests.factories import (
    NOW,
    make_decision,
    make_dependency,
    make_fault,
    make_initiative,
    make_passed,
    make_rollout,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollouts(
    maya: User, lena: User, carol: User, hannah: User, reviewers: list[User]
) -> list[Rollout]:
    """In the pilot, at intake, and stopped."""
    people: dict[str, Any] = {"owner": maya, "verifier": lena, "reviewers": reviewers}
    begun = [
        make_rollout(make_initiative(owner=maya, sponsor=carol, by=hannah), by=hannah)
        for _ in range(3)
    ]
    make_passed(begun[0], gates=1, decider=carol, **people)
    make_decision(begun[2], "stop", by=carol)
    return begun


@pytest.fixture
def initiatives(rollouts: list[Rollout]) -> list[Initiative]:
    return [Initiative.objects.get(pk=rollout.initiative_id) for rollout in rollouts]


@pytest.fixture
def vendor(initiatives: list[Initiative], maya: User) -> Dependency:
    return make_dependency(*initiatives, by=maya, name="Acme Speech")


@pytest.fixture
def executive(carol: User) -> Client:
    client = Client()
    client.force_login(carol)
    return client


def read(client: Client, url: str) -> str:
    return html.unescape(client.get(url).content.decode())


def weights(dependency: Dependency) -> tuple[int, str, int, int]:
    row = weighed(Dependency.objects.filter(pk=dependency.pk)).get()
    return row.relying, stage_at(row.farthest), row.failures, row.unanswered


def test_what_is_at_stake_counts_what_is_under_way(
    vendor: Dependency, initiatives: list[Initiative], maya: User
) -> None:
    pilot, intake, stopped = initiatives
    assert weights(vendor) == (2, "Production-first pilot", 0, 0)
    first = make_fault(vendor, intake, by=maya)
    assert weights(vendor) == (2, "Production-first pilot", 1, 1)
    make_fault(vendor, stopped, by=maya)
    assert weights(vendor) == (2, "Production-first pilot", 2, 3)
    said: dict[str, Any] = {"verdict": "no_concern", "text": "Unused.", "by": maya, "at": NOW}
    answer_fault(fault=first, initiative=pilot, **said)
    assert weights(vendor) == (2, "Production-first pilot", 2, 2)
    mend_fault(fault=first, note="A larger plan.", by=maya, at=NOW)
    assert weights(vendor) == (2, "Production-first pilot", 1, 2)
    unused = make_dependency(stopped, by=maya)
    assert weights(unused) == (0, "", 0, 0)


def test_the_list_is_by_kind_with_what_fails_first(
    vendor: Dependency, initiatives: list[Initiative], maya: User
) -> None:
    first, second, _stopped = initiatives
    register = make_dependency(first, by=maya, kind="data_source", name="Case register")
    failing = make_dependency(second, by=maya, name="Zeta Maps")
    make_fault(failing, second, by=maya)

    def named(**query: str) -> list[str]:
        return [row.name for row in weighed(Shown.of(query).dependencies())]

    assert named() == ["Case register", "Zeta Maps", "Acme Speech"]
    assert named(kind="vendor") == ["Zeta Maps", "Acme Speech"]
    assert named(kind="nonsense") == named()
    assert named(q="case REG") == [register.name]
    assert named(q="procurement maps") == ["Zeta Maps"]
    assert named(failing="1") == ["Zeta Maps"]


def test_the_pages_say_who_relies_on_it_and_what_each_makes_of_its_failures(
    executive: Client, vendor: Dependency, initiatives: list[Initiative], maya: User
) -> None:
    pilot, intake, stopped = initiatives
    fault = make_fault(vendor, intake, by=maya, text="Late at noon")
    overview = read(executive, "/dependencies/")
    assert "Acme Speech" in overview
    url = f"/dependencies/{vendor.pk}/"
    page = read(executive, url)
    assert "Not answered" in page
    assert "found here" in page
    assert f"/initiatives/{intake.reference}/dependencies/" in page
    assert f"/initiatives/{stopped.reference}/dependencies/" not in page
    said: dict[str, Any] = {"fault": fault, "by": maya, "at": NOW}
    answer_fault(initiative=pilot, verdict="handled", text="A second vendor.", **said)
    page = read(executive, url)
    assert "Handled" in page
    assert "A second vendor." in page
    mend_fault(note="A larger plan.", **said)
    page = read(executive, url)
    assert "A larger plan." in page
    assert "nothing open" in page


def test_a_list_that_finds_nothing_says_so(executive: Client, vendor: Dependency) -> None:
    assert "Nothing fits these filters" in read(executive, "/dependencies/?q=nobody")
    assert executive.get("/dependencies/99999/").status_code == 404


def test_the_account_menu_leads_there(executive: Client, maya: User, vendor: Dependency) -> None:
    link = 'href="/dependencies/"'
    assert link in read(executive, "/dashboard/")
    client = Client()
    client.force_login(maya)
    assert link not in read(client, "/tasks/")
