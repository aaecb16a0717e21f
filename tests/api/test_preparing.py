"""What a program may do for an initiative, from adding it to handing its review in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from audit.services import verify
from gates.models import Review, Rollout
from initiatives.evidence import verify_evidence
from initiatives.models import Evidence
from tests.api.calling import Caller, by_token
from tests.factories import make_evidence, make_ready, make_rollout, make_submitted

pytestmark = pytest.mark.django_db

NEW = {"name": "Claims triage", "unit": ["Benefits", "Claims"], "population": 6400}


@pytest.fixture
def rollout(maya: User, carol: User) -> Rollout:
    return make_rollout(owner=maya, sponsor=carol, at=timezone.now(), name="Claims triage")


def test_an_initiative_is_added_read_and_changed(hannah: User, maya: User, carol: User) -> None:
    make_rollout()  # the playbook
    call = by_token(hannah)
    added = call("POST", "initiatives", {**NEW, "owner": maya.pk, "sponsor": carol.pk})
    assert call.status == 201
    assert added["unit"]["path"] == "Benefits › Claims"
    assert (added["stage"], added["gate"], added["labels"]) == ("intake", 0, ["learning_exercise"])
    assert added["owner"] == {"id": maya.pk, "name": "Maya Okafor"}

    change = {"version": added["version"], "problem": "Claims wait for weeks.", "value_score": 4}
    changed = call("PATCH", f"initiatives/{added['reference']}", change)
    assert (changed["problem"], changed["value_score"]) == ("Claims wait for weeks.", 4)
    assert changed["name"] == "Claims triage"
    assert call("GET", f"initiatives/{added['reference'].lower()}") == changed


def test_a_change_of_what_somebody_else_changed_is_refused(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    path = f"initiatives/{rollout.initiative.reference}"
    version = call("GET", path)["version"]
    call("PATCH", path, {"version": version, "benefit": "Days instead of weeks."})
    assert call.status == 200
    refused = call("PATCH", path, {"version": version, "benefit": "Hours."})
    assert call.status == 409
    assert "Read it again" in refused["reasons"][0]


def test_what_looks_alike_is_added_once_somebody_says_it_is_another(
    rollout: Rollout, hannah: User
) -> None:
    call = by_token(hannah)
    refused = call("POST", "initiatives", NEW)
    assert call.status == 409
    assert rollout.initiative.reference in refused["reasons"][0]
    call("POST", "initiatives", {**NEW, "none_of": [rollout.initiative.reference]})
    assert call.status == 201


def test_lists_are_filtered_and_paged(hannah: User, maya: User) -> None:
    at = timezone.now()
    for name in ("Claims triage", "Claims letters", "Stock forecast"):
        make_rollout(owner=maya, name=name, at=at)
    make_rollout(stage="pilot", name="Claims bot", at=at)
    call = by_token(hannah)
    assert call("GET", "initiatives?q=claims")["total"] == 3
    assert call("GET", f"initiatives?q=claims&owner={maya.pk}")["total"] == 2
    assert [i["name"] for i in call("GET", "initiatives?stage=pilot")["items"]] == ["Claims bot"]
    assert call("GET", "initiatives?label=claimed")["total"] == 1
    unit = call("GET", "initiatives")["items"][0]["unit"]["id"]
    assert call("GET", f"initiatives?unit={unit}")["total"] == 4
    page = call("GET", "initiatives?page=2&page_size=3")
    assert (len(page["items"]), page["page"], page["total"]) == (1, 2, 4)
    for query in ("page_size=201", "page=0", "page=1.5", "stage=finished", "staeg=pilot"):
        call("GET", f"initiatives?{query}")
        assert call.status == 422, query


def test_answers_checks_and_evidence_are_prepared(
    rollout: Rollout, maya: User, devin: User
) -> None:
    call = by_token(maya)
    home = f"initiatives/{rollout.initiative.reference}"

    question = call("GET", f"{home}/design")[0]["question"]
    answered = call("PUT", f"{home}/design/{question}", {"text": "Claims staff.", "settled": True})
    assert (answered["text"], answered["settled"]) == ("Claims staff.", True)
    call("PUT", f"{home}/design/{question}", {"text": "", "settled": True})
    assert call.status == 409

    link = {"title": "Load test", "url": "https://example.org/test"}
    evidence = call("POST", f"{home}/evidence", link)
    assert (call.status, evidence["verified_at"]) == (201, None)
    assert call("GET", f"{home}/evidence")["items"] == [evidence]

    check = call("GET", f"{home}/checks")[0]["check"]
    assert call("GET", f"{home}/checks/{check}")["state"] == "unassigned"
    assigned = call("POST", f"{home}/checks/{check}/assign", {"assignee": maya.pk})
    assert (assigned["state"], assigned["assignee"]["id"]) == ("assigned", maya.pk)
    due = (timezone.now() + timedelta(days=30)).date().isoformat()
    plan = {"assignee": maya.pk, "solution": "Sample weekly.", "due": due}
    assert call("POST", f"{home}/checks/{check}/plan", plan)["due"] == due
    met = call("POST", f"{home}/checks/{check}/meet", {"evidence": evidence["id"]})
    assert (met["state"], met["evidence"]) == ("planned", evidence["id"]), "nobody saw it yet"
    verify_evidence(evidence=Evidence.objects.get(), by=devin, at=timezone.now())
    assert call("GET", f"{home}/checks/{check}")["state"] == "met"
    reopened = call("POST", f"{home}/checks/{check}/reopen", {"reason": "It was another system."})
    assert reopened["state"] == "planned"

    criterion = call("GET", f"{home}/criteria")[0]["criterion"]
    words = {"verdict": "met", "note": "All of them."}
    refused = call("PUT", f"{home}/criteria/{criterion}", words)
    assert (call.status, refused["reasons"]) == (
        409,
        ["Evidence: attach what shows that the criterion is met."],
    )
    judged = call("PUT", f"{home}/criteria/{criterion}", {**words, "evidence": evidence["id"]})
    assert (judged["verdict"], judged["evidence"]) == ("met", evidence["id"])

    evaluation = call("GET", f"{home}/evaluation")
    assert evaluation["gate"] == 0
    states = {finding["id"]: finding["state"] for finding in evaluation["findings"]}
    assert states[f"design:{question}"] == "met"


def test_a_failure_mode_is_assessed_by_the_rules_of_its_page(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    path = f"initiatives/{rollout.initiative.reference}/risks"
    assert len(call("GET", path)) == 7
    body = {"response": "none", "likelihood": 4, "impact": 3, "override_reason": "Seen before."}
    mode = call("POST", f"{path}/governance", body)
    assert (call.status, mode["assessment"]["likelihood"]) == (201, 4)
    assert mode["assessment"]["residual_likelihood"] == 4
    refused = call("POST", f"{path}/governance", {"response": "planned"})
    assert call.status == 409
    assert len(refused["reasons"]) >= 2
    call("POST", f"{path}/governance", {**body, "indicators": {"no_such": 1}})
    assert call.status == 409


def test_metrics_are_named_and_changed(rollout: Rollout, maya: User) -> None:
    call = by_token(maya)
    path = f"initiatives/{rollout.initiative.reference}/metrics"
    metric = {"name": "Minutes a claim", "kind": "business", "direction": "down"}
    added = call("POST", path, {**metric, "baseline": 41, "baseline_on": "2026-01-05"})
    assert (call.status, added["baseline"], added["counts"]) == (201, 41.0, False)
    changed = call("PATCH", f"metrics/{added['id']}", {"target": 20.5})
    assert (changed["target"], changed["baseline"], changed["counts"]) == (20.5, 41.0, True)
    assert call("GET", path)["items"] == [call("GET", f"metrics/{added['id']}")]
    refused = call("PATCH", f"metrics/{added['id']}", {"target": 60, "baseline_on": None})
    assert call.status == 409
    assert len(refused["reasons"]) == 2


def test_a_review_is_opened_submitted_and_withdrawn(
    rollout: Rollout, maya: User, devin: User
) -> None:
    call = by_token(maya)
    path = f"initiatives/{rollout.initiative.reference}/reviews"
    opened = call("POST", path, {})
    assert (call.status, opened["state"], opened["gate"]) == (201, "open", 0)
    refused = call("POST", f"reviews/{opened['id']}/submit")
    assert call.status == 409
    assert len(refused["reasons"]) > 10, "every reason is told"
    make_ready(rollout, by=maya, verifier=devin, at=timezone.now())
    assert call("POST", f"reviews/{opened['id']}/submit")["state"] == "submitted"
    assert call("GET", f"reviews/{opened['id']}/sign-offs") == []
    assert call("POST", f"reviews/{opened['id']}/withdraw")["state"] == "withdrawn"
    assert call("GET", path)["total"] == 1


def test_events_name_the_person_and_the_token(rollout: Rollout, maya: User) -> None:
    call = by_token(maya, name="Monitoring")
    body = {"title": "Load test", "url": "https://example.org/test"}
    call("POST", f"initiatives/{rollout.initiative.reference}/evidence", body)
    event = Event.objects.get(verb="evidence.added")
    assert event.actor_id == maya.pk
    assert event.actor_label == "Maya Okafor through the token “Monitoring”"
    assert verify()[1] == []


def test_what_a_program_does_stops_no_stall_clock(rollout: Rollout, maya: User) -> None:
    before = rollout.initiative.touched_at
    path = f"initiatives/{rollout.initiative.reference}/evidence"
    body = {"title": "Load test", "url": "https://example.org/test"}
    by_token(maya)("POST", path, body)
    rollout.initiative.refresh_from_db()
    assert rollout.initiative.touched_at == before
    Caller(maya)("POST", path, body)
    rollout.initiative.refresh_from_db()
    assert rollout.initiative.touched_at > before


def test_a_token_never_signs_verifies_or_decides(
    rollout: Rollout, maya: User, lena: User, aiko: User, devin: User
) -> None:
    at = timezone.now()
    evidence = make_evidence(rollout.initiative, by=maya, at=at)
    make_ready(rollout, by=maya, verifier=devin, at=at)
    review = make_submitted(rollout, by=maya, at=at)
    word = {"remit": "business", "verdict": "signed"}
    for path, who, body in (
        (f"reviews/{review.pk}/sign-offs", aiko, word),
        (f"initiatives/{rollout.initiative.reference}/evidence/{evidence.pk}/verify", lena, None),
    ):
        call = by_token(who)
        refused = call("POST", path, body)
        assert call.status == 403
        assert "never signs" in refused["reasons"][0]
        session = Caller(who)
        session("POST", path, body)
        assert session.status in (200, 201)
    call = by_token(aiko, name="Reader")
    said = call("GET", f"reviews/{review.pk}/sign-offs")
    assert [(row["remit"], row["verdict"]) for row in said] == [("business", "signed")]
    assert Review.objects.get().sign_offs.count() == 1
