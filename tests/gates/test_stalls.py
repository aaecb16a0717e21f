"""What is said of a stall, and reviving what came to rest."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from gates.case import case_of
from gates.models import Decision, Rollout, StallNote
from gates.services.rollouts import pause
from gates.services.stalls import note_stall, revive
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative
from playbook.labels import stall_reasons
from playbook.loading import standard
from playbook.polite import asked_instead
from tests.factories import NOW, make_decision, make_initiative, make_rollout

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=40)


@pytest.fixture
def stalled(maya: User, carol: User, peter: User) -> Rollout:
    """At intake, with nothing recorded for more than thirty days once it is LATER."""
    initiative = make_initiative(owner=maya, sponsor=carol, by=peter)
    return make_rollout(initiative, by=peter)


def revived(rollout: Rollout, by: User, **choice: object) -> Decision:
    stored = Rollout.objects.get(pk=rollout.pk)
    choice = {"reason": "A new sponsor.", "change_by": LATER.date() + timedelta(days=9), **choice}
    seen = case_of(stored, at=LATER).seen
    return revive(rollout=stored, seen=seen, by=by, at=LATER, **choice)


def test_a_note_of_a_stall_codes_its_cause_and_ends_no_stall(stalled: Rollout, maya: User) -> None:
    note_stall(rollout=stalled, words="Under review.", cause="governance", by=maya, at=LATER)
    note = StallNote.objects.get()
    assert (note.words, note.cause, note.noted_by) == ("Under review.", "governance", maya)
    stored = Rollout.objects.get(pk=stalled.pk)
    case = case_of(stored, at=LATER)
    assert stall_reasons(case.document, case.facts)


@pytest.mark.parametrize(
    ("words", "cause", "said"), [(" ", "value", "What is said"), ("Soon.", "luck", "Cause")]
)
def test_a_note_needs_words_and_a_known_cause(
    stalled: Rollout, maya: User, words: str, cause: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        note_stall(rollout=stalled, words=words, cause=cause, by=maya, at=LATER)


def test_what_moves_or_is_paused_takes_no_note(stalled: Rollout, maya: User) -> None:
    with pytest.raises(Refused, match="not stalled"):
        note_stall(rollout=stalled, words="Soon.", cause="value", by=maya, at=NOW)
    pause(rollout=stalled, reason="Waits.", cause="budget", by=maya, at=NOW)
    with pytest.raises(Refused, match="its pause says why"):
        note_stall(rollout=stalled, words="Soon.", cause="value", by=maya, at=LATER)


def test_reviving_a_stall_is_a_decision_with_a_date_and_ends_the_silence(
    stalled: Rollout, peter: User
) -> None:
    made = revived(stalled, peter)
    assert (made.outcome, made.decided_by) == ("revive", peter)
    assert made.change_by == LATER.date() + timedelta(days=9)
    stored = Rollout.objects.get(pk=stalled.pk)
    case = case_of(stored, at=LATER)
    assert stored.stage == "intake"
    assert stall_reasons(case.document, case.facts) == ()


def test_reviving_a_pause_ends_it(stalled: Rollout, maya: User, carol: User) -> None:
    paused = pause(rollout=stalled, reason="Waits.", cause="budget", by=maya, at=NOW)
    revived(stalled, carol)
    paused.refresh_from_db()
    assert (paused.resumed_by, paused.resumed_at) == (carol, LATER)


def test_reviving_what_was_stopped_begins_anew_at_intake(stalled: Rollout, hannah: User) -> None:
    make_decision(stalled, "stop", by=hannah)
    made = revived(stalled, hannah, change_by=None)
    anew = Rollout.objects.live().get()
    assert anew.pk != stalled.pk
    assert anew.stage == "intake"
    assert made.rollout_id == stalled.pk
    with pytest.raises(Refused, match="already under way"):
        revived(stalled, hannah, change_by=None)


def test_the_owner_does_not_revive_their_own(stalled: Rollout, maya: User) -> None:
    with pytest.raises(NotAllowed):
        revived(stalled, maya)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("choice", "said"),
    [({"reason": " "}, "What changes"), ({"change_by": None}, "By when")],
)
def test_a_revival_says_what_changes_and_by_when(
    stalled: Rollout, peter: User, choice: dict[str, object], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        revived(stalled, peter, **choice)


def test_what_moves_is_not_revived(stalled: Rollout, peter: User) -> None:
    seen = case_of(stalled, at=NOW).seen
    with pytest.raises(Refused, match="nothing to revive"):
        revive(rollout=stalled, reason="Go.", change_by=LATER.date(), seen=seen, by=peter, at=NOW)


def test_only_a_revival_says_by_when(stalled: Rollout, hannah: User) -> None:
    made = make_decision(stalled, "stop", by=hannah)
    made.pk, made.change_by = None, NOW.date()
    with pytest.raises(IntegrityError, match="gates_only_a_revival"), transaction.atomic():
        made.save()


@pytest.mark.seed("S-020")
@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("We are waiting for resources, they will be allocated soon", "waiting_for_resources"),
        ("It is under review", "under_review"),
        ("Still being reviewed by legal", "under_review"),
        ("It was moved down our list for this quarter", "moved_to_next_quarter"),
        ("Paused for further evaluation", "paused_for_evaluation"),
        ("The vendor went bankrupt", None),
    ],
)
def test_polite_words_are_known_again(words: str, key: str | None) -> None:
    found = asked_instead(standard(), words)
    assert (found.key if found else None) == key


# The pages


@pytest.fixture
def resting(maya: User, carol: User, hannah: User) -> Initiative:
    """Stalled by now: nothing was recorded for forty days."""
    then = timezone.now() - timedelta(days=40)
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=then)
    make_rollout(initiative, by=hannah, at=then)
    return initiative


def page(name: str, initiative: Initiative) -> str:
    return reverse(f"gates:{name}", args=[initiative.reference])


def test_the_owner_notes_a_stall_from_its_sentence(
    client: Client, resting: Initiative, maya: User
) -> None:
    client.force_login(maya)
    assert "Nobody has named its cause" in client.get(resting.get_absolute_url()).content.decode()
    url = page("stall", resting)
    assert url in client.get(resting.get_absolute_url()).content.decode()
    answer = client.post(url, {"words": "Waiting for resources to be allocated", "cause": ""})
    assert answer.status_code == 422
    assert "Choose the failure mode behind the words." in answer.content.decode()
    assert "Waiting for resources" in answer.content.decode()
    client.post(url, {"words": "Waiting for resources to be allocated", "cause": "budget"})
    shown = client.get(resting.get_absolute_url()).content.decode()
    assert "Waiting for resources to be allocated" in shown
    assert "Whose budget is it waiting for" in shown


def test_a_revival_is_signed_on_the_facts_shown(
    client: Client, resting: Initiative, hannah: User, maya: User
) -> None:
    client.force_login(hannah)
    url = page("revive", resting)
    seen = client.get(url).context["seen"]
    answer = client.post(url, {"seen": seen, "reason": "A new team.", "change_by": ""})
    assert answer.status_code == 422
    assert "Name the day by which it has changed." in answer.content.decode()
    assert "A new team." in answer.content.decode()
    soon = timezone.localdate() + timedelta(days=14)
    said = {"reason": "A new team.", "change_by": soon.isoformat()}
    assert client.post(url, {**said, "seen": "forged"}).status_code == 422
    assert client.post(url, {**said, "seen": seen}).status_code == 302
    assert Decision.objects.get().change_by == soon


def test_a_revival_on_changed_facts_is_refused_and_shows_them(
    client: Client, resting: Initiative, hannah: User, carol: User, peter: User
) -> None:
    client.force_login(hannah)
    url = page("revive", resting)
    seen = client.get(url).context["seen"]
    pause(
        rollout=resting.rollouts.get(), reason="Now paused.", cause="value", by=peter,
        at=timezone.now(),
    )  # fmt: skip
    soon = (timezone.localdate() + timedelta(days=14)).isoformat()
    answer = client.post(url, {"seen": seen, "reason": "A new team.", "change_by": soon})
    assert answer.status_code == 409
    assert not Decision.objects.exists()


def test_the_owner_reads_why_but_is_offered_no_revival(
    client: Client, resting: Initiative, maya: User
) -> None:
    client.force_login(maya)
    answer = client.get(page("revive", resting))
    assert "You may not decide this" in answer.content.decode()
    assert client.post(page("revive", resting), {"reason": "Mine."}).status_code == 403
