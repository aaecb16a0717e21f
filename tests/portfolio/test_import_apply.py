"""Imports carried out and taken back, on the database."""

from collections import Counter
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.models import Event
from audit.services import verify
from gates.models import Rollout, Standing
from gates.services.reviews import open_review, withdraw_review
from gates.services.rollouts import move_claim
from initiatives.errors import Refused
from initiatives.models import BusinessUnit, Initiative
from initiatives.services import create_initiative, edit_initiative, next_numbers
from portfolio.importing.apply import (
    confirm_import,
    fingerprint,
    plan_for,
)
from portfolio.importing.undo import undo_import
from portfolio.models import ImportBatch, ImportState
from reminders.models import Sending
from reminders.services import claim_due
from tests.factories import NOW, make_passed, make_playbook, make_unit
from tests.portfolio.batches import ROWS, domain_rows, draft, imported, stages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def playbook(db: None) -> None:
    make_playbook()


def test_new_rows_become_initiatives_at_the_stage_they_claim(hannah: User, maya: User) -> None:
    imported(hannah)
    assert stages() == {
        "Chatbot": "steady", "OCR": "pilot", "Forecast": "intake", "=Odd": "retired",
    }  # fmt: skip
    chatbot = Initiative.objects.get(name="Chatbot")
    claim = chatbot.claims.get()
    assert (claim.source, claim.row, claim.words) == ("inventory.csv", 2, "Live")
    assert str(chatbot.unit) == "HR"
    assert Initiative.objects.get(name="OCR").owner == maya
    assert chatbot.imported_rows.get().cells == list(ROWS[0])
    assert "extended_pilot" in Standing.objects.get(rollout__initiative=chatbot).labels


def test_each_initiative_and_the_import_itself_are_in_the_audit(hannah: User) -> None:
    batch = imported(hannah)
    assert Event.objects.filter(verb="initiative.imported").count() == 4
    assert Event.objects.get(verb="import.confirmed").data["batch"] == batch.pk
    assert verify()[1] == []


def test_many_rows_are_sent_at_once_and_keep_every_rule(hannah: User) -> None:
    rows = [(f"P{n}", f"Unit {n % 7}", "Live", "“x”\t\\N\n", "") for n in range(150)]
    with CaptureQueriesContext(connection) as captured:
        imported(hannah, *rows)
    assert len(captured) < 30 * 1.5
    assert Standing.objects.filter(labels__contains=["extended_pilot"]).count() == 150
    assert set(Initiative.objects.values_list("problem", flat=True)) == {"“x”\t\\N"}
    assert verify()[1] == []
    assert Initiative.objects.create(
        number=next_numbers(1)[0],
        name="By hand",
        unit=BusinessUnit.objects.all()[0],
        created_at=NOW,
        touched_at=NOW,
    ).pk


def test_confirming_twice_imports_once(hannah: User) -> None:
    batch = draft(hannah)
    confirm_import(batch=batch, by=hannah, at=NOW)
    confirm_import(batch=batch, by=hannah, at=NOW)
    assert Initiative.objects.count() == 4


def test_the_same_file_again_changes_nothing(hannah: User) -> None:
    imported(hannah)
    batch = draft(hannah, update=True)
    assert plan_for(batch).counts == {"unchanged": 4}
    with pytest.raises(Refused, match="nothing to import"):
        confirm_import(batch=batch, by=hannah, at=NOW)


def test_a_dry_run_that_no_longer_holds_is_refused(hannah: User) -> None:
    batch = draft(hannah)
    seen = fingerprint(plan_for(batch))
    imported(hannah, ROWS[0])
    with pytest.raises(Refused, match="changed since this dry run"):
        confirm_import(batch=batch, by=hannah, at=NOW, seen=seen)
    assert Initiative.objects.count() == 1


