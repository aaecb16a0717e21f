"""Proposals that look like what exists are pointed out before they are added."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from initiatives.models import BusinessUnit, Initiative
from initiatives.similar import Likeness, similar
from tests.factories import make_initiative, make_playbook, make_unit

pytestmark = pytest.mark.django_db
PROBLEM = "Caseworkers read every benefit application by hand, so applicants wait for weeks."


@pytest.fixture
def unit(db: None) -> BusinessUnit:
    return make_unit("Benefits")


@pytest.fixture
def known(unit: BusinessUnit, hannah: User) -> Initiative:
    return make_initiative(
        name="Benefit claims triage assistant", problem=PROBLEM, unit=unit, by=hannah
    )


def found(name: str, problem: str = "", unit: BusinessUnit | None = None) -> list[Likeness]:
    return similar(name=name, problem=problem, unit=unit, among=Initiative.objects.all())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Claims triage for benefits", "“benefit”, “claims”, “triage”"),
        ("Assistant to triage benefit claims", "“benefit”, “claims”, “triage”, “assistant”"),
    ],
)
def test_names_with_the_same_telling_words_look_alike(
    known: Initiative, name: str, why: str
) -> None:
    (like,) = found(name)
    assert like.initiative == known
    assert why in like.why


def test_the_same_problem_in_other_words_for_the_name(known: Initiative) -> None:
    (like,) = found(
        "Faster decisions", "Applicants wait weeks: caseworkers read benefit applications by hand."
    )
    assert "problem is told in nearly the same words" in like.why


def test_less_is_enough_within_one_unit(known: Initiative, unit: BusinessUnit) -> None:
    name = "Benefit claims letters drafted"
    assert found(name) == []
    (like,) = found(name, unit=unit)
    assert "in the same unit" in like.why


@pytest.mark.parametrize(
    "name", ["Harbour traffic forecast", "Assistant", "The", "& | ! ' :*", "Claims archive"]
)
def test_what_differs_is_not_pointed_out(known: Initiative, name: str) -> None:
    assert found(name) == []


def test_the_most_alike_comes_first(known: Initiative, hannah: User) -> None:
    make_initiative(name="Claims triage", by=hannah)
    assert [like.initiative.name for like in found("Benefit claims triage")] == [
        "Benefit claims triage assistant",
        "Claims triage",
    ]


def test_it_costs_two_queries_however_many_look_alike(unit: BusinessUnit, hannah: User) -> None:
    for number in range(12):
        make_initiative(name=f"Claims triage {number}", problem=PROBLEM, unit=unit, by=hannah)
    with CaptureQueriesContext(connection) as captured:
        assert len(found("Claims triage", PROBLEM, unit)) == 5
    assert len(captured) == 2


# Adding one

URL = "/initiatives/new/"


@pytest.fixture
def typed(known: Initiative, unit: BusinessUnit) -> dict[str, object]:
    make_playbook()
    return {
        "name": "Claims triage for benefits",
        "unit": unit.pk,
        "problem": "Too slow.",
        "impact_class": "ordinary",
        "population_unit": "people",
    }


def test_what_looks_alike_is_shown_before_it_is_added_and_nothing_typed_is_lost(
    client: Client, typed: dict[str, object], known: Initiative, hannah: User
) -> None:
    client.force_login(hannah)
    answer = client.post(URL, typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert Initiative.objects.count() == 1
    assert "Is it one of these?" in html
    assert known.get_absolute_url() in html
    assert "Too slow." in html
    assert 'value="Claims triage for benefits"' in html


def test_one_confirmation_adds_it_anyway(
    client: Client, typed: dict[str, object], known: Initiative, hannah: User
) -> None:
    client.force_login(hannah)
    assert client.post(URL, {**typed, "none_of": known.reference}).status_code == 302
    assert Initiative.objects.count() == 2


def test_a_confirmation_counts_only_for_what_was_shown(
    client: Client, typed: dict[str, object], hannah: User
) -> None:
    client.force_login(hannah)
    assert client.post(URL, {**typed, "none_of": "AI-9999"}).status_code == 422
    assert Initiative.objects.count() == 1


def test_the_same_form_sent_twice_is_no_duplicate_of_itself(
    client: Client, typed: dict[str, object], known: Initiative, hannah: User
) -> None:
    client.force_login(hannah)
    sent = {**typed, "none_of": known.reference, "form_key": "8a0e60ce-3a5c-4f2b-9d38-3c5a3a2f6a11"}
    first, second = client.post(URL, sent), client.post(URL, sent)
    assert first["Location"] == second["Location"]
    assert Initiative.objects.count() == 2
