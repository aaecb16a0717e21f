"""Making and revoking tokens on pages, and where the API says how many rows there are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Token, User
from metrics.models import TokenScope
from tests.api.calling import Caller, by_token, secret_of
from tests.factories import make_metric, make_rollout

pytestmark = pytest.mark.django_db

FORM = {"name": "Monitoring", "days": "90", "writes": "on", "reaches": ""}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown_secret(page: str) -> str:
    return page.split("<code>clearway_")[1].split("</code>")[0]


def test_a_secret_is_shown_once_and_works(maya: User) -> None:
    make_rollout(owner=maya, at=timezone.now())
    client = client_of(maya)
    page = client.post("/profile/tokens/", FORM).content.decode()
    secret = "clearway_" + shown_secret(page)
    assert Caller(secret=secret)("GET", "initiatives")["total"] == 1
    again = client.get("/profile/tokens/").content.decode()
    assert secret not in again
    assert secret[:12] in again
    token = Token.objects.get()
    assert (token.writes, token.narrowed) == (True, False)
    assert token.expires_at - token.created_at == timedelta(days=90)


def test_a_token_is_narrowed_line_by_line(hannah: User) -> None:
    at = timezone.now()
    one, other = (make_rollout(at=at).initiative for _ in range(2))
    metric = make_metric(other, by=hannah, at=at)
    reaches = f"{one.reference.lower()}\n{other.reference}: {metric.name.upper()}\n"
    client_of(hannah).post("/profile/tokens/", {**FORM, "reaches": reaches})
    found = TokenScope.objects.order_by("pk").values_list("initiative", "metric")
    assert list(found) == [(one.pk, None), (other.pk, metric.pk)]
    assert Token.objects.get().narrowed


@pytest.mark.parametrize(
    ("line", "words"),
    [("AI-9999", "You see no initiative"), ("{reference}: Nothing", "has no metric")],
)
def test_a_line_that_names_nothing_is_refused(line: str, words: str, maya: User) -> None:
    initiative = make_rollout(owner=maya, at=timezone.now()).initiative
    reaches = line.format(reference=initiative.reference)
    page = client_of(maya).post("/profile/tokens/", {**FORM, "reaches": reaches})
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not Token.objects.exists()


def test_nobody_narrows_a_token_to_what_they_do_not_see(oscar: User, maya: User) -> None:
    initiative = make_rollout(owner=maya, at=timezone.now()).initiative
    page = client_of(oscar).post("/profile/tokens/", {**FORM, "reaches": initiative.reference})
    assert page.status_code == 422


def test_the_administrator_sees_and_revokes_all_and_no_secret(maya: User, ada: User) -> None:
    secret = secret_of(maya, name="Monitoring")
    admin = client_of(ada)
    page = admin.get("/people/tokens/?q=monitor").content.decode()
    assert "Monitoring" in page
    assert "Maya Okafor" in page
    assert secret not in page
    admin.post(f"/profile/tokens/{Token.objects.get().pk}/revoke/")
    call = Caller(secret=secret)
    call("GET", "initiatives")
    assert call.status == 401


def test_a_list_costs_the_same_queries_for_few_and_for_many(hannah: User, maya: User) -> None:
    call = by_token(hannah)
    call("GET", "initiatives")  # the day's first use is noted
    costs = []
    for count in (2, 12):
        for _ in range(count):
            make_rollout(owner=maya, at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            call("GET", "initiatives")
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 6
