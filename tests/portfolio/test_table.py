"""The portfolio table shows what its address says, to whoever may see it."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import Rollout, Standing
from gates.standings import refresh
from initiatives.models import Membership
from portfolio.filters import Filters
from tests.factories import NOW, make_initiative, make_rollout, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_now(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def few(maya: User, carol: User, at_now: None) -> dict[str, Rollout]:
    """Four initiatives that differ in everything the filters ask."""
    claims = make_unit("Pension Service", "Claims")
    records = make_unit("Land Registry", "Records")
    found = {
        "triage": make_rollout(name="Claims triage", unit=claims, owner=maya, sponsor=carol),
        "letters": make_rollout(
            name="Letter drafts",
            unit=records,
            owner=maya,
            impact_class="rights",
            at=NOW - timedelta(days=50),
        ),
        "maps": make_rollout(stage="limited", name="Map reader", unit=records),
        "bare": make_rollout(
            name="Bare idea", unit=make_unit("Land Registry"), funding_mechanism=""
        ),
    }
    refresh([rollout.initiative_id for rollout in found.values()], NOW)
    return found


def shown(client: Client, **query: str) -> list[str]:
    """The references in the table, in its order."""
    rows = client.get(f"{reverse('portfolio:table')}?{urlencode(query)}").context["rows"]
    return [part.split('"')[0] for part in rows.split('aria-label="Select ')[1:]]


def references(few: dict[str, Rollout], *names: str) -> set[str]:
    return {few[name].initiative.reference for name in names}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ("triage", "letters", "maps", "bare")),
        ({"q": "claims TRIAGE"}, ("triage",)),
        ({"q": "records"}, ("letters", "maps")),
        ({"stage": "limited"}, ("maps",)),
        ({"label": "claimed"}, ("maps",)),
        ({"label": "learning_exercise"}, ("bare",)),
        ({"label": "stalled"}, ("letters",)),
        ({"owner": "set"}, ("triage", "letters")),
        ({"owner": "none"}, ("maps", "bare")),
        ({"owner": "me"}, ()),
        ({"impact": "rights"}, ("letters",)),
        ({"gate": "0", "stage": "intake"}, ("triage", "letters", "bare")),
        ({"q": "no such thing"}, ()),
    ],
)
def test_a_filter_leaves_what_fits_it(
    query: dict[str, str],
    names: tuple[str, ...],
    few: dict[str, Rollout],
    hannah: User,
    client: Client,
) -> None:
    client.force_login(hannah)
    assert set(shown(client, **query)) == references(few, *names)


def test_a_unit_includes_those_below_it(
    few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    registry = few["bare"].initiative.unit
    assert set(shown(client, unit=str(registry.pk))) == references(few, "letters", "maps", "bare")


def test_one_persons_initiatives(
    few: dict[str, Rollout], hannah: User, maya: User, client: Client
) -> None:
    client.force_login(hannah)
    assert set(shown(client, owner=str(maya.pk))) == references(few, "triage", "letters")


def test_what_makes_no_sense_is_left_out(
    few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    nonsense = {
        "stage": "moon",
        "unit": "x",
        "gate": "9",
        "label": "nice",
        "owner": "-1",
        "sort": "colour",
        "page": "-3",
    }
    assert len(shown(client, **nonsense)) == len(few)


def test_the_worst_with_an_owner_comes_first(
    few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    assert shown(client)[0] == few["letters"].initiative.reference
    assert set(shown(client)[:2]) == references(few, "letters", "triage")


@pytest.mark.parametrize(
    "sort", ["initiative", "owner", "stage", "weeks", "gate", "criteria", "ladder", "risk"]
)
def test_a_column_sorts_both_ways(
    sort: str, few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    assert set(shown(client, sort=sort)) == set(shown(client, sort=f"-{sort}"))


def test_sorting_by_initiative_follows_the_references(
    few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    there = shown(client, sort="initiative")
    assert there == sorted(there)
    assert shown(client, sort="-initiative") == there[::-1]


def test_the_tabs_count_what_they_show(
    few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    tabs = client.get(reverse("portfolio:table")).context["tabs"]
    assert {tab.name: tab.count for tab in tabs} == {
        "All live": 4,
        "With an owner": 2,
        "Stalled": 1,
        "Learning exercises": 1,
        "Proving queue": 1,
    }
    for tab in tabs:
        page = client.get(reverse("portfolio:table") + tab.query)
        assert page.context["page"].paginator.count == tab.count


def test_counts_follow_a_change_at_once(
    few: dict[str, Rollout], hannah: User, maya: User, client: Client
) -> None:
    client.force_login(hannah)
    client.get(reverse("portfolio:table"))
    make_rollout(name="Another", owner=maya)
    assert client.get(reverse("portfolio:table")).context["page"].paginator.count == 5


def test_people_without_a_role_see_what_they_are_part_of(
    few: dict[str, Rollout], maya: User, devin: User, oscar: User, client: Client
) -> None:
    Membership.objects.create(initiative=few["maps"].initiative, user=devin)
    for person, seen in ((maya, 2), (devin, 1), (oscar, 0)):
        client.force_login(person)
        page = client.get(reverse("portfolio:table"))
        assert page.context["page"].paginator.count == seen


def test_htmx_gets_the_rows_alone(few: dict[str, Rollout], hannah: User, client: Client) -> None:
    client.force_login(hannah)
    fragment = client.get(reverse("portfolio:table"), headers={"HX-Request": "true"})
    text = fragment.content.decode()
    assert "<html" not in text
    assert text.count('scope="row"') == len(few)


def test_searching_a_reference_goes_straight_there(
    few: dict[str, Rollout], hannah: User, oscar: User, client: Client
) -> None:
    initiative = few["triage"].initiative
    client.force_login(hannah)
    there = client.get(reverse("portfolio:search"), {"q": initiative.reference.lower()})
    assert there.url == initiative.get_absolute_url()
    client.force_login(oscar)
    elsewhere = client.get(reverse("portfolio:search"), {"q": initiative.reference})
    assert elsewhere.url.startswith(reverse("portfolio:table"))


def test_a_name_is_shown_as_text(hannah: User, client: Client, at_now: None) -> None:
    make_rollout(make_initiative(name="<b>Bold</b> & more"))
    client.force_login(hannah)
    assert (
        "&lt;b&gt;Bold&lt;/b&gt; &amp; more"
        in client.get(reverse("portfolio:table")).content.decode()
    )


def test_an_address_survives_the_way_through_filters() -> None:
    filters = Filters(q="a b", unit=3, labels=("stalled", "claimed"), owner="set", sort="-risk")
    assert Filters.of(QueryDict(filters.query.removeprefix("?"))) == filters


def test_labels_beyond_two_can_be_opened(
    maya: User, hannah: User, client: Client, at_now: None
) -> None:
    rollout = make_rollout(stage="scaled", owner=maya, at=NOW - timedelta(days=200))
    refresh([rollout.initiative_id], NOW)
    assert len(Standing.objects.get().labels) == 3
    client.force_login(hannah)
    page = client.get("/portfolio/").content.decode()
    fold = page[page.index('<details class="more">') :].split("</details>")[0]
    assert f'<summary>+1<span class="vh"> more of {rollout.initiative.reference}</span>' in fold
    assert "Claimed</span>" in fold


def test_what_fits_on_one_page_needs_no_paging(
    few: dict[str, Rollout], hannah: User, client: Client
) -> None:
    client.force_login(hannah)
    assert 'aria-label="Pages"' not in client.get("/portfolio/").content.decode()
