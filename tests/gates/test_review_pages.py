"""The task list of a gate, judging a criterion, submitting, withdrawing, signing off."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.models import CriterionAnswer, Review, Rollout, SignOff
from gates.services.reviews import open_review
from initiatives.models import Evidence
from initiatives.services import set_contributors
from tests.factories import (
    make_evidence,
    make_initiative,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User) -> Rollout:
    now = timezone.now()
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=now)
    return make_rollout(initiative, by=hannah, at=now)


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/"


@pytest.fixture
def ready(rollout: Rollout, maya: User, lena: User) -> Rollout:
    make_ready(rollout, by=maya, verifier=lena, at=timezone.now())
    return rollout


def page(client: Client, user: User, address: str, status: int = 200) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, answer
    return answer.content.decode()


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_an_owner_opens_a_review_with_a_due_date(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    assert "Open the Gate 0 review" in page(client, maya, f"{url}review/")
    due = timezone.now().date() + timedelta(days=9)
    answer = client.post(f"{url}review/", {"due": due.isoformat()}, follow=True)
    assert "Gate 0 review opened." in answer.content.decode()
    review = Review.objects.get()
    assert (review.gate, review.due, review.opened_by) == (0, due, maya)


def test_the_list_leads_with_the_next_task_and_names_every_requirement(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    open_review(rollout=rollout, by=maya, at=timezone.now())
    html = page(client, maya, f"{url}review/")
    document = rollout.playbook.parsed
    assert text(html).index("Start here, about") < text(html).index("Design assessment")
    for asked in document.questions:
        assert asked.question.replace("'", "&#x27;") in html
    named = [each.name for each in document.gate(0).criteria]
    named += [each.name for each in document.failure_modes]
    named += [each.name for each in document.design_areas]
    assert all(name.replace("'", "&#x27;") in html for name in named)
    assert "Business sign-off" in html
    assert "Waits until the review is submitted." in html


def test_a_past_due_date_is_refused_and_kept(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    client.force_login(maya)
    answer = client.post(f"{url}review/", {"due": "2020-01-01"})
    assert answer.status_code == 422
    assert "choose today or a later day" in answer.content.decode()
    assert "2020-01-01" in answer.content.decode()
    assert not Review.objects.exists()


def test_a_criterion_is_met_with_a_link_attached_right_there(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    html = page(client, maya, f"{url}criteria/baseline_taken/")
    asked = rollout.playbook.parsed.criterion("baseline_taken")
    for words in (asked.needs, asked.why, asked.good_evidence):
        assert words.replace("'", "&#x27;") in html
    typed = {
        "verdict": "met",
        "note": "41 minutes a case in October.",
        "new_title": "Baseline report",
        "new_url": "https://reports.example.org/baseline",
    }
    answer = client.post(f"{url}criteria/baseline_taken/", typed)
    assert answer["Location"].endswith("/review/#criterion-baseline_taken")
    stored = CriterionAnswer.objects.select_related("evidence").get()
    assert (stored.verdict, stored.note) == ("met", "41 minutes a case in October.")
    assert stored.evidence is not None
    assert (stored.evidence.title, stored.evidence.added_by) == ("Baseline report", maya)
    assert "Baseline report" in page(client, maya, f"{url}review/")


def test_a_criterion_takes_a_file_or_evidence_that_is_there(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    client.force_login(maya)
    file = SimpleUploadedFile("baseline.txt", b"41 minutes")
    new = {"verdict": "met", "note": "41", "new_title": "Baseline", "new_file": file}
    assert client.post(f"{url}criteria/baseline_taken/", new).status_code == 302
    evidence = Evidence.objects.get()
    assert evidence.file_name == "baseline.txt"
    typed = {"verdict": "met", "note": "Agreed.", "evidence": str(evidence.pk)}
    assert client.post(f"{url}criteria/kill_criteria_agreed/", typed).status_code == 302
    assert CriterionAnswer.objects.get(criterion="kill_criteria_agreed").evidence == evidence


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"verdict": "met", "note": "Fine."}, "Choose or attach what shows"),
        ({"verdict": "met", "new_title": "Report"}, "Say what was found"),
        ({"note": "x", "verdict": "met", "new_title": "R"}, "Add the link or the file"),
        ({"note": "x", "verdict": "met", "new_url": "https://a.example"}, "Say what the link"),
        ({"note": "x", "new_url": "javascript:alert(1)"}, "Give “Link” as a whole link"),
        ({"note": "x"}, "Choose met or not met."),
    ],
)
def test_a_refused_judgement_says_what_to_put_right_and_keeps_what_was_typed(
    client: Client, rollout: Rollout, url: str, maya: User, typed: dict[str, str], words: str
) -> None:
    client.force_login(maya)
    answer = client.post(f"{url}criteria/baseline_taken/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert "error-summary" in html
    assert all(value.replace("'", "&#x27;") in html for value in typed.values())
    assert not CriterionAnswer.objects.exists()
    assert not Evidence.objects.exists()


def test_evidence_of_another_initiative_cannot_be_chosen(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    other = make_evidence(make_initiative(owner=maya), by=maya)
    client.force_login(maya)
    typed = {"verdict": "met", "note": "x", "evidence": other.pk}
    assert client.post(f"{url}criteria/baseline_taken/", typed).status_code == 422
    assert not CriterionAnswer.objects.exists()


def test_an_early_submission_is_refused_with_every_reason(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    open_review(rollout=rollout, by=maya, at=timezone.now())
    client.force_login(maya)
    answer = client.post(f"{url}review/submit/")
    html = answer.content.decode()
    assert answer.status_code == 422
    summary = html[html.index("error-summary") : html.index("Check your answers</h1>")]
    document = rollout.playbook.parsed
    for asked in document.questions:
        assert asked.question.replace("'", "&#x27;") in summary
    for mode in document.failure_modes:
        assert mode.name in summary
    assert document.gate(0).criteria[0].name not in summary  # a condition may cover it
    assert Review.objects.get().state == "open"


def test_the_answers_stand_on_one_page_and_submitting_says_what_happens_next(
    client: Client, ready: Rollout, url: str, maya: User, reviewers: list[User]
) -> None:
    open_review(rollout=ready, by=maya, at=timezone.now())
    html = page(client, maya, f"{url}review/submit/")
    assert html.count("Known and written down.") == len(ready.playbook.parsed.questions)
    assert html.count(">Change<") >= len(ready.playbook.parsed.questions)
    answer = client.post(f"{url}review/submit/", follow=True)
    said = text(answer.content.decode())
    assert "Gate 0 review submitted." in said
    assert "What happens next" in said
    assert "Aiko Tanaka (business sign-off)" in said
    assert "Carol Nakamura" in said
    assert Review.objects.get().submitted_by == maya


def test_submitting_costs_at_most_fifteen_queries(
    client: Client, ready: Rollout, url: str, maya: User, django_assert_max_num_queries: object
) -> None:
    open_review(rollout=ready, by=maya, at=timezone.now())
    page(client, maya, f"{url}review/")
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        assert client.post(f"{url}review/submit/").status_code == 302


def test_what_was_submitted_twice_is_refused_the_second_time(
    client: Client, ready: Rollout, url: str, maya: User
) -> None:
    make_submitted(ready, by=maya, at=timezone.now())
    client.force_login(maya)
    answer = client.post(f"{url}review/submit/")
    assert answer.status_code == 422
    assert "submitted already" in answer.content.decode()


def test_a_review_is_withdrawn_after_asking_once(
    client: Client, ready: Rollout, url: str, maya: User
) -> None:
    make_submitted(ready, by=maya, at=timezone.now())
    assert "Withdraw the Gate 0 review?" in page(client, maya, f"{url}review/withdraw/")
    assert Review.objects.get().state == "submitted"
    client.post(f"{url}review/withdraw/")
    assert Review.objects.get().state == "withdrawn"


def test_a_reviewer_signs_beside_the_evidence(
    client: Client, ready: Rollout, url: str, maya: User, aiko: User
) -> None:
    make_submitted(ready, by=maya, at=timezone.now())
    html = page(client, aiko, f"{url}review/sign-off/business/")
    assert ready.playbook.parsed.remit("business").asks in html
    assert html.count("Measured last week.") == len(ready.playbook.parsed.gate(0).criteria)
    assert ">Change<" not in html
    client.post(f"{url}review/sign-off/business/", {"verdict": "signed", "note": "Sound."})
    given = SignOff.objects.get()
    assert (given.remit, given.verdict, given.given_by) == ("business", "signed", aiko)
    assert "Signed" in page(client, maya, f"{url}review/")


def test_a_reviewer_verifies_the_evidence_of_others_where_it_is_read(
    client: Client, rollout: Rollout, url: str, maya: User, aiko: User
) -> None:
    client.force_login(maya)
    new = {"new_title": "Baseline report", "new_url": "https://reports.example.org/"}
    client.post(f"{url}criteria/baseline_taken/", {"verdict": "met", "note": "41", **new})
    evidence = Evidence.objects.get()
    verify = f"{url}evidence/{evidence.pk}/verify/"
    assert verify not in page(client, maya, f"{url}review/submit/")
    assert verify in page(client, aiko, f"{url}review/submit/")
    answer = client.post(verify, {"next": f"{url}review/submit/"})
    assert answer["Location"] == f"{url}review/submit/"
    assert "verified by Aiko Tanaka" in page(client, aiko, f"{url}review/submit/")


def test_an_objection_needs_words_and_the_latest_word_counts(
    client: Client, ready: Rollout, url: str, maya: User, aiko: User
) -> None:
    review = make_submitted(ready, by=maya, at=timezone.now())
    make_sign_offs(review, [aiko], at=timezone.now())
    client.force_login(aiko)
    answer = client.post(f"{url}review/sign-off/funding/", {"verdict": "objected"})
    assert answer.status_code == 422
    assert "Say what you object to" in answer.content.decode()
    client.post(
        f"{url}review/sign-off/funding/", {"verdict": "objected", "note": "No budget line."}
    )
    assert SignOff.objects.get(remit="funding").note == "No budget line."


def test_nobody_signs_off_own_work(
    client: Client, rollout: Rollout, url: str, lena: User, carol: User
) -> None:
    owner = make_user("Olga Reyes", remits=["business"])
    now = timezone.now()
    own = make_rollout(make_initiative(owner=owner, sponsor=carol, at=now), by=owner, at=now)
    make_ready(own, by=owner, verifier=lena, at=now)
    make_submitted(own, by=owner, at=now)
    address = f"/initiatives/{own.initiative.reference}/review/sign-off/business/"
    assert "You own or submitted this," in page(client, owner, address)
    answer = client.post(address, {"verdict": "signed"})
    assert answer.status_code == 422
    assert "You own or submitted this," in answer.content.decode()
    assert not SignOff.objects.exists()


def test_outsiders_find_nothing_and_insiders_do_only_what_is_theirs(
    client: Client,
    ready: Rollout,
    url: str,
    maya: User,
    devin: User,
    oscar: User,
    carol: User,
    tomas: User,
) -> None:
    set_contributors(initiative=ready.initiative, people=[devin], by=maya, at=timezone.now())
    make_submitted(ready, by=maya, at=timezone.now())
    pages = [
        "review/",
        "review/submit/",
        "review/withdraw/",
        "review/sign-off/business/",
        "criteria/baseline_taken/",
        "design/data/",
        "checks/",
        "checks/data_pipeline/",
        "risks/",
        "risks/budget/",
        "decide/",
    ]
    for each in pages:
        page(client, oscar, url + each, 404)
    for each in ("review/", "review/submit/", "risks/", "decide/"):
        page(client, carol, url + each)
    for each in ("criteria/baseline_taken/", "design/data/", "checks/", "risks/budget/"):
        page(client, carol, url + each, 403)
        page(client, devin, url + each)
    page(client, devin, f"{url}review/withdraw/", 403)
    page(client, tomas, f"{url}review/sign-off/business/", 403)
    for each in ("criteria/nothing/", "design/nothing/", "checks/nothing/", "risks/nothing/"):
        page(client, maya, url + each, 404)


def test_a_signed_out_visitor_is_sent_to_sign_in(client: Client, url: str) -> None:
    assert "/accounts/login/" in client.get(f"{url}review/")["Location"]