def test_an_import_that_fails_half_way_leaves_nothing(
    hannah: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the last step failed")

    monkeypatch.setattr("portfolio.importing.apply.record_many", fail)
    before = domain_rows()
    with pytest.raises(RuntimeError):
        imported(hannah)
    assert domain_rows() == before


def test_an_update_applies_what_the_file_changed(hannah: User) -> None:
    imported(hannah)
    imported(
        hannah,
        ("Chatbot", "IT", "Live", "Answers more", ""),
        ("OCR", "Finance", "Live", "Reads invoices", ""),
        update=True,
    )
    chatbot = Initiative.objects.get(name="Chatbot")
    assert (str(chatbot.unit), chatbot.problem, chatbot.version) == ("IT", "Answers more", 2)
    assert stages()["OCR"] == "steady"
    assert verify()[1] == []


def test_without_update_changed_rows_stay_as_they_are(hannah: User) -> None:
    imported(hannah)
    imported(hannah, ("Chatbot", "HR", "Live", "Other", ""), ("Extra", "HR", "Live", "x", ""))
    assert Initiative.objects.get(name="Chatbot").problem == "Answers questions"
    assert Initiative.objects.count() == 5


def test_undo_leaves_no_domain_row_and_keeps_both_events(hannah: User) -> None:
    before = domain_rows()
    batch = imported(hannah)
    undo_import(batch=batch, by=hannah, at=NOW + timedelta(hours=1))
    assert domain_rows() == before
    assert ImportBatch.objects.get().state == ImportState.UNDONE
    verbs = Counter(Event.objects.values_list("verb", flat=True))
    assert verbs["import.confirmed"] == verbs["import.undone"] == 1
    assert verbs["initiative.imported"] == verbs["initiative.import_undone"] == 4
    assert verify()[1] == []


def test_undo_takes_the_reminders_along(hannah: User, maya: User) -> None:
    batch = imported(hannah)
    late = NOW + timedelta(days=95)
    claim_due(at=late)
    assert Sending.objects.exists()
    undo_import(batch=batch, by=hannah, at=late)
    assert not Sending.objects.exists()


def test_undo_keeps_units_that_somebody_else_uses(hannah: User) -> None:
    make_unit("HR")
    undo_import(batch=imported(hannah), by=hannah, at=NOW)
    assert list(BusinessUnit.objects.values_list("name", flat=True)) == ["HR"]


def test_undo_is_refused_by_name_for_what_was_touched_since(hannah: User) -> None:
    batch = imported(hannah)
    chatbot = Initiative.objects.get(name="Chatbot")
    edit_initiative(
        initiative=chatbot, fields={"benefit": "x"}, version=chatbot.version, by=hannah, at=NOW
    )
    with pytest.raises(Refused, match=f"{chatbot.reference} Chatbot"):
        undo_import(batch=batch, by=hannah, at=NOW)
    assert Initiative.objects.count() == 4


def test_undo_of_an_update_puts_everything_back_and_then_the_first_can_be_undone(
    hannah: User,
) -> None:
    first = imported(hannah)
    before = {**stages()}, list(Initiative.objects.values_list("name", "problem", "unit__label"))
    second = imported(
        hannah,
        ("Chatbot", "IT", "Trial", "Answers more", ""),
        ("Forecast", "Finance", "Live", "Predicts demand", ""),
        ("New", "IT", "Live", "x", ""),
        update=True,
    )
    assert stages()["Forecast"] == "steady"
    undo_import(batch=second, by=hannah, at=NOW)
    after = {**stages()}, list(Initiative.objects.values_list("name", "problem", "unit__label"))
    assert after == before
    assert not BusinessUnit.objects.filter(name="IT").exists()
    assert plan_for(draft(hannah)).counts == {"unchanged": 4}
    undo_import(batch=first, by=hannah, at=NOW)
    assert Initiative.objects.count() == 0
    assert verify()[1] == []


def test_a_stage_that_a_gate_decided_is_kept_and_said(
    hannah: User, maya: User, devin: User, peter: User, reviewers: list[User]
) -> None:
    imported(hannah, ("OCR", "Finance", "", "Reads invoices", "maya.okafor@example.com"))
    rollout = Rollout.objects.get()
    make_passed(rollout, gates=1, owner=maya, verifier=devin, reviewers=reviewers, decider=peter)
    assert stages() == {"OCR": "pilot"}
    row = ("OCR", "Finance", "Live", "Reads more", "maya.okafor@example.com")
    change = plan_for(draft(hannah, row)).rows[0].changes[0]
    assert (change.field, change.kept) == ("stage", "gates outrank a claim")
    imported(hannah, row, update=True)
    assert stages() == {"OCR": "pilot"}
    assert Initiative.objects.get().problem == "Reads more"
    assert plan_for(draft(hannah, row)).counts == {"unchanged": 1}


def test_a_stage_under_review_is_kept_and_said(hannah: User, maya: User) -> None:
    imported(hannah, ROWS[1])
    rollout = Rollout.objects.get()
    review = open_review(rollout=rollout, by=maya, at=NOW)
    row = ("OCR", "Finance", "Live", "Reads more", "maya.okafor@example.com")
    change = plan_for(draft(hannah, row)).rows[0].changes[0]
    assert (change.field, change.kept) == ("stage", "a review is under way")
    imported(hannah, row, update=True)
    assert stages() == {"OCR": "pilot"}
    claim = {"stage": "steady", "source": "b.csv", "row": 2, "words": "Live"}
    with pytest.raises(Refused, match="a review is under way"):
        move_claim(rollout=rollout, **claim, by=hannah, at=NOW)
    withdraw_review(review=review, by=maya, at=NOW)
    assert move_claim(rollout=rollout, **claim, by=hannah, at=NOW).stage == "steady"


def test_undo_gives_an_initiative_back_to_an_owner_who_has_left_since(
    hannah: User, maya: User, devin: User
) -> None:
    imported(hannah, ROWS[1])
    second = imported(hannah, (*ROWS[1][:4], devin.email), update=True)
    assert Initiative.objects.get().owner == devin
    User.objects.filter(pk=maya.pk).update(is_active=False)
    undo_import(batch=second, by=hannah, at=NOW)
    assert Initiative.objects.get().owner == maya


def test_an_initiative_renamed_here_is_still_known_under_its_imported_name(hannah: User) -> None:
    imported(hannah, ROWS[0])
    Initiative.objects.update(name="Chat assistant")
    assert plan_for(draft(hannah, ROWS[0])).counts == {"unchanged": 1}


def test_an_initiative_entered_by_hand_is_recognised(hannah: User) -> None:
    fields = {"name": "chatbot", "unit": make_unit("HR"), "problem": "Written by hand"}
    create_initiative(fields=fields, by=hannah, at=NOW)
    planned = plan_for(draft(hannah, ("Chatbot", "HR", "", "", ""))).rows[0]
    assert planned.known is not None
    assert [change.field for change in planned.changes] == ["name", "stage"]


def test_a_claim_moved_since_the_import_is_left_where_it_is(hannah: User) -> None:
    imported(hannah, ROWS[0])
    rollout = Rollout.objects.get()
    move_claim(rollout=rollout, stage="pilot", source="b.csv", row=9, words="t", by=hannah, at=NOW)
    assert plan_for(draft(hannah, ROWS[0])).counts == {"unchanged": 1}


def test_invalid_rows_stay_out_and_the_rest_is_imported(hannah: User) -> None:
    batch = imported(hannah, ROWS[0], ("n" * 10_000, "HR", "", "", ""), ("", "HR", "", "", ""))
    assert batch.counts["invalid"] == 2
    assert list(Initiative.objects.values_list("name", flat=True)) == ["Chatbot"]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_the_same_time_do_not_add_the_same_rows_twice(hannah: User) -> None:
    batches = [draft(hannah), draft(hannah)]
    outcomes: list[str] = []

    def confirm(batch: ImportBatch) -> None:
        try:
            confirm_import(batch=batch, by=hannah, at=NOW)
            outcomes.append("imported")
        except Refused:
            outcomes.append("nothing to import")
        finally:
            connection.close()

    threads = [Thread(target=confirm, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["imported", "nothing to import"]
    assert Initiative.objects.count() == 4
