"""The glossary, the crosswalk to other frameworks, and the words that the search knows."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from gates.case import cases_of
from gates.models import Rollout
from playbook.coverage import cover, shown
from playbook.glossary import named_items
from playbook.loading import standard
from portfolio.crosswalk import shown_on
from portfolio.sample.seed import seed
from tests.factories import NOW, make_initiative, make_ready, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(maya: User, devin: User) -> Rollout:
    """At intake with everything that Gate 0 asks for, evidence verified."""
    rollout = make_rollout(make_initiative(name="Claims triage", owner=maya), by=maya)
    make_ready(rollout, by=maya, verifier=devin)
    return rollout


def page(client: Client, path: str, user: User, **query: str) -> str:
    client.force_login(user)
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_glossary_explains_every_item_at_its_anchor(client: Client, oscar: User) -> None:
    make_rollout()
    text = page(client, "/glossary/", oscar)
    missing = [e.id for e in named_items(standard()).values() if f'id="{e.id}"' not in text]
    assert missing == []


def test_the_glossary_finds_a_word(client: Client, oscar: User) -> None:
    make_rollout()
    assert "#check-runbook" in page(client, "/glossary/", oscar, q="runbook")
    assert "names nothing like that" in page(client, "/glossary/", oscar, q="hovercraft")


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("controlled pilot", "pilot"),
        ("Production readiness assessment", "readiness"),
        ("limited production", "limited"),
        ("SCALED PRODUCTION", "scaled"),
        ("full deployment", "steady"),
    ],
)
@pytest.mark.seed("S-014", "S-015", "S-016", "S-017", "S-018")
def test_the_search_knows_other_names_of_stages(
    client: Client, hannah: User, words: str, stage: str
) -> None:
    make_rollout()
    client.force_login(hannah)
    response = client.get("/find/", {"q": words}, follow=True)
    assert response.redirect_chain[-1][0] == f"/portfolio/?stage={stage}"
    assert "is a name for the stage" in response.content.decode()


def test_the_search_explains_a_word_that_no_initiative_has(client: Client, hannah: User) -> None:
    make_rollout(make_initiative(name="Champion trap detector"))
    client.force_login(hannah)
    assert client.get("/find/", {"q": "learning exercise"})["Location"] == (
        "/glossary/#term-learning_exercise"
    )
    assert client.get("/find/", {"q": "champion trap"})["Location"] == (
        "/portfolio/?q=champion+trap"
    )


def test_the_search_never_tells_of_what_somebody_may_not_see(client: Client, oscar: User) -> None:
    make_rollout(make_initiative(name="Champion trap detector"))
    client.force_login(oscar)
    assert client.get("/find/", {"q": "champion trap"})["Location"] == (
        "/glossary/#term-champion_trap"
    )


def test_what_lists_count_is_what_each_case_shows(ready: Rollout) -> None:
    now = timezone.now()
    seed(count=40, seed=3, at=now)
    today = now.date()
    live = cases_of([rollout.pk for rollout in Rollout.objects.live()], at=now)
    told = [shown(case.document, case.facts) for case in live.values()]
    counted = shown_on(today)
    assert counted.initiatives == len(live) > 30
    assert sorted(map(sorted, told)) == sorted(
        sorted(items) for items, count in counted.sets for _ in range(count)
    )
    assert max(map(len, told)) > 20
    framework = standard().framework("nist_ai_rmf")
    for each in counted.reach(framework):
        states = [
            c.state for items in told for c in cover(framework, items) if c.clause == each.clause
        ]
        assert (each.whole, each.part) == (states.count("whole"), states.count("part"))


def test_what_ran_out_is_not_counted(ready: Rollout) -> None:
    framework = standard().framework("eu_ai_act")

    def whole(days: int) -> int:
        reach = shown_on(NOW.date() + timedelta(days=days)).reach(framework)
        return sum(each.whole for each in reach)

    assert whole(0) > whole(5000)


def test_the_crosswalk_counts_initiatives(client: Client, carol: User, ready: Rollout) -> None:
    text = page(client, "/crosswalk/", carol, framework="eu_ai_act")
    assert "Article 10(2)" in text
    assert "1 live initiative" in text


def test_the_export_has_every_clause_of_every_framework(
    client: Client, hannah: User, ready: Rollout
) -> None:
    client.force_login(hannah)
    text = b"".join(client.get("/crosswalk/export/crosswalk.csv").streaming_content)
    headings, *rows = csv.reader(StringIO(text.decode("utf-8-sig")))
    clauses = [clause for framework in standard().frameworks for clause in framework.clauses]
    assert headings[:3] == ["Framework", "Clause", "Asks"]
    assert [row[1] for row in rows] == [clause.code for clause in clauses]
    book = load_workbook(BytesIO(client.get("/crosswalk/export/crosswalk.xlsx").content))
    assert book.active.max_row == len(clauses) + 1
    assert client.get("/crosswalk/export/crosswalk.exe").status_code == 404


def test_an_initiative_shows_what_its_evidence_shows(
    client: Client, maya: User, ready: Rollout
) -> None:
    path = f"/initiatives/{ready.initiative.reference}/crosswalk/"
    text = page(client, path, maya)
    assert "EU Artificial Intelligence Act" in text
    reference = ready.initiative.reference
    # What is open leads an owner to where it is answered.
    assert f"/initiatives/{reference}/checks/audit_log/" in text


def test_who_only_reads_is_led_to_the_explanation(
    client: Client, carol: User, ready: Rollout
) -> None:
    text = page(client, f"/initiatives/{ready.initiative.reference}/crosswalk/", carol)
    assert "/glossary/#check-audit_log" in text
    assert "/checks/audit_log/" not in text


def test_labels_and_stages_are_explained_where_they_are_met(
    client: Client, carol: User, ready: Rollout
) -> None:
    text = page(client, ready.initiative.get_absolute_url(), carol)
    assert "What this stage and its gate are" in text
    assert "/glossary/#stage-intake" in text


def test_what_keeps_a_gate_shut_is_explained_to_who_decides(
    client: Client, carol: User, maya: User
) -> None:
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol))
    text = page(client, f"/initiatives/{rollout.initiative.reference}/decide/", carol)
    assert "What it asks" in text


def test_a_cause_is_explained_where_it_is_coded(client: Client, maya: User, ready: Rollout) -> None:
    text = page(client, f"/initiatives/{ready.initiative.reference}/pause/", maya)
    assert "What each cause means" in text
    missing = [mode.name for mode in standard().failure_modes if mode.stall_looks_like not in text]
    assert missing == []
