"""Answering the design assessment, climbing the ladder, assessing failure modes, task by task."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from audit.services import verify
from checklists.models import Check, DesignAnswer
from checklists.services import Answer, answer_questions
from gates.models import CriterionAnswer, Rollout
from initiatives.errors import Refused
from initiatives.services import set_contributors
from risks.models import Assessment
from tests.factories import make_decision, make_evidence, make_initiative, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(maya: User, carol: User, devin: User, hannah: User) -> Rollout:
    now = timezone.now()
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=now)
    set_contributors(initiative=initiative, people=[devin], by=hannah, at=now)
    return make_rollout(initiative, by=hannah, at=now)


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/"


@pytest.fixture
def owner(client: Client, maya: User) -> Client:
    client.force_login(maya)
    return client


# The design assessment


def test_an_area_shows_its_questions_with_why_they_are_asked(
    owner: Client, rollout: Rollout, url: str
) -> None:
    html = owner.get(f"{url}design/data/").content.decode()
    for question in rollout.playbook.parsed.design_areas[0].questions:
        for words in (question.question, question.why, question.good_answer):
            assert words.replace("'", "&#x27;") in html


def test_an_area_is_saved_together_and_only_what_changed_is_written(
    owner: Client, url: str
) -> None:
    typed = {
        "data_needed-text": "41 fields of the claims table.",
        "data_needed-settled": "on",
        "data_sources-text": "The claims system.",
    }
    answer = owner.post(f"{url}design/data/", typed, follow=True)
    assert "2 answers saved." in answer.content.decode()
    stored = {row.question: (row.text, row.settled) for row in DesignAnswer.objects.all()}
    assert stored == {
        "data_needed": ("41 fields of the claims table.", True),
        "data_sources": ("The claims system.", False),
    }
    answer = owner.post(f"{url}design/data/", typed, follow=True)
    assert "Nothing was changed." in answer.content.decode()


def test_an_answer_is_changed_in_its_place_and_each_is_an_event_of_the_trail(
    rollout: Rollout, hannah: User
) -> None:
    first, second = rollout.playbook.parsed.questions[:2]
    both = [Answer(first, " Known. ", settled=True), Answer(second, "Half of it.", settled=False)]
    now = timezone.now()
    answer_questions(initiative=rollout.initiative, answers=both, by=hannah, at=now)
    changed = [Answer(first, "Not any more.", settled=False)]
    answer_questions(initiative=rollout.initiative, answers=changed, by=hannah, at=now)
    kept = DesignAnswer.objects.order_by("pk").values_list("question", "text", "settled")
    assert list(kept) == [
        (first.key, "Not any more.", False),
        (second.key, "Half of it.", False),
    ]
    told = Event.objects.filter(verb="design.answered").order_by("seq")
    assert [event.summary.split(":")[0] for event in told] == ["Settled", *["Still open"] * 2]
    assert verify()[1] == []


def test_of_answers_given_together_all_are_kept_or_none(rollout: Rollout, maya: User) -> None:
    first, second = rollout.playbook.parsed.questions[:2]
    both = [Answer(first, "Known.", settled=True), Answer(second, "  ", settled=True)]
    with pytest.raises(Refused, match="before you mark it settled"):
        answer_questions(initiative=rollout.initiative, answers=both, by=maya, at=timezone.now())
    assert not DesignAnswer.objects.exists()


def test_an_empty_answer_marked_settled_is_refused_while_the_others_are_kept(
    owner: Client, url: str
) -> None:
    typed = {"data_needed-text": "41 fields.", "data_sources-settled": "on"}
    answer = owner.post(f"{url}design/data/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Write the answer before you mark it settled." in html
    assert "1 answer saved. The others need something put right." in html
    assert [row.question for row in DesignAnswer.objects.all()] == ["data_needed"]


# The ladder


def test_several_checks_are_given_to_one_person_in_one_go(
    owner: Client, rollout: Rollout, url: str, devin: User
) -> None:
    html = owner.get(f"{url}checks/").content.decode()
    checks = rollout.playbook.parsed.checks
    assert all(f'value="{check.key}"' in html for check in checks)
    typed = {"checks": [check.key for check in checks], "assignee": devin.pk}
    answer = owner.post(f"{url}checks/", typed, follow=True)
    assert "Devin Park answers for 20 checks." in answer.content.decode()
    assert Check.objects.filter(status="assigned", assignee=devin).count() == 20


def test_assigning_needs_ticks_and_a_person_who_can_see_it_and_keeps_both(
    owner: Client, url: str, devin: User, oscar: User
) -> None:
    answer = owner.post(f"{url}checks/", {"checks": ["data_pipeline"], "assignee": oscar.pk})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="check-data_pipeline" checked' in html
    answer = owner.post(f"{url}checks/", {"assignee": devin.pk})
    assert "Tick the checks" in answer.content.decode()
    assert f'value="{devin.pk}" selected' in answer.content.decode()
    assert not Check.objects.exists()


def act(owner: Client, url: str, action: str, **typed: Any) -> Any:
    data = {f"{action}-{name}": value for name, value in typed.items()}
    return owner.post(f"{url}checks/data_pipeline/", {"action": action, **data})


def test_a_check_goes_from_assigned_to_planned_to_met_to_open_again(
    owner: Client, rollout: Rollout, url: str, maya: User, devin: User, lena: User
) -> None:
    due = timezone.now().date() + timedelta(days=30)
    assert act(owner, url, "plan", assignee=devin.pk).status_code == 302
    assert Check.objects.get().status == "assigned"
    planned = {"assignee": devin.pk, "solution": "A nightly job.", "due": due.isoformat()}
    assert act(owner, url, "plan", **planned).status_code == 302
    stored = Check.objects.get()
    assert (stored.status, stored.solution, stored.due) == ("planned", "A nightly job.", due)
    evidence = make_evidence(rollout.initiative, by=maya, verified_by=lena, at=timezone.now())
    assert act(owner, url, "meet", evidence=evidence.pk).status_code == 302
    stored.refresh_from_db()
    assert (stored.status, stored.evidence) == ("met", evidence)
    answer = act(owner, url, "reopen", reason="")
    assert answer.status_code == 422
    assert "Say why it no longer holds." in answer.content.decode()
    assert act(owner, url, "reopen", reason="The source changed.").status_code == 302
    stored.refresh_from_db()
    assert (stored.status, stored.evidence) == ("planned", None)


def test_evidence_brought_to_a_check_waits_for_a_second_person(
    client: Client, owner: Client, url: str, lena: User
) -> None:
    file = SimpleUploadedFile("log.txt", b"two weeks of runs")
    answer = act(owner, url, "meet", new_title="Run log", new_file=file)
    assert answer["Location"].endswith("/review/#rung-data_pipeline")
    html = owner.get(f"{url}checks/data_pipeline/").content.decode()
    assert "To be verified" in html
    assert "Verify it" not in html
    client.force_login(lena)
    reference = url.split("/")[2]
    verify = Check.objects.get().evidence_id
    client.post(f"/initiatives/{reference}/evidence/{verify}/verify/", {"next": url})
    assert Check.objects.get().evidence.verified_by == lena  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("action", "typed", "words"),
    [
        ("plan", {}, "Choose who answers for it."),
        ("plan", {"solution": "A nightly job."}, "Give the date by which it will be met."),
        ("plan", {"due": "2030-01-01"}, "Say how it will be met by that date."),
        ("meet", {}, "Choose or attach what shows that the check is met."),
        ("meet", {"new_url": "https://a.example"}, "Say what the link or file shows."),
        ("reopen", {"reason": "It broke."}, "This check is not marked as met."),
    ],
)
def test_a_refused_step_says_why_and_keeps_what_was_typed(
    owner: Client, url: str, action: str, typed: dict[str, str], words: str
) -> None:
    answer = act(owner, url, action, **typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert action == "reopen" or all(value in html for value in typed.values())
    assert not Check.objects.exists()


# Failure modes

JUDGED = {"likelihood": "4", "impact": "4", "response": "planned", "response_text": "A standby."}


def test_an_assessment_keeps_its_figures_and_is_due_again_by_its_rating(
    owner: Client, rollout: Rollout, url: str
) -> None:
    html = owner.get(f"{url}risks/budget/").content.decode()
    mode = rollout.playbook.parsed.mode("budget")
    assert mode.pattern.replace("'", "&#x27;") in html
    for indicator in mode.indicators:
        assert indicator.question in html
        assert all(threshold.says in html for threshold in indicator.thresholds)
    figures = {
        "i-owner_named": "no",
        "i-funding_confirmed_on": "12 May, finance",
        "override_reason": "An owner is to be named this week.",
    }
    answer = owner.post(f"{url}risks/budget/", {**JUDGED, **figures}, follow=True)
    assert "rated critical" in answer.content.decode()
    stored = Assessment.objects.get()
    days = rollout.playbook.parsed.rating.reassess_days["critical"]
    assert stored.indicators == {"owner_named": False, "funding_confirmed_on": "12 May, finance"}
    assert (stored.residual_likelihood, stored.residual_impact) == (4, 4)
    assert stored.reassess_by == timezone.now().date() + timedelta(days=days)
    html = owner.get(f"{url}risks/budget/").content.decode()
    assert "Likelihood 4, suggested 5." in html
    assert "An owner is to be named this week." in html


def test_a_new_assessment_keeps_the_one_before_it_as_history(owner: Client, url: str) -> None:
    owner.post(f"{url}risks/budget/", JUDGED)
    owner.post(f"{url}risks/budget/", {**JUDGED, "likelihood": "2"})
    assert Assessment.objects.count() == 2
    assert Assessment.objects.current().get().likelihood == 2
    html = owner.get(f"{url}risks/budget/").content.decode()
    assert html.count("once treated critical") == 1
    assert html.count("once treated medium") == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"response_text": ""}, "Describe the response, or choose none."),
        ({"residual_likelihood": "5"}, "It cannot be above where it stands now."),
        ({"response": "none", "residual_impact": "1"}, "Without a response it stays"),
        ({"reassess_by": "2020-01-01"}, "Choose a day after today."),
        ({"likelihood": ""}, "Choose how likely it is as things stand."),
        ({"i-owner_named": "perhaps"}, "Choose one of those listed for"),
    ],
)
def test_an_assessment_that_does_not_add_up_is_refused(
    owner: Client, url: str, typed: dict[str, str], words: str
) -> None:
    answer = owner.post(f"{url}risks/budget/", {**JUDGED, **typed})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Assessment.objects.exists()


def test_the_rating_is_previewed_while_degrees_are_chosen(owner: Client, url: str) -> None:
    asked = {"likelihood": "4", "impact": "5", "residual_likelihood": "1"}
    answer = owner.get(f"{url}risks/budget/", asked, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "<html" not in html
    assert "Critical" in html
    assert "Medium" in html
    answer = owner.get(f"{url}risks/budget/", {"impact": "9"}, headers={"HX-Request": "true"})
    assert answer.content.decode().strip() == ""


def test_all_seven_stand_on_one_page_for_everybody_who_may_see_them(
    client: Client, rollout: Rollout, url: str, carol: User
) -> None:
    client.force_login(carol)
    html = client.get(f"{url}risks/").content.decode()
    for mode in rollout.playbook.parsed.failure_modes:
        assert mode.name in html
    assert f"{url}risks/budget/" not in html


def test_nothing_is_judged_once_the_rollout_is_over(
    owner: Client, url: str, rollout: Rollout, hannah: User
) -> None:
    criterion = rollout.playbook.parsed.criteria_for(0, "ordinary")[0]
    make_decision(rollout, "stop", by=hannah)
    typed = {"verdict": "not_met", "note": "Too late"}
    response = owner.post(f"{url}criteria/{criterion.key}/", typed)
    assert response.status_code == 422
    assert "This rollout is over" in response.content.decode()
    assert not CriterionAnswer.objects.exists()
