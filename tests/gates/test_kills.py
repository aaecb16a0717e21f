"""Kill criteria: agreed before the pilot, locked at Gate 0, and answered once they are hit."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from gates.case import case_of
from gates.models import Rollout
from gates.services.kills import (
    change_kill_criterion,
    record_hit,
    remove_kill_criterion,
    settle_hit,
    state_kill_criterion,
)
from initiatives.errors import NotAllowed, Refused
from initiatives.models import KillCriterion
from tests.factories import (
    NOW,
    make_decision,
    make_kill_criterion,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)
from tests.gates.deciding import Page

pytestmark = pytest.mark.django_db

People = dict[str, Any]
SQL = (
    "UPDATE initiatives_killcriterion SET text = 'Never'",
    "UPDATE initiatives_killcriterion SET sign = 'Never', agreed_at = now()",
    "DELETE FROM initiatives_killcriterion",
)


@pytest.fixture
def pilot(rollout: Rollout, people: People) -> Rollout:
    return make_passed(rollout, gates=1, **people)


@pytest.fixture
def hit(pilot: Rollout, maya: User) -> KillCriterion:
    kill = pilot.initiative.kill_criteria.get()
    return record_hit(kill=kill, note="4 % in week four.", by=maya, at=NOW)


def refused_by_the_database(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


def locked_in_every_way(kill: KillCriterion, by: User) -> bool:
    found = [refused_by_the_database(statement) for statement in SQL]
    for act in (
        lambda: change_kill_criterion(kill=kill, text="A", sign="B", by=by, at=NOW),
        lambda: remove_kill_criterion(kill=kill, by=by, at=NOW),
    ):
        try:
            with transaction.atomic():
                act()
                transaction.set_rollback(True)
            found.append(False)
        except Refused:
            found.append(True)
    assert len(set(found)) == 1, found
    return found[0]


def test_before_gate_0_it_is_worded_anew_and_removed(rollout: Rollout, maya: User) -> None:
    kill = make_kill_criterion(rollout.initiative, by=maya)
    assert not locked_in_every_way(kill, maya)
    change_kill_criterion(kill=kill, text="It costs more", sign="10 a case", by=maya, at=NOW)
    kill.refresh_from_db()
    assert (kill.text, kill.sign) == ("It costs more", "10 a case")
    remove_kill_criterion(kill=kill, by=maya, at=NOW)
    assert "kill:stated" in {f.id for f in case_of(rollout, at=NOW).evaluation.uncovered}
    with pytest.raises(Refused):
        state_kill_criterion(initiative=rollout.initiative, text="X", sign=" ", by=maya, at=NOW)


def test_a_passed_gate_0_locks_it_and_a_return_to_intake_opens_the_question(
    pilot: Rollout, maya: User, carol: User
) -> None:
    kill = pilot.initiative.kill_criteria.get()
    assert locked_in_every_way(kill, maya)
    make_decision(pilot, "return", by=carol, return_to="intake")
    assert not locked_in_every_way(kill, maya)


def test_gate_0_taken_back_while_the_work_goes_on_unlocks_nothing(
    pilot: Rollout, people: People, maya: User, carol: User
) -> None:
    later = make_passed(pilot, gates=1, **people)
    decision = make_decision(later, "return", by=carol, return_to="pilot")
    later.passages.filter(gate=0).update(void_since=NOW, voided_by=decision)
    assert locked_in_every_way(pilot.initiative.kill_criteria.get(), maya)


def test_an_initiative_placed_by_a_claim_still_states_them(maya: User) -> None:
    claimed = make_rollout(stage="limited", owner=maya)
    kill = make_kill_criterion(claimed.initiative, by=maya)
    assert not locked_in_every_way(kill, maya)


def test_one_that_is_hit_neither_changes_nor_goes_nor_was_never_hit(
    rollout: Rollout, maya: User
) -> None:
    kill = make_kill_criterion(rollout.initiative, by=maya)
    record_hit(kill=kill, note="At once.", by=maya, at=NOW)
    assert locked_in_every_way(kill, maya)
    unhit = "UPDATE initiatives_killcriterion SET hit_at = NULL, hit_by_id = NULL"
    assert refused_by_the_database(unhit)


def test_a_hit_keeps_the_gate_shut_for_every_go(
    pilot: Rollout, hit: KillCriterion, people: People, maya: User, carol: User
) -> None:
    make_ready(pilot, by=maya, verifier=people["verifier"])
    make_sign_offs(make_submitted(pilot, by=maya), people["reviewers"])
    for outcome in ("go", "conditional_go"):
        with pytest.raises(Refused, match="Kill criterion hit"):
            make_decision(pilot, outcome, by=carol)
    make_decision(pilot, "hold", by=carol, hold_until=NOW.date().replace(day=30))
    assert [f.kind for f in case_of(pilot, at=NOW).evaluation.of("kill_hit")] == ["kill_hit"]
    assert KillCriterion.objects.hit().count() == 1  # a hold leaves it open


@pytest.mark.parametrize("who", ["maya", "devin", "lena", "oscar"])
def test_only_the_sponsor_and_the_program_office_settle_it(
    who: str, hit: KillCriterion, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotAllowed):
        settle_hit(kill=hit, note="Go on.", by=request.getfixturevalue(who), at=NOW)


def test_an_owner_of_the_program_office_does_not_settle_their_own(
    hannah: User, carol: User
) -> None:
    own = make_rollout(owner=hannah, sponsor=carol)
    kill = make_kill_criterion(own.initiative, by=hannah)
    record_hit(kill=kill, note="It happened.", by=hannah, at=NOW)
    with pytest.raises(NotAllowed):
        settle_hit(kill=kill, note="Go on.", by=hannah, at=NOW)


def test_settled_with_a_reason_it_keeps_nothing_shut_and_its_settler_does_not_decide(
    pilot: Rollout, hit: KillCriterion, carol: User, hannah: User
) -> None:
    assert carol.pk in case_of(pilot, at=NOW).decider_ids
    with pytest.raises(Refused, match="Why it may go on"):
        settle_hit(kill=hit, note=" ", by=carol, at=NOW)
    settle_hit(kill=hit, note="One bad week; 14 % since.", by=carol, at=NOW)
    case = case_of(pilot, at=NOW)
    assert not case.evaluation.of("kill_hit")
    assert carol.pk not in case.decider_ids
    assert hannah.pk in case.decider_ids
    with pytest.raises(Refused, match="not hit"):
        settle_hit(kill=hit, note="Again.", by=carol, at=NOW)


def test_it_may_be_hit_anew_and_who_says_so_does_not_decide(
    pilot: Rollout, hit: KillCriterion, carol: User, peter: User
) -> None:
    with pytest.raises(Refused, match="hit already"):
        record_hit(kill=hit, note="Again.", by=peter, at=NOW)
    settle_hit(kill=hit, note="One bad week.", by=carol, at=NOW)
    record_hit(kill=hit, note="3 % in week nine.", by=peter, at=NOW)
    case = case_of(pilot, at=NOW)
    assert "3 % in week nine." in case.evaluation.of("kill_hit")[0].text
    assert peter.pk not in case.decider_ids


def test_the_decision_page_has_the_stop_drafted(
    pilot: Rollout, hit: KillCriterion, client: Client, carol: User
) -> None:
    page = Page(client, pilot, carol)
    assert "Stop is recommended" in page.text
    assert 'value="stop" checked' in page.html
    assert "Kill criterion hit: Nobody uses it" in page.html.split("<textarea")[-1]
    page.sign("stop", stop_cause="resistance")
    assert page.stage == "stopped"


def test_over_the_pages_from_agreed_to_settled(
    rollout: Rollout, people: People, client: Client, maya: User, carol: User
) -> None:
    def url(name: str, *args: object) -> str:
        return reverse(f"gates:{name}", args=[rollout.initiative.reference, *args])

    client.force_login(maya)
    typed = {"part": "kill", "text": "Nobody uses it", "sign": "Below 10 %"}
    assert client.post(url("premises"), {**typed, "sign": ""}).status_code == 422
    assert client.post(url("premises"), typed).status_code == 302
    kill = KillCriterion.objects.get()
    page = url("kill", kill.pk)
    changed = {"part": "change", "text": "Hardly anybody", "sign": "Below 5 %"}
    assert client.post(page, changed).status_code == 302
    assert "Hardly anybody" in client.get(url("premises")).content.decode()
    make_passed(rollout, gates=1, at=timezone.now(), **people)
    assert "Locked" in client.get(page).content.decode()
    assert client.post(page, changed).status_code == 422
    client.post(page, {"part": "remove"})
    assert client.post(page, {"part": "hit"}).status_code == 422
    assert client.post(page, {"part": "hit", "hit_note": "4 %."}).status_code == 302
    assert client.post(url("settle_kill", kill.pk), {"settled_note": "On."}).status_code == 403
    client.force_login(carol)
    assert "4 %." in client.get(url("initiative")).content.decode()
    assert client.post(url("settle_kill", kill.pk), {}).status_code == 422
    settled = client.post(url("settle_kill", kill.pk), {"settled_note": "A bad week."})
    assert settled.status_code == 302
    assert not KillCriterion.objects.hit().exists()
