"""The intake queue: ranked by the playbook's rules, with what nobody has judged beside it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from operations.models import CapacityOffer
from playbook.loading import standard
from playbook.rules import PriorityRules
from portfolio.priority import queue
from tests.factories import NOW, make_initiative, make_rollout, make_unit

pytestmark = pytest.mark.django_db
URL = "/intake/"
RULES = standard().priority


@pytest.fixture
def propose(peter: User, maya: User):
    def proposed(name: str, *scores: int, stage: str = "intake", **fields):
        names = ("value_score", "feasibility_score", "integration_complexity")
        initiative = make_initiative(
            name=name, owner=maya, by=peter, **dict(zip(names, scores, strict=False)), **fields
        )
        make_rollout(initiative, stage=stage, by=peter)
        return initiative

    return proposed


@pytest.mark.seed("S-045")
def test_the_queue_is_ranked_by_value_and_feasibility_with_complexity_inside(propose) -> None:
    hard, easy = propose("Hard", 4, 4, 5), propose("Easy", 4, 4, 1)
    small = propose("Small", 2, 5, 1)
    places = queue(RULES).places
    assert [place.initiative for place in places] == [easy.pk, small.pk, hard.pk]
    assert places[0].feasibility == pytest.approx(0.6 * 4 + 0.4 * 5)
    assert places[0].score == pytest.approx(0.5 * 4 + 0.5 * 4.4)
    assert [place.rank for place in places] == [1, 2, 3]


def test_other_weights_rank_otherwise(propose) -> None:
    worth, easy = propose("Worth", 5, 1, 5), propose("Easy", 1, 5, 1)
    for weight, first in ((0.9, worth), (0.1, easy)):
        rules = PriorityRules(value_weight=weight, complexity_share=0.4, high_from=3.5)
        assert queue(rules).places[0].initiative == first.pk


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ((5, 5, 1), "Start these first"),
        ((5, 1, 5), "Worth the groundwork"),
        ((1, 5, 1), "Easy, but worth little"),
        ((1, 1, 5), "Leave these"),
    ],
)
def test_each_stands_in_its_quadrant(propose, scores: tuple[int, ...], name: str) -> None:
    propose("One", *scores)
    assert queue(RULES).places[0].quadrant == name


def test_without_all_three_judgements_there_is_no_rank(propose) -> None:
    half = propose("Half", 5, 4)
    found = queue(RULES)
    assert found.places == []
    assert found.unjudged == [half.pk]


def test_only_what_is_at_intake_waits(propose) -> None:
    propose("Running", 5, 5, 1, stage="limited")
    assert queue(RULES).places == []


def test_a_unit_has_its_own_queue(propose) -> None:
    own = propose("Own", 3, 3, 3, unit=make_unit("Harbour"))
    propose("Other", 5, 5, 1)
    found = queue(RULES, own.unit_id)
    assert [(place.rank, place.initiative) for place in found.places] == [(1, own.pk)]


def test_equal_judgements_share_a_dot(propose) -> None:
    for name in ("One", "Two", "Three"):
        propose(name, 4, 3, 2)
    (dot,) = queue(RULES).dots
    assert (dot.count, dot.label) == (3, "1\N{EN DASH}3")


def test_the_page_shows_weights_ranks_and_what_to_judge(
    client: Client, propose, hannah: User
) -> None:
    propose("Leave planner", 5, 4, 2)
    idea = propose("New idea")
    client.force_login(hannah)
    html = client.get(URL).content.decode()
    assert "50\N{NO-BREAK SPACE}% value" in html
    assert "40\N{NO-BREAK SPACE}% is how simple" in html
    assert "Leave planner" in html
    assert f"{reverse('gates:edit', args=[idea.reference])}#scores" in html
    html = client.get(URL, {"show": "unjudged"}).content.decode()
    assert "New idea" in html
    assert "Leave planner" not in html


def test_capacity_on_offer_stands_above_the_queue(client: Client, propose, hannah: User) -> None:
    running = propose("Mail routing")
    CapacityOffer.objects.create(
        initiative=running, people=2, share_percent=40, skills="Data engineering",
        free_from=NOW.date(), offered_by=hannah, offered_at=NOW,
    )  # fmt: skip
    client.force_login(hannah)
    html = client.get(URL).content.decode()
    assert "2 people at 40 % of their time" in html
    assert "Data engineering" in html


def test_owners_see_no_queue(client: Client, maya: User) -> None:
    client.force_login(maya)
    assert client.get(URL).status_code == 403
