"""What the pages say is next, and for whom: before submitting, after it, after an objection."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from checklists.services import plan_check
from gates.case import case_of
from gates.models import Rollout, Standing
from gates.nextstep import next_step, task_title
from gates.services.reviews import open_review, sign_off
from gates.standings import refresh
from gates.views.initiative_page import reader_of
from gates.views.task import check_mark
from playbook.evaluate import rung_finding
from playbook.facts import CheckFact
from playbook.loading import standard
from tests.factories import NOW, make_passed, make_ready, make_rollout, make_submitted
from tests.gates.deciding import LEFT_OPEN, Page
from tests.gates.test_review_pages import page, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/"


@pytest.fixture
def one_open(rollout: Rollout, maya: User, lena: User) -> Rollout:
    """All but one criterion met, and nothing submitted."""
    make_ready(rollout, by=maya, verifier=lena, at=timezone.now(), skip=[f"criterion:{LEFT_OPEN}"])
    return rollout


def test_what_is_open_is_said_in_the_same_words_everywhere(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    open_review(rollout=rollout, by=maya, at=timezone.now())
    judged = case_of(rollout, at=timezone.now()).evaluation
    must, may = len(judged.to_submit), len(judged.for_conditions)
    assert must and may
    assert must + may == len(judged.before_submission())
    said = (
        f"{must} must be met before it can be submitted; {may} more may be left to a "
        "conditional go."
    )
    for address in (url, f"{url}review/", f"{url}review/submit/", "/tasks/"):
        assert said in text(page(client, maya, address)), address


def test_what_cannot_be_submitted_offers_no_submit_button(
    client: Client, rollout: Rollout, url: str, maya: User
) -> None:
    open_review(rollout=rollout, by=maya, at=timezone.now())
    html = page(client, maya, f"{url}review/submit/")
    assert "Submit the review" not in html
    assert "It cannot be submitted yet." in html
    assert "Must be met first" in html


def test_what_a_condition_may_cover_can_be_submitted_and_is_said_before(
    client: Client, one_open: Rollout, url: str, maya: User
) -> None:
    open_review(rollout=one_open, by=maya, at=timezone.now())
    html = text(page(client, maya, f"{url}review/submit/"))
    assert "Submit the review" in html
    assert "1 requirement is open: a go must cover each by a condition." in html


def test_after_submitting_an_open_criterion_is_nothing_to_sign(
    client: Client, one_open: Rollout, url: str, maya: User, reviewers: list[User]
) -> None:
    make_submitted(one_open, by=maya, at=timezone.now())
    html = text(page(client, maya, f"{url}review/"))
    assert "yours to give" not in html
    assert "Reviewers sign off, then it is decided" in html
    assert "1 may be left to a conditional go. You can go on answering." in html


def test_an_objection_stands_and_waits_for_the_owner(
    client: Client, one_open: Rollout, url: str, maya: User, aiko: User, carol: User
) -> None:
    review = make_submitted(one_open, by=maya, at=timezone.now())
    assert "Business sign-off is yours to give" in text(page(client, aiko, f"{url}review/"))
    for remit in ("business", "funding"):
        sign_off(
            review=review,
            remit=remit,
            verdict="objected",
            note="The benefit counts people twice.",
            by=aiko,
            at=timezone.now(),
        )
    hers = text(page(client, aiko, f"{url}review/"))
    assert "Your objection stands" in hers
    assert "Maya Okafor answers it." in hers
    assert "yours to give" not in hers
    assert " Yours " not in hers
    assert "Answer your objection, which stands" in text(page(client, aiko, url))
    owners = text(page(client, maya, f"{url}review/"))
    assert "Answer the objection of Aiko Tanaka" in owners
    assert "You answer it." in owners


def test_what_an_outcome_needs_is_not_called_optional(
    client: Client, one_open: Rollout, maya: User, carol: User
) -> None:
    make_submitted(one_open, by=maya, at=timezone.now())
    decide = Page(client, one_open, carol)
    for label in ("Hold until", "Cause of the hold", "Cause of the end"):
        assert label in decide.text
        assert f"{label} (optional)" not in decide.text


def test_a_plan_whose_day_is_over_is_called_overdue() -> None:
    check, day = standard().checks[0], date(2026, 11, 22)
    late = CheckFact("planned", due=day - timedelta(days=31), solution="Buy it")
    facts = SimpleNamespace(checks={check.key: late}, today=day)
    assert rung_finding(check, "met", facts).text == "Planned for 22 Oct 2026, overdue."  # type: ignore[arg-type]
    assert check_mark(SimpleNamespace(facts=facts), check.key) == ("overdue", "Overdue")  # type: ignore[arg-type]
    on_time = SimpleNamespace(checks={check.key: replace(late, due=day)}, today=day)
    assert "overdue" not in rung_finding(check, "met", on_time).text  # type: ignore[arg-type]


def test_one_next_step_leads_the_page_and_the_owners_tasks(
    client: Client, rollout: Rollout, url: str, maya: User, aiko: User
) -> None:
    """Before the review, while it is open, with a plan whose day is over, after an objection."""

    def agree(expected: str) -> None:
        client.force_login(maya)
        step = client.get(url).context["step"]
        (own,) = client.get("/tasks/").context["work"]
        assert step.title.startswith(expected)
        assert own.tasks[0].title == step.title
        assert client.get(own.tasks[0].url).status_code == 200

    agree("Open the Gate 0 review")
    now = timezone.now()
    open_review(rollout=rollout, by=maya, at=now)
    agree("Settle: ")
    make_ready(rollout, by=maya, verifier=aiko, at=now)
    agree("Submit the Gate 0 review")
    review = make_submitted(rollout, by=maya, at=now)
    client.force_login(maya)
    assert "Nothing is left to do" in text(page(client, maya, "/tasks/"))
    sign_off(review=review, remit="business", verdict="objected", note="For whom?", by=aiko, at=now)
    agree("Answer the objection of Aiko Tanaka")
    assert "1 initiative of yours waits for you" in text(page(client, maya, "/tasks/"))


def test_lists_put_the_same_matter_first_as_the_page(
    rollout: Rollout, maya: User, devin: User, carol: User, reviewers: list[User]
) -> None:
    people = {"owner": maya, "verifier": devin, "reviewers": reviewers, "decider": carol}
    made = make_passed(
        make_rollout(owner=maya, sponsor=carol),
        gates=2,
        **people,  # type: ignore[arg-type]
    )
    check = next(check for check in made.playbook.parsed.checks if check.monitoring)
    plan_check(
        initiative=made.initiative,
        check=check,
        assignee=maya,
        solution="Alerts on the error rate",
        due=NOW.date() + timedelta(days=1),
        by=maya,
        at=NOW,
    )
    open_review(rollout=made, by=maya, at=NOW)
    late = NOW + timedelta(days=3)
    refresh([made.initiative_id], late)
    case = case_of(made, at=late)
    assert case.to_do[0].key == check.key
    assert next_step(made, case, reader_of(maya, made.initiative, set())).title == (
        task_title(case.to_do[0])
    )
    assert Standing.objects.get(rollout=made).first_blocker == check.name
