"""The page of one initiative: what it leads with, for whom, and at what cost."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from gates.models import Rollout
from gates.services.conditions import revoke_go
from gates.services.decisions import NewCondition
from gates.services.reviews import open_review, sign_off
from gates.services.rollouts import pause
from initiatives.services import edit_initiative, set_contributors
from tests.factories import (
    NOW,
    make_assessment,
    make_decision,
    make_evidence,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rollout(maya, carol, hannah):
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, name="Claims assistant")
    return make_rollout(initiative, by=hannah)


@pytest.fixture
def page(client):
    def get(rollout, user):
        client.force_login(user)
        return client.get(rollout.initiative.get_absolute_url())

    return get


def read(response):
    assert response.status_code == 200
    return response.content.decode()


# Who sees it


def test_an_outsider_is_told_nothing(page, rollout, oscar, ada):
    assert page(rollout, oscar).status_code == 404
    assert page(rollout, ada).status_code == 404


def test_a_visitor_is_asked_to_sign_in(client, rollout):
    response = client.get(rollout.initiative.get_absolute_url())
    assert response.status_code == 302
    assert "login" in response.url


@pytest.mark.parametrize("who", ["maya", "carol", "hannah", "lena"])
def test_everybody_with_a_part_or_an_eye_on_it_sees_it(page, rollout, who, request):
    assert page(rollout, request.getfixturevalue(who)).status_code == 200


def test_a_reference_is_found_in_any_case(client, rollout, maya):
    client.force_login(maya)
    path = rollout.initiative.get_absolute_url().replace("AI-", "ai-")
    assert client.get(path).status_code == 200


def test_the_page_is_only_read(client, rollout, maya):
    client.force_login(maya)
    assert client.post(rollout.initiative.get_absolute_url()).status_code == 405


# What is next, and for whom


def step(response):
    return response.context["step"]


def test_the_owner_is_led_to_open_the_review(page, rollout, maya):
    response = page(rollout, maya)
    assert step(response).title == "Open the Gate 0 review"
    assert step(response).yours and step(response).post
    assert "Next, for Maya" in read(response)


def test_following_the_step_opens_the_review(page, client, rollout, maya):
    client.post(step(page(rollout, maya)).url)
    assert rollout.reviews.under_way().get().opened_by == maya


def test_others_learn_whom_it_waits_for(page, rollout, lena):
    response = page(rollout, lena)
    assert not step(response).yours
    assert not step(response).url
    assert "Waits for Maya Okafor" in read(response)


def test_in_an_open_review_the_owner_is_led_to_the_very_task(page, rollout, maya, hannah):
    open_review(rollout=rollout, by=maya, at=NOW)
    first = step(page(rollout, maya))
    question = rollout.playbook.parsed.questions[0]
    area = rollout.playbook.parsed.design_areas[0]
    expected = reverse("gates:design", args=[rollout.initiative.reference, area.key])
    assert first.title == f"Settle: {question.question}"
    assert first.url == f"{expected}#{question.key}"


def test_a_contributor_is_led_to_the_same_task(page, rollout, maya, devin):
    open_review(rollout=rollout, by=maya, at=NOW)
    set_contributors(initiative=rollout.initiative, people=[devin], by=maya, at=NOW)
    found = step(page(rollout, devin))
    assert found.yours and found.who == "Devin" and found.url


def test_when_all_is_met_the_owner_submits(page, rollout, maya, lena):
    open_review(rollout=rollout, by=maya, at=NOW)
    make_ready(rollout, by=maya, verifier=lena)
    found = step(page(rollout, maya))
    assert found.url == reverse("gates:submit", args=[rollout.initiative.reference])


def test_a_reviewer_whose_word_is_missing_signs_off(page, rollout, maya, lena, aiko):
    make_ready(rollout, by=maya, verifier=lena)
    review = make_submitted(rollout, by=maya)
    reference = rollout.initiative.reference
    assert step(page(rollout, aiko)).url == reverse("gates:sign_off", args=[reference, "business"])
    sign_off(review=review, remit="business", verdict="signed", note="", by=aiko, at=NOW)
    assert step(page(rollout, aiko)).url == reverse("gates:sign_off", args=[reference, "funding"])
    waiting = step(page(rollout, maya))
    assert waiting.title == "Sign-offs for funding and ownership"
    assert not waiting.yours


def test_an_objection_sends_the_owner_back_to_the_review(page, rollout, maya, lena, aiko):
    make_ready(rollout, by=maya, verifier=lena)
    review = make_submitted(rollout, by=maya)
    sign_off(review=review, remit="funding", verdict="objected", note="No line", by=aiko, at=NOW)
    found = step(page(rollout, maya))
    assert found.title == "Answer the objection of Aiko Tanaka"
    assert "No line" in found.text


def test_whoever_may_decide_is_led_to_the_decision(
    page, rollout, maya, lena, carol, hannah, reviewers
):
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    for decider in (carol, hannah):
        found = step(page(rollout, decider))
        assert found.url == reverse("gates:decide", args=[rollout.initiative.reference])
        assert found.yours
    assert "Waits for Hannah Cole or Carol Nakamura" in read(page(rollout, maya))


def test_who_is_barred_from_deciding_is_named_with_the_reason(
    page, rollout, hannah, maya, carol, reviewers
):
    make_ready(rollout, by=carol, verifier=maya)
    make_sign_offs(make_submitted(rollout, by=hannah), reviewers)
    html = read(page(rollout, maya))
    assert "Not Hannah Cole:</b> submitted the review" in html
    assert "Not Carol Nakamura:</b> had a hand in what is judged" in html
    assert step(page(rollout, hannah)).title == "Nobody may decide this"
    assert step(page(rollout, hannah)).url == reverse(
        "gates:people", args=[rollout.initiative.reference]
    )


def test_without_an_owner_the_program_office_names_one(page, hannah, lena):
    rollout = make_rollout(make_initiative(by=hannah), stage="steady", by=hannah)
    found = step(page(rollout, hannah))
    assert found.title == "Name an owner" and found.yours
    assert "Waits for the program office" in read(page(rollout, lena))


def test_a_pause_comes_before_everything(page, rollout, maya, lena):
    pause(rollout=rollout, reason="The feed is rebuilt.", cause="integration", by=maya, at=NOW)
    html = read(page(rollout, maya))
    assert step(page(rollout, maya)).post
    assert "The feed is rebuilt." in html
    assert "integration complexity" in html
    assert not step(page(rollout, lena)).url


def test_a_stopped_rollout_asks_for_nothing_and_says_who_ended_it(page, rollout, maya, carol):
    make_decision(rollout, "stop", by=carol, reason="Nobody needs it.")
    html = read(page(rollout, maya))
    assert "Stopped on 16 Nov" in html
    assert "Carol Nakamura decided it: Nobody needs it." in html
    assert "Nobody is waited for" in html


def test_in_steady_state_nothing_is_due(page, rollout, maya, carol, lena, reviewers):
    rollout = make_passed(
        rollout, gates=5, owner=maya, verifier=lena, reviewers=reviewers, decider=carol
    )
    html = read(page(rollout, maya))
    assert "Nothing is due" in html
    assert "No gate lies ahead" in html


# What keeps the gate shut


def test_blockers_that_come_in_dozens_are_counted(page, rollout, maya):
    response = page(rollout, maya)
    titles = [line.title for line in response.context["lines"]]
    assert "Design assessment: 0 of 21 settled" in titles
    assert "Exit criteria: 0 of 9 met" in titles
    assert "Sign-offs: 0 of 2" in titles
    assert len(titles) < 9


def test_the_last_few_blockers_are_told_in_the_judges_words(page, rollout, maya, lena):
    criteria = rollout.playbook.parsed.criteria_for(0, "not_assessed")
    make_ready(rollout, by=maya, verifier=lena, skip=[f"criterion:{criteria[0].key}"])
    lines = page(rollout, maya).context["lines"]
    line = next(line for line in lines if line.title == criteria[0].name)
    assert line.mark == "unknown"
    assert line.url == reverse(
        "gates:criterion", args=[rollout.initiative.reference, criteria[0].key]
    )


def test_checks_are_one_line_however_few_are_open(page, rollout, maya, carol, lena, reviewers):
    rollout = make_passed(
        rollout, gates=1, owner=maya, verifier=lena, reviewers=reviewers, decider=carol
    )
    lines = page(rollout, maya).context["lines"]
    (ladder,) = [line for line in lines if line.title.startswith("Ladder")]
    assert ladder.title == "Ladder: 0 of 20 assigned"
    assert ladder.text == "20 unassigned."


def test_a_learning_exercise_says_what_is_missing(page, rollout, maya):
    edit_initiative(
        initiative=rollout.initiative,
        fields={"production_funder": ""},
        version=rollout.initiative.version,
        by=maya,
        at=NOW,
    )
    html = read(page(rollout, maya))
    assert "Learning exercise" in html
    assert "no funder named" in html


# The way through


def way(response):
    return response.context["way"]


def test_the_way_dates_each_gate_that_was_passed(page, rollout, maya, carol, lena, reviewers):
    with time_machine.travel(NOW + timedelta(weeks=6), tick=False) as clock:
        at = NOW + timedelta(weeks=6)
        rollout = make_passed(
            rollout, gates=2, owner=maya, verifier=lena, reviewers=reviewers, decider=carol, at=at
        )
        clock.move_to(at + timedelta(days=8))
        stages = way(page(rollout, maya))
    assert [stage["state"] for stage in stages] == ["passed", "passed", "now", *["todo"] * 3]
    assert stages[0]["note"] == "6 weeks"
    assert stages[0]["gate"] == {"number": 0, "state": "go", "note": "go, 28 Dec 2026"}
    assert stages[2]["note"] == "1 week of 2–4, since 28 Dec 2026"


def test_a_claim_is_dashed_and_owes_every_gate(page, hannah):
    rollout = make_rollout(make_initiative(by=hannah), stage="limited", by=hannah)
    response = page(rollout, hannah)
    stages = way(response)
    assert [stage["state"] for stage in stages] == [*["claimed"] * 4, "todo", "todo"]
    assert stages[0]["gate"]["note"] == "proof owed"
    html = read(response)
    assert "row 2 of inventory.csv" in html
    assert "Gate 0, Gate 1, Gate 2" in html


def test_a_claim_with_an_owner_has_a_day_for_its_proof(page, maya, hannah):
    rollout = make_rollout(make_initiative(owner=maya, by=hannah), stage="limited", by=hannah)
    due = NOW + timedelta(days=rollout.playbook.parsed.proof_days)
    note = way(page(rollout, maya))[0]["gate"]["note"]
    assert note == f"proof due {due.day} {due:%b %Y}"


def test_a_revoked_gate_behind_the_rollout_is_no_longer_met(
    page, rollout, maya, carol, lena, reviewers
):
    criteria = rollout.playbook.parsed.criteria_for(0, "not_assessed")
    blocker = f"criterion:{criteria[0].key}"
    make_ready(rollout, by=maya, verifier=lena, skip=[blocker])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    condition = NewCondition(blocker, "Say it as an outcome.", maya, NOW.date())
    go = make_decision(rollout, "conditional_go", by=carol, conditions=[condition])
    assert way(page(rollout, maya))[0]["gate"]["state"] == "conditional"
    assert "Say it as an outcome." in read(page(rollout, maya))
    rollout = make_passed(
        rollout, gates=1, owner=maya, verifier=lena, reviewers=reviewers, decider=carol
    )
    revoke_go(condition=go.conditions.get(), at=NOW + timedelta(days=15))
    stages = way(page(Rollout.objects.get(pk=rollout.pk), maya))
    assert stages[0]["gate"] == {"number": 0, "state": "lost", "note": "revoked 1 Dec"}
    assert stages[2]["state"] == "now"


def test_what_an_inventory_calls_retired_has_passed_nothing(page, maya, hannah):
    rollout = make_rollout(make_initiative(owner=maya, by=hannah), stage="retired", by=hannah)
    response = page(rollout, maya)
    assert {stage["state"] for stage in way(response)} == {"todo"}
    assert "Retired by its claim" in read(response)


def test_past_its_plan_it_is_stalled_and_says_why(page, rollout, maya):
    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        html = read(page(rollout, maya))
    assert "Stalled:" in html
    assert "no recorded progress for 30 days" in html


# The rest of the page


def test_failure_modes_show_their_ratings(page, rollout, maya):
    make_assessment(
        rollout.initiative, "budget", by=maya, likelihood=5, impact=5, residual_impact=2
    )
    response = page(rollout, maya)
    row = next(row for row in response.context["modes"] if row.mode.key == "budget")
    assert (row.current, row.residual) == ("critical", "high")
    assert "6 not assessed." in response.context["modes_sentence"]


def test_times_are_the_readers_own(page, rollout, maya):
    maya.time_zone = "Pacific/Auckland"
    maya.save()
    with time_machine.travel(NOW.replace(hour=12), tick=False):
        make_evidence(rollout.initiative, by=maya, at=NOW.replace(hour=12))
        assert ">17 Nov</time>" in read(page(rollout, maya))


def test_names_from_outside_are_escaped(page, maya, hannah):
    initiative = make_initiative(owner=maya, by=hannah, name="<script>alert(1)</script>")
    html = read(page(make_rollout(initiative, by=hannah), maya))
    assert "<script>alert" not in html


def test_the_page_costs_the_same_however_much_there_is(
    page, client, rollout, maya, devin, hannah, django_assert_max_num_queries
):
    page(rollout, hannah)  # signs in; the playbook is parsed once in a process
    counts = []
    for rows in (5, 200):
        for number in range(rows):
            make_evidence(rollout.initiative, by=maya, title=f"Report {rows} {number}")
        set_contributors(initiative=rollout.initiative, people=[devin], by=maya, at=NOW)
        with django_assert_max_num_queries(12) as queries:
            read(client.get(rollout.initiative.get_absolute_url()))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["ladder", "evidence_list", "history"])
def test_every_page_among_the_tabs_carries_them(client, rollout, maya, page):
    client.force_login(maya)
    url = reverse(f"gates:{page}", args=[rollout.initiative.reference])
    assert f'<a href="{url}" aria-current="page">' in client.get(url).content.decode()


def test_what_is_critical_with_a_response_only_planned_is_to_be_minded(client, rollout, maya):
    make_assessment(
        rollout.initiative, "value", likelihood=5, impact=5, response="planned", by=maya
    )
    client.force_login(maya)
    html = client.get(rollout.initiative.get_absolute_url()).content.decode()
    assert "No response in place" in html
    assert "is critical</b>" in html
    assert "No figure is answered yet." in html
