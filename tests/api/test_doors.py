"""Who gets in, through what, and how far: sessions, tokens, and what they reach."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.demo import DEMO_PEOPLE
from accounts.models import Token, User
from accounts.services.people import deactivate
from accounts.services.tokens import issue_token, revoke_token
from initiatives.errors import NotAllowed, Refused
from metrics.services import end_metric
from tests.api.calling import Caller, by_token, secret_of
from tests.factories import NOW, make_metric, make_rollout

pytestmark = pytest.mark.django_db

LINK = {"title": "Load test", "url": "https://example.org/test"}


def test_nobody_gets_in_without_a_session_or_a_token() -> None:
    make_rollout()
    for headers in ({}, {"Authorization": "Bearer clearway_x"}, {"Authorization": "Basic YTpi"}):
        call = Caller()
        said = call("GET", "initiatives", **headers)
        assert call.status == 401
        assert call.headers["WWW-Authenticate"].startswith("Bearer")
        assert said["reasons"] or not headers


def test_anybody_may_read_the_document_and_finds_every_operation() -> None:
    call = Caller()
    document = call("GET", "openapi.json")
    assert call.status == 200
    assert document["openapi"] == "3.1.0"
    assert "/api/v1/initiatives/{reference}/checks/{key}/meet" in document["paths"]
    assert document["security"] == [{"token": []}, {"session": []}]


def test_problems_beside_operations_are_told_in_the_same_form(hannah: User) -> None:
    call = Caller(hannah)
    for method, path, status in (
        ("GET", "nothing/here", 404),
        ("GET", "initiatives/AI-9999", 404),
        ("DELETE", "initiatives", 405),
        ("GET", "initiatives?q=%00", 400),
    ):
        call(method, path)
        assert call.status == status
    assert "GET" in (call("PUT", "initiatives"), call.headers["Allow"])[1]


def test_a_body_that_is_no_json_or_too_large_is_refused(hannah: User) -> None:
    call = Caller(hannah)
    post = call.client.post
    assert post("/api/v1/initiatives", {"name": "x"}).status_code == 415
    large = post("/api/v1/initiatives", " " * 1_100_000, content_type="application/json")
    assert large.status_code == 413
    broken = post("/api/v1/initiatives", "{", content_type="application/json")
    assert (broken.status_code, broken["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("field", [r'"\ud800": 1', r'"title": "\ud800"', r'"url": "\u0000"'])
def test_text_that_nobody_can_store_is_refused(field: str, maya: User) -> None:
    rollout = make_rollout(owner=maya, at=timezone.now())
    answer = Caller(maya).client.post(
        f"/api/v1/initiatives/{rollout.initiative.reference}/evidence",
        f"{{{field}}}",
        content_type="application/json",
    )
    assert answer.status_code == 422


def test_a_session_needs_the_csrf_token_and_a_token_does_not(maya: User) -> None:
    rollout = make_rollout(owner=maya, at=timezone.now())
    path = f"initiatives/{rollout.initiative.reference}/evidence"
    session = Caller(maya, csrf=True)
    said = session("POST", path, LINK)
    assert session.status == 403
    assert "X-CSRFToken" in said["reasons"][0]
    session.client.get("/profile/")
    session("POST", path, LINK, **{"X-CSRFToken": session.client.cookies["csrftoken"].value})
    assert session.status == 201
    token = Caller(secret=secret_of(maya), csrf=True)
    token("POST", path, LINK)
    assert token.status == 201


def test_a_token_beside_a_session_counts_alone(hannah: User, oscar: User) -> None:
    make_rollout(at=timezone.now())
    call = Caller(hannah)
    assert call("GET", "initiatives")["total"] == 1
    secret = secret_of(oscar)
    assert call("GET", "initiatives", Authorization=f"Bearer {secret}")["total"] == 0
    call("GET", "initiatives", Authorization="Bearer clearway_x")
    assert call.status == 401


def test_only_the_digest_of_a_secret_is_stored(maya: User) -> None:
    secret = secret_of(maya)
    stored = Token.objects.values().get()
    assert secret not in str(stored)
    assert len(secret) >= len("clearway_") + 43
    assert secret.startswith(stored["prefix"])


@pytest.mark.parametrize("end", ["revoked", "run out", "left", "closed demo"])
def test_a_token_ends(end: str, maya: User, ada: User) -> None:
    call = by_token(maya, days=2)
    call("GET", "initiatives")
    assert call.status == 200
    token = Token.objects.get()
    assert token.last_used_on == timezone.now().date()
    later = timezone.now()
    match end:
        case "revoked":
            revoke_token(token=token, by=ada, at=later)
        case "run out":
            later += timedelta(days=2)
        case "left":
            deactivate(user=maya, by=ada, at=later)
        case "closed demo":
            User.objects.filter(pk=maya.pk).update(email=DEMO_PEOPLE[0].email)
    with time_machine.travel(later):
        call("GET", "initiatives")
    assert call.status == 401


def test_revoking_is_for_oneself_or_an_administrator(maya: User, devin: User, ada: User) -> None:
    secret_of(maya)
    token = Token.objects.get()
    with pytest.raises(NotAllowed):
        revoke_token(token=token, by=devin, at=timezone.now())
    revoked = revoke_token(token=token, by=ada, at=timezone.now())
    assert revoked.revoked_by == ada
    again = revoke_token(token=token, by=maya, at=timezone.now())
    assert again.revoked_by == ada, "it stays as it was revoked"


def test_a_token_is_refused_with_every_reason(maya: User) -> None:
    with pytest.raises(Refused) as refused:
        issue_token(user=maya, name=" ", days=400, writes=True, narrowed=False, at=NOW)
    assert [reason.split(":")[0] for reason in refused.value.reasons] == ["Name", "Days"]
    secret_of(maya, name="Feed")
    with pytest.raises(Refused, match="in use"):
        secret_of(maya, name="feed")


def test_a_token_that_reads_changes_nothing(maya: User) -> None:
    rollout = make_rollout(owner=maya, at=timezone.now())
    call = by_token(maya, writes=False)
    said = call("POST", f"initiatives/{rollout.initiative.reference}/evidence", LINK)
    assert (call.status, said["reasons"]) == (
        403,
        ["This token reads only. Make one that may write."],
    )


def test_a_token_reaches_the_initiatives_that_it_names(hannah: User) -> None:
    at = timezone.now()
    one, other = make_rollout(at=at).initiative, make_rollout(at=at).initiative
    metric = make_metric(other, by=hannah, at=at)
    call = by_token(hannah, initiatives=[one])
    assert [i["reference"] for i in call("GET", "initiatives")["items"]] == [one.reference]
    call("GET", f"initiatives/{one.reference}/checks")
    assert call.status == 200
    for path in (f"initiatives/{other.reference}", f"metrics/{metric.pk}"):
        call("GET", path)
        assert call.status == 404, path
    call("POST", "initiatives", {"name": "Another", "unit": ["Benefits"]})
    assert call.status == 403


def test_a_token_reaches_the_metric_that_it_names_and_nothing_beside(hannah: User) -> None:
    at = timezone.now()
    initiative = make_rollout(at=at).initiative
    metric, beside = (make_metric(initiative, by=hannah, at=at) for _ in range(2))
    call = by_token(hannah, metrics=[metric])
    assert call("GET", f"metrics/{metric.pk}")["id"] == metric.pk
    assert call("GET", "initiatives")["total"] == 0
    for path in (f"metrics/{beside.pk}", f"initiatives/{initiative.reference}"):
        call("GET", path)
        assert call.status == 404, path
    end_metric(metric=metric, why="Named by mistake.", by=hannah, at=at)
    call("GET", f"metrics/{metric.pk}")
    assert call.status == 404
    assert call("GET", "initiatives")["total"] == 0, "a token whose metric ended reaches nothing"


def test_a_token_reaches_no_further_than_its_person(maya: User, oscar: User) -> None:
    at = timezone.now()
    initiative = make_rollout(owner=maya, at=at).initiative
    call = by_token(oscar, initiatives=[initiative])
    call("GET", f"initiatives/{initiative.reference}")
    assert call.status == 404
