"""The decision page: what is open, what is closed and why, signing, and the record."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.canonical import digest_of
from gates.models import Condition, Decision, Rollout
from gates.services.reviews import answer_criterion, sign_off
from initiatives.services import edit_initiative
from tests.factories import (
    make_assessment,
    make_evidence,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)
from tests.gates.deciding import LEFT_OPEN, Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User) -> Rollout:
    now = timezone.now()
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=now)
    return make_rollout(initiative, by=hannah, at=now)


@pytest.fixture
def clear(rollout: Rollout, maya: User, lena: User, reviewers: list[User]) -> Rollout:
    """Everything met and signed off at Gate 0."""
    make_ready(rollout, by=maya, verifier=lena, at=timezone.now())
    make_sign_offs(
        make_submitted(rollout, by=maya, at=timezone.now()), reviewers, at=timezone.now()
    )
    return rollout


@pytest.fixture
def one_open(rollout: Rollout, maya: User, lena: User, reviewers: list[User]) -> Rollout:
    """All but one criterion met at Gate 0."""
    now = timezone.now()
    make_ready(rollout, by=maya, verifier=lena, at=now, skip=[f"criterion:{LEFT_OPEN}"])
    make_sign_offs(make_submitted(rollout, by=maya, at=now), reviewers, at=now)
    return rollout


@pytest.mark.seed("S-019")
def test_a_go_on_facts_without_a_blocker_moves_the_rollout_and_leads_to_its_record(
    client: Client, clear: Rollout, carol: User
) -> None:
    page = Page(client, clear, carol)
    assert "Nothing is open. A go is possible." in page.text
    assert "You may decide" in page.text
    page.sign("go")
    made = Decision.objects.get()
    assert (page.status, page.stage) == (302, "pilot")
    assert page.location.endswith(f"/decisions/{made.pk}/")
    record = client.get(page.location).content.decode()
    assert made.digest in record
    assert "It holds." in record
    assert "The facts match their print" in record
    assert digest_of(made.facts) == made.digest


def test_closed_choices_stay_visible_and_say_why(
    client: Client, one_open: Rollout, carol: User
) -> None:
    page = Page(client, one_open, carol)
    name = one_open.playbook.parsed.criterion(LEFT_OPEN).name
    go = page.html[page.html.index('id="outcome-go"') : page.html.index('id="outcome-hold"')]
    assert "disabled" in go[: go.index(">")]
    assert name in go
    assert "A condition may cover it." in page.text
    assert 'id="outcome-return"' in page.html  # nothing lies before intake
    back = page.html[page.html.index('id="outcome-return"') :]
    assert "disabled" in back[: back.index(">")]
    assert "No earlier stage lies behind it." in back


@pytest.mark.seed("S-019")
def test_a_conditional_go_takes_one_block_for_each_blocker(
    client: Client, one_open: Rollout, carol: User, maya: User
) -> None:
    page = Page(client, one_open, carol)
    due = timezone.now().date() + timedelta(days=7)
    block = f"for-criterion-{LEFT_OPEN}"
    page.sign("conditional_go", **{f"{block}-text": "Agree it with Carol"})
    assert page.status == 422
    assert "Condition 1, Owner: Choose who answers for it." in page.text
    assert "Condition 1, By: Give a date." in page.text
    assert "Agree it with Carol" in page.html
    typed = {
        f"{block}-text": "Agree it",
        f"{block}-owner": maya.pk,
        f"{block}-due": due.isoformat(),
    }
    page.sign("conditional_go", **typed)
    assert (page.status, page.stage) == (302, "pilot")
    owed = Condition.objects.get()
    assert (owed.text, owed.owner, owed.due) == ("Agree it", maya, due)


def test_facts_that_changed_refuse_the_decision_keep_what_was_typed_and_offer_the_new_ones(
    client: Client, clear: Rollout, carol: User, devin: User
) -> None:
    page = Page(client, clear, carol)
    make_assessment(clear.initiative, "budget", by=devin, at=timezone.now(), likelihood=3, impact=4)
    page.sign("go", reason="Baselines are sound.")
    assert page.status == 409
    assert "The facts changed since you opened this page." in page.text
    assert clear.playbook.parsed.mode("budget").name in page.text
    assert "likelihood 3, impact 4" in page.text
    assert "Baselines are sound." in page.html
    assert re.search(r'value="go" checked', page.html)
    assert not Decision.objects.exists()
    page.sign("go", reason="Baselines are sound.")
    assert (page.status, page.stage) == (302, "pilot")


def test_a_page_that_carries_facts_clearway_did_not_sign_decides_nothing(
    client: Client, clear: Rollout, carol: User
) -> None:
    page = Page(client, clear, carol)
    for forged in ("", "forged", page.seen[:-3] + "abc"):
        page.sign("go", seen=forged)
        assert page.status == 422
        assert "are not readable" in page.text
    assert not Decision.objects.exists()


def test_what_changed_since_submission_is_shown_with_its_effect(
    client: Client, clear: Rollout, carol: User, maya: User
) -> None:
    asked = clear.playbook.parsed.criterion("baseline_taken")
    answer_criterion(
        rollout=clear,
        criterion=asked,
        verdict="not_met",
        note="The sample was too small.",
        evidence=None,
        days_valid=None,
        by=maya,
        at=timezone.now(),
    )
    page = Page(client, clear, carol)
    since = page.text[page.text.index("Changed since it was submitted") :]
    since = since[: since.index("Your decision")]
    assert asked.name in since
    assert "The sample was too small." in since
    assert "Now open" in since
    assert "sign-off" not in since  # a signature is what a submission is for


@pytest.mark.parametrize(
    ("outcome", "missing"),
    [
        ("hold", ["Hold until: Name a day after today.", "Cause of the hold"]),
        ("stop", ["Cause of the end: Choose which"]),
        ("", ["Your decision: Choose one"]),
    ],
)
def test_an_outcome_without_what_it_needs_is_refused_with_every_reason(
    client: Client, clear: Rollout, carol: User, outcome: str, missing: list[str]
) -> None:
    page = Page(client, clear, carol)
    page.sign(outcome, reason=" ")
    assert page.status == 422
    for words in [*missing, "Why, in a sentence or two: Say why"]:
        assert words in page.text
    assert not Decision.objects.exists()


def test_hold_keeps_the_stage_until_its_date(client: Client, clear: Rollout, carol: User) -> None:
    until = timezone.now().date() + timedelta(days=14)
    page = Page(client, clear, carol)
    page.sign("hold", hold_until=until.isoformat(), hold_cause="budget")
    made = Decision.objects.get()
    assert (page.status, page.stage) == (302, "intake")
    assert (made.hold_until, made.cause) == (until, "budget")


def test_a_stop_needs_no_review(client: Client, rollout: Rollout, carol: User) -> None:
    page = Page(client, rollout, carol)
    assert "only a return or an end can be decided" in page.text
    page.sign("stop", stop_cause="value")
    assert (page.status, page.stage) == (302, "stopped")


def test_a_return_names_the_earlier_stage(client: Client, maya: User, carol: User) -> None:
    now = timezone.now()
    adopted = make_rollout(
        make_initiative(owner=maya, sponsor=carol, at=now), stage="limited", at=now
    )
    page = Page(client, adopted, carol)
    page.sign("return", return_cause="readiness")
    assert "Return to: Choose an earlier stage." in page.text
    page.sign("return", return_to="pilot", return_cause="readiness")
    assert page.stage == "pilot"


def test_whoever_may_not_decide_is_told_why_and_who_may(
    client: Client, clear: Rollout, maya: User, hannah: User, lena: User, carol: User
) -> None:
    page = Page(client, clear, lena)
    assert page.status == 200
    assert "You may not decide this" in page.text
    assert "you are neither" in page.text
    assert "Hannah Cole or Carol Nakamura may decide." in page.text
    page.sign("go")
    assert page.status == 403
    assert not Decision.objects.exists()


def test_evidence_bars_its_author_from_deciding(
    client: Client, rollout: Rollout, maya: User, hannah: User, lena: User, reviewers: list[User]
) -> None:
    now = timezone.now()
    make_ready(rollout, by=hannah, verifier=lena, at=now)
    make_sign_offs(make_submitted(rollout, by=maya, at=now), reviewers, at=now)
    page = Page(client, rollout, hannah)
    assert "You own it, submitted it or had a hand in what is judged" in page.text
    page.sign("go")
    assert (page.status, page.stage) == (403, "intake")


def test_a_condition_is_closed_with_words_and_evidence_by_its_owner(
    client: Client, one_open: Rollout, carol: User, maya: User, lena: User, tomas: User
) -> None:
    page = Page(client, one_open, carol)
    block = f"for-criterion-{LEFT_OPEN}"
    due = timezone.now().date().isoformat()
    typed = {f"{block}-text": "Agree it", f"{block}-owner": lena.pk, f"{block}-due": due}
    page.sign("conditional_go", **typed)
    owed = Condition.objects.get()
    url = f"/initiatives/{one_open.initiative.reference}/conditions/{owed.pk}/"
    client.force_login(tomas)
    assert "Close the condition" not in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 403
    client.force_login(lena)
    assert client.post(url, {}).status_code == 422
    evidence = make_evidence(one_open.initiative, by=maya, at=timezone.now())
    answer = client.post(url, {"note": "Signed on Monday.", "evidence": evidence.pk})
    assert answer["Location"].endswith(f"/decisions/{owed.decision_id}/")
    owed.refresh_from_db()
    assert (owed.closed_by, owed.closing_note, owed.evidence) == (
        lena,
        "Signed on Monday.",
        evidence,
    )
    assert "Signed on Monday." in client.get(url).content.decode()
    assert client.post(url, {"note": "Again."}).status_code == 422


def test_the_record_shows_the_facts_as_they_were(
    client: Client, clear: Rollout, carol: User, maya: User
) -> None:
    Page(client, clear, carol).sign("go")
    made = Decision.objects.get()
    initiative = clear.initiative
    initiative.refresh_from_db()
    edit_initiative(
        initiative=initiative,
        fields={"name": "Renamed since"},
        version=initiative.version,
        by=maya,
        at=timezone.now(),
    )
    url = f"/initiatives/{initiative.reference}/decisions/{made.pk}/"
    client.force_login(maya)
    shown = client.get(url).content.decode()
    facts = shown[shown.index("The facts it was made on") :]
    assert "Renamed since" not in facts
    assert "Met on" in facts
    assert client.get(url.replace(str(made.pk), "999999")).status_code == 404


def test_an_objection_of_security_can_be_covered_by_no_condition(
    client: Client, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    now = timezone.now()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, at=now), at=now)
    rollout = make_passed(
        rollout, gates=2, owner=maya, verifier=lena, reviewers=reviewers, decider=carol, at=now
    )
    make_ready(rollout, by=maya, verifier=lena, at=now)
    review = make_submitted(rollout, by=maya, at=now)
    make_sign_offs(review, reviewers, at=now, skip=["security"])
    sign_off(
        review=review, remit="security", verdict="objected", note="Open port.", by=lena, at=now
    )
    page = Page(client, rollout, carol)
    assert "No condition can cover it." in page.text
    page.sign("conditional_go")
    assert page.status == 422
    assert "No condition can cover this." in page.text
    assert page.stage == "readiness"


def test_a_rollout_past_its_last_gate_can_still_be_retired(
    client: Client, maya: User, carol: User, hannah: User, lena: User, reviewers: list[User]
) -> None:
    now = timezone.now()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, at=now), at=now)
    rollout = make_passed(
        rollout, gates=5, owner=maya, verifier=lena, reviewers=reviewers, decider=carol, at=now
    )
    page = Page(client, rollout, hannah)
    assert f"What becomes of {rollout.initiative.name}?" in page.text
    assert "No gate lies ahead." in page.text
    page.sign("stop", stop_cause="value")
    assert (page.status, page.stage) == (302, "retired")
    over = Page(client, rollout, carol)
    assert "This rollout is over. Nothing is left to decide." in over.text


def test_the_page_costs_the_same_queries_whatever_is_open(
    client: Client, rollout: Rollout, carol: User, maya: User, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    left = [f"criterion:{c.key}" for c in rollout.playbook.parsed.gate(0).criteria[:3]]
    make_ready(rollout, by=maya, verifier=carol, at=now, skip=left)
    make_submitted(rollout, by=maya, at=now)
    page = Page(client, rollout, carol)
    assert page.html.count("What must be done") == len(left) + 2
    with django_assert_max_num_queries(16):
        client.get(page.url)


def test_what_is_open_leads_to_the_choice_and_a_long_list_is_folded(
    client: Client, rollout: Rollout, carol: User, maya: User, lena: User
) -> None:
    page = Page(client, rollout, carol)  # everything is open
    assert '<a class="btn narrow-only" href="#decide">' in page.html
    assert 'id="decide"' in page.html
    blockers = page.html[page.html.index("Open blockers") :]
    shown, rest = blockers.split('<details class="closing"', 1)
    folded = rest.split("</ul></details>")[0]
    assert shown.count("<li>") == 3
    assert f"<summary>{folded.count('<li>')} more</summary>" in folded
