"""Giving many initiatives an owner: preview first, then one act, kept in each history."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from initiatives.models import Initiative
from tests.factories import make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def claims(carol: User) -> list[Initiative]:
    return [make_rollout(stage="limited", sponsor=carol).initiative for _ in range(3)]


def post(client: Client, picked: list[Initiative], step: str, **people: int) -> Any:
    data = {"pick": [i.pk for i in picked], step: "1"}
    return client.post(
        reverse("portfolio:assign"), {**data, **{f"new-{k}": v for k, v in people.items()}}
    )


def owners(picked: list[Initiative]) -> set[int | None]:
    return set(
        Initiative.objects.filter(pk__in=[i.pk for i in picked]).values_list("owner", flat=True)
    )


def test_a_preview_says_what_changes_and_changes_nothing(
    claims: list[Initiative], hannah: User, maya: User, client: Client
) -> None:
    client.force_login(hannah)
    page = post(client, claims, "preview", owner=maya.pk)
    assert page.context["changing"] == 3
    assert [change.after for change in page.context["changes"]] == [
        "Maya Okafor, sponsor Carol Nakamura"
    ] * 3
    assert owners(claims) == {None}


def test_applying_names_the_owner_of_each(
    claims: list[Initiative], hannah: User, maya: User, client: Client
) -> None:
    client.force_login(hannah)
    answer = post(client, claims, "apply", owner=maya.pk)
    assert answer.url == reverse("portfolio:table")
    assert owners(claims) == {maya.pk}
    for initiative in claims:
        assert (
            Event.objects.of(initiative.chain)
            .filter(actor_id=hannah.pk, verb__contains="initiative")
            .exists()
        )


def test_nobody_becomes_owner_and_sponsor_of_one(
    claims: list[Initiative], hannah: User, carol: User, client: Client
) -> None:
    client.force_login(hannah)
    page = post(client, claims, "apply", owner=carol.pk)
    assert page.status_code == 200
    assert "cannot both own and sponsor" in page.content.decode()
    assert owners(claims) == {None}


def test_somebody_has_to_be_chosen(claims: list[Initiative], hannah: User, client: Client) -> None:
    client.force_login(hannah)
    page = post(client, claims, "apply")
    assert "Choose an owner, a sponsor, or both." in page.content.decode()


def test_all_that_a_filter_finds(
    claims: list[Initiative], hannah: User, maya: User, client: Client
) -> None:
    make_rollout(owner=maya)
    client.force_login(hannah)
    url = f"{reverse('portfolio:assign')}?label=claimed&all=1"
    client.post(url, {"new-owner": maya.pk, "apply": "1"})
    assert owners(claims) == {maya.pk}
    assert Initiative.objects.filter(owner=maya).count() == 4


def test_only_the_program_office_assigns(
    claims: list[Initiative], maya: User, carol: User, client: Client
) -> None:
    for person in (maya, carol):
        client.force_login(person)
        assert client.get(reverse("portfolio:assign")).status_code == 403
        assert post(client, claims, "apply", owner=maya.pk).status_code == 403
    assert owners(claims) == {None}


def test_back_leads_nowhere_else(
    claims: list[Initiative], hannah: User, maya: User, client: Client
) -> None:
    client.force_login(hannah)
    data = {
        "pick": claims[0].pk,
        "apply": "1",
        "new-owner": maya.pk,
        "back": "https://evil.example",
    }
    assert client.post(reverse("portfolio:assign"), data).url == reverse("portfolio:table")


@pytest.mark.parametrize("query", [{}, {"pick": "no number"}, {"pick": "999999"}])
def test_with_nothing_ticked_one_is_told_what_to_do(
    claims: list[Initiative], hannah: User, client: Client, query: dict[str, str]
) -> None:
    client.force_login(hannah)
    answer = client.get(
        reverse("portfolio:assign"), {**query, "back": "/portfolio/?label=claimed"}, follow=True
    )
    assert answer.redirect_chain == [("/portfolio/?label=claimed", 302)]
    assert "Tick the initiatives in the first column" in answer.content.decode()
