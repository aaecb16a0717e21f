"""The value ledger: promises beside what was measured, and optimism by sponsor and unit."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.models import Promise, Rollout
from gates.services.promises import due, reconcile
from metrics.observations import Reading, record_observations
from playbook.loading import standard
from portfolio.promised import Account, Shown, by_sponsor, by_unit, listed, units, whole
from tests.api.calling import Caller
from tests.factories import (
    make_decision,
    make_initiative,
    make_metric,
    make_passed,
    make_playbook,
    make_rollout,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
THEN = NOW - timedelta(days=110)
MEASURED = THEN + timedelta(days=89)
URL = "/promises/"
ENOUGH = standard().compare_from

Made = Callable[..., Rollout]


@pytest.fixture
def promised(maya: User, carol: User, lena: User, hannah: User, reviewers: list[User]) -> Made:
    """A rollout through so many gates, each of which promised 30 minutes down to 10; the figure
    is what was measured before the first milestone."""

    def made(
        name: str, *, gates: int = 1, figure: float | None = None, at: Any = THEN, **fields: Any
    ) -> Rollout:
        people = {"owner": maya, "sponsor": carol, **fields}
        initiative = make_initiative(name=name, by=hannah, at=at, **people)
        metric = make_metric(initiative, by=maya, at=at, name="Minutes a case", target=10)
        rollout = make_passed(
            make_rollout(initiative, by=hannah, at=at),
            gates=gates,
            owner=maya,
            verifier=lena,
            reviewers=reviewers,
            decider=hannah,
            at=at,
        )
        if figure is not None:
            record_observations(
                initiative=initiative,
                readings=[Reading(metric.pk, MEASURED, figure)],
                source="form",
                by=maya,
                at=MEASURED,
            )
        return rollout

    return made


def settle_all() -> None:
    for promise, milestone in due(at=NOW):
        reconcile(promise=promise, milestone=milestone, at=NOW)


@pytest.fixture
def page(client: Client, hannah: User) -> Callable[..., str]:
    make_playbook()
    client.force_login(hannah)

    def shown(query: str = "") -> str:
        response = client.get(URL + query)
        assert response.status_code == 200
        return " ".join(response.content.decode().split())

    return shown


def test_every_promise_stands_with_what_was_measured(promised: Made, page: Any) -> None:
    promised("Kept", figure=8)
    promised("Missed", figure=22)
    promised("Forgotten")
    promised("Young", at=NOW)
    settle_all()
    said = page()
    assert "2 of 3 settled promises measured, 1 fell short" in said
    rows = {
        name: said[: said.index(f">{name}</a>")].rpartition("<tr>")[2]
        + said[said.index(f">{name}</a>") :].split("</tr>")[0]
        for name in ("Kept", "Missed", "Forgotten", "Young")
    }
    assert "Reached" in rows["Kept"]
    assert "8 minutes on" in rows["Kept"]
    assert "110 % realised" in rows["Kept"]
    assert "Fell short" in rows["Missed"]
    assert "40 % realised" in rows["Missed"]
    assert "Not measured" in rows["Forgotten"]
    assert rows["Young"].count("To come") == 2
    for row in rows.values():
        assert "30 → <b>10</b> minutes" in row
        assert "Gate 0" in row
        assert "Carol Nakamura" in row


def test_between_its_day_and_its_settlement_it_says_until_when_figures_count(
    promised: Made, page: Any
) -> None:
    promised("Waiting", at=NOW - timedelta(days=95))
    assert "Being settled" in page()
    assert "1 promise made at gates, none settled yet" in page()


def test_a_gate_that_no_longer_counts_says_so(promised: Made, page: Any, peter: User) -> None:
    rollout = promised("Returned")
    make_decision(rollout, "return", return_to="intake", by=peter, at=NOW)
    settle_all()
    assert page().count("Gate void") == 2


def test_the_ledger_is_narrowed_by_sponsor_and_unit(
    promised: Made, page: Any, carol: User, peter: User
) -> None:
    mine = promised("Mine")
    promised("Theirs", sponsor=peter, unit=make_unit("Other department", "Its bureau"))
    top = mine.initiative.unit.parent
    assert top is not None
    for query in (f"?sponsor={carol.pk}", f"?unit={top.pk}"):
        assert ">Mine</a>" in page(query)
        assert ">Theirs</a>" not in page(query)
    assert "Nothing fits these filters" in page(f"?sponsor={peter.pk}&unit={top.pk}")
    assert ">Theirs</a>" in page("?sponsor=nonsense&unit=")


def test_without_a_promise_it_says_what_it_is_for(page: Any) -> None:
    said = page()
    assert "No gate has been opened on a promise yet" in said
    assert 'class="btn small" href="/decisions/"' in said


def test_optimism_is_told_by_sponsor_and_unit_once_there_is_enough(
    promised: Made, page: Any, peter: User
) -> None:
    other = make_unit("Other department", "Its bureau")
    for number in range(2):
        promised(f"Short {number}", gates=5, figure=22)
        promised(f"Kept {number}", gates=5, figure=8, sponsor=peter, unit=other)
    promised("Alone", sponsor=make_user("Ines Neu"))
    settle_all()
    sponsors = by_sponsor(Shown(), ENOUGH)
    assert sponsors.accounts == [
        Account("Carol Nakamura", settled=10, measured=10, short=10, shared=10, median=0.4),
        Account("Peter Voss", settled=10, measured=10, short=0, shared=10, median=1.1),
    ]
    assert sponsors.too_few == 1
    tops = by_unit(Shown(), units(Shown()), ENOUGH)
    assert [(each.name, each.settled) for each in tops.accounts] == [
        ("Department of Examples", 11),
        ("Other department", 10),
    ]
    assert tops.accounts[0].unmeasured == 1
    inside = by_unit(Shown(unit=other.parent_id), [], ENOUGH)
    assert [each.name for each in inside.accounts] == [other.label]
    everything = whole(Shown())
    assert (everything.settled, everything.measured, everything.short) == (21, 20, 10)
    assert everything.median == 0.75
    said = page()
    carols = said[said.index('<th scope="row">Carol Nakamura') :].split("</tr>")[0]
    assert "100 %" in carols
    assert "40 %" in carols
    assert "1 other has fewer than 10 measured promises: too few to compare" in said


def test_too_few_are_not_compared(promised: Made, page: Any) -> None:
    promised("Short", figure=22)
    settle_all()
    optimism = by_sponsor(Shown(), ENOUGH)
    assert (optimism.accounts, optimism.too_few) == ([], 1)
    said = page()
    assert "Too few to compare." in said
    assert "1 sponsor with settled promises, with fewer than 10 measured promises" in said
    assert "missed what they promised" not in said


def test_a_promise_counts_once_by_its_latest_milestone(promised: Made) -> None:
    promised("Old", at=NOW - timedelta(days=200))
    settle_all()
    assert whole(Shown()).settled == 1
    assert by_sponsor(Shown(), 0).accounts[0].settled == 1


def test_what_nobody_sponsors_is_no_sponsors(promised: Made) -> None:
    promised("Alone", sponsor=None)
    settle_all()
    assert [each.name for each in by_sponsor(Shown(), 0).accounts] == []


def test_the_file_holds_what_the_page_shows(
    promised: Made, client: Client, hannah: User, carol: User, peter: User
) -> None:
    promised("=Kept", figure=8)
    promised("Theirs", sponsor=peter)
    settle_all()
    client.force_login(hannah)
    answer = client.get(f"{URL}export/promises.csv?sponsor={carol.pk}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(StringIO(text))
    assert row["Initiative"] == "'=Kept"
    assert (row["Sponsor"], row["Gate"], row["Metric"]) == ("Carol Nakamura", "0", "Minutes a case")
    assert (row["Baseline"], row["Target"], row["Better"]) == ("30.0", "10.0", "lower")
    assert (row["State after 90 days"], row["State after 180 days"]) == ("reached", "to come")
    assert (row["Measured after 90 days"], row["Share realised after 90 days"]) == ("8.0", "1.1")
    assert row["Measured after 180 days"] == ""
    assert client.get(f"{URL}export/promises.exe").status_code == 404


def test_only_who_sees_everything_reads_the_ledger_and_takes_the_file(
    promised: Made, client: Client, maya: User, carol: User
) -> None:
    promised("Mine")
    for person, status in ((maya, 403), (carol, 200)):
        client.force_login(person)
        assert client.get(URL).status_code == status
        assert client.get(f"{URL}export/promises.csv").status_code == status


def test_the_filters_work_by_a_plain_form(promised: Made, page: Any) -> None:
    promised("Mine")
    form = page().split('<form class="filters"')[1].split("</form>")[0]
    assert 'method="get"' in form
    assert '<button class="btn small no-js">Apply</button>' in form


def test_the_record_of_a_decision_shows_what_was_measured(
    promised: Made, client: Client, maya: User, carol: User
) -> None:
    rollout = promised("Missed", figure=22)
    settle_all()
    decision = Promise.objects.get().decision
    address = f"/initiatives/{rollout.initiative.reference}/decisions/{decision.pk}/"
    for person, sees in ((maya, False), (carol, True)):
        client.force_login(person)
        said = client.get(address).content.decode()
        record = said[said.index("What was promised") :].split("</section>")[0]
        assert "Fell short" in record
        assert "40\N{NO-BREAK SPACE}% realised" in record
        assert "To come" in record
        assert (f'href="{URL}"' in record) == sees


def test_the_api_reads_a_decision_with_its_promises(promised: Made, maya: User) -> None:
    promised("Missed", figure=22)
    settle_all()
    promise = Promise.objects.get()
    (told,) = Caller(maya)("GET", f"decisions/{promise.decision_id}")["promises"]
    assert (told["metric"], told["baseline"], told["target"]) == ("Minutes a case", 30, 10)
    (settled,) = told["reconciliations"]
    assert (settled["milestone"], settled["measured"], settled["share"]) == (90, 22, 0.4)
    assert settled["reached"] is False


def test_the_rows_stand_latest_decision_first(promised: Made) -> None:
    promised("Older", at=THEN - timedelta(days=1))
    promised("Newer")
    names = [row.decision.rollout.initiative.name for row in listed(Shown())]
    assert names == ["Newer", "Older"]
