"""Money is released by its gate's decision, and by nothing else that anybody can do."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import RestrictedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Decision, GatedTranche, Passage, Release, Rollout
from gates.services import money
from gates.services.conditions import revoke_go
from gates.services.decisions import NewCondition
from initiatives.bulk import remove_many
from initiatives.errors import Refused
from initiatives.models import Fund, Initiative, Tranche
from tests.factories import (
    NOW,
    make_decision,
    make_fund,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
    make_tranche,
)

pytestmark = pytest.mark.django_db

People = dict[str, Any]


@pytest.fixture
def fund(hannah: User) -> Fund:
    return make_fund(by=hannah)


@pytest.fixture
def approved(rollout: Rollout, maya: User, peter: User, fund: Fund) -> Tranche:
    """For the pilot; Gate 0 lies ahead."""
    return make_tranche(rollout.initiative, by=maya, approved_by=peter, fund=fund)


@pytest.fixture
def late(rollout: Rollout, people: People, maya: User, peter: User) -> Tranche:
    """For the pilot, approved after Gate 0 was passed."""
    make_passed(rollout, gates=1, **people)
    return make_tranche(rollout.initiative, by=maya, approved_by=peter)


def released(tranche: Tranche) -> bool:
    return Release.objects.filter(tranche=tranche).exists()


# What decisions do


@pytest.mark.seed("S-130")
def test_a_go_releases_the_tranche_of_the_stage_that_it_opens(
    rollout: Rollout, approved: Tranche, people: People, maya: User, peter: User, carol: User
) -> None:
    later = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    unapproved = make_tranche(rollout.initiative, by=maya)
    make_passed(rollout, gates=1, **people)
    release = Release.objects.get()
    assert (release.tranche_id, release.amount) == (approved.pk, Decimal("80000.00"))
    assert release.decision == Decision.objects.get()
    assert (release.released_by, release.released_at) == (carol, NOW)
    assert not released(later)
    assert not released(unapproved)
    event = Event.objects.of(rollout.initiative.chain).get(verb="tranche.released")
    assert event.summary == ("USD 80,000.00 for production-first pilot released by Gate 0: Go")


def test_a_conditional_go_releases_too(
    rollout: Rollout, approved: Tranche, maya: User, lena: User, reviewers: list[User], carol: User
) -> None:
    blocker = conditional_go(rollout, maya, lena, reviewers, carol)
    assert Release.objects.get().decision.outcome == "conditional_go"
    assert blocker


def conditional_go(
    rollout: Rollout, owner: User, verifier: User, reviewers: list[User], decider: User
) -> str:
    case = case_of(rollout, today=NOW.date())
    blocker = next(f.id for f in case.evaluation.blockers if f.coverable)
    make_ready(rollout, by=owner, verifier=verifier, skip=[blocker])
    make_sign_offs(make_submitted(rollout, by=owner), reviewers)
    conditions = [NewCondition(blocker, "Bring it.", owner, NOW.date() + timedelta(days=5))]
    make_decision(rollout, "conditional_go", by=decider, conditions=conditions)
    return blocker


def test_a_hold_releases_nothing(
    rollout: Rollout, approved: Tranche, maya: User, lena: User, carol: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_submitted(rollout, by=maya)
    until = NOW.date() + timedelta(days=9)
    make_decision(rollout, "hold", by=carol, hold_until=until)
    assert not released(approved)


def test_proving_an_owed_gate_releases_the_money_for_its_stage(
    maya: User, carol: User, hannah: User, peter: User, people: People
) -> None:
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah)
    rollout = make_rollout(initiative, stage="limited", by=hannah)
    tranche = make_tranche(initiative, by=maya, approved_by=peter)
    make_passed(rollout, gates=1, **people)
    assert released(tranche)


def test_a_return_freezes_what_is_not_released_from_the_target_on(
    rollout: Rollout, people: People, maya: User, peter: User, carol: User
) -> None:
    early = make_tranche(rollout.initiative, by=maya, stage="pilot")
    kept = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    make_passed(rollout, gates=3, **people)
    open_request = make_tranche(rollout.initiative, by=maya, stage="readiness")
    ahead = make_tranche(rollout.initiative, by=maya, stage="scaled", approved_by=peter)
    make_decision(rollout, "return", by=carol, return_to="readiness")
    assert frozen(open_request)
    assert frozen(ahead)
    assert not frozen(early)
    assert not frozen(kept)
    assert released(kept)


def frozen(tranche: Tranche) -> bool:
    return Tranche.objects.get(pk=tranche.pk).frozen_at is not None


def test_frozen_money_waits_for_its_gate_and_for_somebody_who_thaws_it(
    rollout: Rollout, people: People, maya: User, peter: User, carol: User
) -> None:
    make_passed(rollout, gates=1, **people)
    tranche = make_tranche(rollout.initiative, by=maya, approved_by=peter)
    make_decision(rollout, "return", by=carol, return_to="intake")
    with pytest.raises(Refused, match="passed anew"):
        money.thaw(tranche=tranche, by=peter, at=NOW)
    with pytest.raises(Refused, match="frozen"):
        money.release(tranche=tranche, by=peter, at=NOW)
    make_passed(rollout, gates=1, **people)
    assert not released(tranche)
    money.thaw(tranche=tranche, by=peter, at=NOW)
    row = money.release(tranche=tranche, by=peter, at=NOW)
    assert row.decision == Decision.objects.filter(outcome="go").latest("pk")


def test_a_go_that_is_revoked_freezes_like_a_return(
    rollout: Rollout, maya: User, peter: User, lena: User, reviewers: list[User], carol: User
) -> None:
    conditional_go(rollout, maya, lena, reviewers, carol)
    ahead = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    rollout = Rollout.objects.get(pk=rollout.pk)
    condition = rollout.conditions.get()
    assert revoke_go(condition=condition, at=NOW + timedelta(days=200)) is not None
    assert frozen(ahead)


def test_an_end_gives_back_what_is_not_released(
    rollout: Rollout, approved: Tranche, carol: User, fund: Fund
) -> None:
    make_decision(rollout, "stop", by=carol)
    approved.refresh_from_db()
    assert approved.withdrawn_at == NOW
    assert not fund.tranches.standing().exists()


def test_a_release_outlives_its_passage_and_the_page_says_so(
    rollout: Rollout, approved: Tranche, people: People, carol: User, client: Client
) -> None:
    make_passed(rollout, gates=1, **people)
    make_decision(rollout, "return", by=carol, return_to="intake")
    assert released(approved)
    assert not frozen(approved)
    client.force_login(carol)
    page = client.get(reverse("gates:money", args=[rollout.initiative.reference]))
    assert "its gate no longer counts" in page.content.decode()


# By hand


def test_money_approved_after_its_gate_is_released_by_hand_with_that_decision(
    late: Tranche, hannah: User
) -> None:
    row = money.release(tranche=late, by=hannah, at=NOW)
    assert row.decision == Decision.objects.get(gate=0)


def test_nothing_is_released_by_hand_before_its_gate(approved: Tranche, hannah: User) -> None:
    with pytest.raises(Refused, match="Gate 0 is not passed"):
        money.release(tranche=approved, by=hannah, at=NOW)


def test_what_is_released_is_neither_withdrawn_nor_released_again(
    late: Tranche, hannah: User
) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    for act in (money.release, money.withdraw, money.thaw):
        with pytest.raises(Refused, match="a release stands"):
            act(tranche=late, by=hannah, at=NOW)


def test_what_was_withdrawn_is_released_by_nothing(
    rollout: Rollout, approved: Tranche, people: People, maya: User, hannah: User
) -> None:
    money.withdraw(tranche=approved, by=maya, at=NOW)
    make_passed(rollout, gates=1, **people)
    assert not released(approved)
    with pytest.raises(Refused, match="withdrawn"):
        money.release(tranche=approved, by=hannah, at=NOW)


# What the database refuses, whoever asks

INSERT = """INSERT INTO gates_release (tranche_id, decision_id, amount, released_by_id, released_at)
            VALUES (%s, %s, %s, %s, %s)"""


def refused(sql: str, *params: object) -> str:
    with (
        pytest.raises(DatabaseError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing pending stands before it
        cursor.execute(sql, params)
    return str(error.value)


def insert(tranche: Tranche, decision: int | None, by: User, **changes: object) -> str:
    row = {"amount": tranche.amount, "at": NOW, **changes}
    return refused(INSERT, tranche.pk, decision, row["amount"], by.pk, row["at"])


ONLY = "Money is released only by the decision at the gate into its stage."


def test_raw_sql_releases_what_its_decision_would(late: Tranche, hannah: User) -> None:
    """The statement that the refusals below vary."""
    decision = Decision.objects.get(gate=0)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [late.pk, decision.pk, late.approved, hannah.pk, NOW])
    assert released(late)


def test_raw_sql_needs_a_decision(late: Tranche, hannah: User) -> None:
    assert ONLY in insert(late, None, hannah)
    assert ONLY in insert(late, 999_999, hannah)


def test_raw_sql_needs_the_decision_of_this_initiative(
    late: Tranche, people: People, maya: User, carol: User, hannah: User
) -> None:
    other = make_rollout(make_initiative(owner=maya, sponsor=carol))
    make_passed(other, gates=1, **people)
    decision = Decision.objects.get(rollout=other)
    assert ONLY in insert(late, decision.pk, hannah)


def test_raw_sql_needs_the_decision_of_the_gate_into_the_stage(
    rollout: Rollout, late: Tranche, maya: User, peter: User, hannah: User
) -> None:
    ahead = make_tranche(rollout.initiative, by=maya, stage="readiness", approved_by=peter)
    assert ONLY in insert(ahead, Decision.objects.get(gate=0).pk, hannah)


def test_raw_sql_needs_a_go(
    rollout: Rollout, approved: Tranche, maya: User, lena: User, carol: User, hannah: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_submitted(rollout, by=maya)
    hold = make_decision(rollout, "hold", by=carol, hold_until=NOW.date() + timedelta(days=9))
    assert ONLY in insert(approved, hold.pk, hannah)
    # Nor does a passage forged from that hold help.
    Passage.objects.create(rollout=rollout, gate=0, decision=hold)
    assert ONLY in insert(approved, hold.pk, hannah)


def test_raw_sql_needs_a_passage_that_counts(
    rollout: Rollout, late: Tranche, carol: User, hannah: User
) -> None:
    go = Decision.objects.get(gate=0)
    make_decision(rollout, "return", by=carol, return_to="intake")
    Tranche.objects.filter(pk=late.pk).update(frozen_at=None)
    assert ONLY in insert(late, go.pk, hannah)
    # And a void passage is not taken away to be brought back as a standing one.
    assert "Cannot delete" in refused("DELETE FROM gates_passage")
    assert "Cannot update" in refused(
        "UPDATE gates_passage SET void_since = NULL, voided_by_id = NULL"
    )


def test_raw_sql_needs_a_rollout_that_is_live(
    rollout: Rollout, late: Tranche, carol: User, hannah: User
) -> None:
    make_decision(rollout, "stop", by=carol)
    Tranche.objects.filter(pk=late.pk).update(withdrawn_at=None)
    assert ONLY in insert(late, Decision.objects.get(gate=0, outcome="go").pk, hannah)


@pytest.mark.parametrize("amount", ["79999.99", "80000.01", "0", "-80000"])
def test_raw_sql_needs_the_approved_amount(amount: str, late: Tranche, hannah: User) -> None:
    decision = Decision.objects.get(gate=0).pk
    assert ONLY in insert(late, decision, hannah, amount=Decimal(amount))


def test_raw_sql_needs_a_release_after_its_decision(late: Tranche, hannah: User) -> None:
    decision = Decision.objects.get(gate=0).pk
    assert ONLY in insert(late, decision, hannah, at=NOW - timedelta(seconds=1))


@pytest.mark.parametrize("state", ["frozen_at", "withdrawn_at"])
def test_raw_sql_needs_a_tranche_that_is_neither_frozen_nor_withdrawn(
    state: str, late: Tranche, hannah: User
) -> None:
    Tranche.objects.filter(pk=late.pk).update(**{state: NOW})
    assert ONLY in insert(late, Decision.objects.get(gate=0).pk, hannah)


def test_raw_sql_needs_an_approved_tranche(
    rollout: Rollout, late: Tranche, maya: User, hannah: User
) -> None:
    unapproved = make_tranche(rollout.initiative, by=maya)
    decision = Decision.objects.get(gate=0).pk
    assert ONLY in insert(unapproved, decision, hannah)
    assert ONLY in insert(late, decision, hannah, amount=None)


def test_the_orm_releases_nothing_more_than_raw_sql(approved: Tranche, hannah: User) -> None:
    row = Release(tranche=approved, amount=approved.approved, released_by=hannah, released_at=NOW)
    for write in (row.save, lambda: Release.objects.bulk_create([row])):
        with pytest.raises(DatabaseError, match="only by the decision"), transaction.atomic():
            write()  # type: ignore[operator]
    assert not released(approved)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gates_release SET amount = amount - 1",
        "UPDATE gates_release SET tranche_id = tranche_id + 1",
        "UPDATE gates_release SET decision_id = decision_id",
        "DELETE FROM gates_release",
        "TRUNCATE gates_release",
        "TRUNCATE gates_decision CASCADE",
        "TRUNCATE initiatives_tranche CASCADE",
        "TRUNCATE initiatives_initiative CASCADE",
    ],
)
def test_a_release_is_never_changed_or_taken_away(
    statement: str, late: Tranche, hannah: User
) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    before = Release.objects.values().get()
    assert "never changed, deleted or truncated" in refused(statement)
    assert Release.objects.values().get() == before


@pytest.mark.parametrize(
    "change",
    [
        "approved = approved - 1",
        "requested = requested + 1",
        "stage = 'steady'",
        "budget = 'innovation'",
        "withdrawn_at = now()",
        "frozen_at = now()",
        "purpose = 'something else'",
    ],
)
def test_a_released_tranche_stands(change: str, late: Tranche, hannah: User) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    assert "nothing about it changes" in refused(f"UPDATE initiatives_tranche SET {change}")


def test_a_released_tranche_is_not_deleted(late: Tranche, hannah: User) -> None:
    money.release(tranche=late, by=hannah, at=NOW)
    assert "nothing about it changes" in refused("DELETE FROM initiatives_tranche")
    with pytest.raises(RestrictedError):
        Tranche.objects.get(pk=late.pk).delete()


def test_an_initiative_whose_gates_were_never_decided_goes_with_its_tranches(
    rollout: Rollout, approved: Tranche
) -> None:
    remove_many(initiatives=[rollout.initiative], units=[])
    assert not Tranche.objects.exists()


def test_nothing_but_its_row_says_that_a_tranche_is_released() -> None:
    assert not [f.name for f in Tranche._meta.concrete_fields if "release" in f.name]


def test_no_admin_reaches_past_the_services() -> None:
    assert not apps.is_installed("django.contrib.admin")


# Pages


@pytest.fixture
def page(rollout: Rollout) -> Callable[..., str]:
    reference = rollout.initiative.reference
    return lambda name="money", *args: reverse(f"gates:{name}", args=[reference, *args])


def test_the_page_of_an_initiative_without_money_says_what_to_do(
    page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    shown = client.get(page()).content.decode()
    assert "Nothing is asked for." in shown
    assert "Nobody applies again" in shown


def test_from_request_to_release_over_the_pages(
    rollout: Rollout,
    page: Callable[..., str],
    fund: Fund,
    people: People,
    maya: User,
    hannah: User,
    peter: User,
    client: Client,
) -> None:
    client.force_login(maya)
    form = {"stage": "pilot", "amount": "12,500.50", "paid_from": f"fund-{fund.pk}"}
    assert client.post(page("ask_for_money"), form).status_code == 302
    tranche = GatedTranche.objects.get()
    assert tranche.requested == Decimal("12500.50")
    assert client.get(page("approve_money", tranche.pk)).status_code == 403
    client.force_login(peter)
    approving = page("approve_money", tranche.pk)
    assert client.post(approving, {"amount": "12500.51"}).status_code == 422
    assert client.post(approving, {"amount": "12,000"}).status_code == 302
    early = client.post(page("release_money", tranche.pk), follow=True).content.decode()
    assert "Gate 0 is not passed" in early
    make_ready(rollout, by=maya, verifier=people["verifier"])
    make_sign_offs(make_submitted(rollout, by=maya), people["reviewers"])
    deciding = client.get(page("decide")).content.decode()
    assert "USD\N{NO-BREAK SPACE}12,000.00" in deciding
    make_decision(rollout, by=hannah)
    assert "Released" in client.get(page()).content.decode()
    record = client.get(page("decision", Decision.objects.get().pk)).content.decode()
    assert "USD\N{NO-BREAK SPACE}12,000.00 for production-first pilot" in record


def test_an_amount_that_cannot_be_read_names_its_field_and_keeps_what_was_typed(
    page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    form = {"stage": "pilot", "amount": "12.500,50", "paid_from": "operating", "currency": "usd"}
    answer = client.post(page("ask_for_money"), form)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Give “Amount” as an amount such as 12,500.00." in shown
    assert 'value="12.500,50"' in shown


@pytest.mark.seed("S-063")
def test_innovation_money_for_production_is_flagged_and_told_to_its_failure_mode(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    make_tranche(rollout.initiative, by=maya, stage="pilot", budget="innovation")
    client.force_login(maya)
    assert "Innovation money pays for production" not in client.get(page()).content.decode()
    make_tranche(rollout.initiative, by=maya, stage="limited", budget="innovation")
    assert "Innovation money pays for production" in client.get(page()).content.decode()
    figures = case_of(rollout, today=NOW.date()).facts.figures
    assert figures["budget"]["budget_kind"] == "innovation budget"


PASTED = """Month;Kind;Planned;Actual
2026-09;talent;12,000.00;12,500.25
2026-10;Infrastructure;900;

2026-10;operations;;40.5
"""


def test_costs_are_pasted_as_lines(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    form = {"part": "pasted", "paste-currency": "USD", "paste-pasted": PASTED}
    assert client.post(page("costs"), form).status_code == 302
    kept = rollout.initiative.costs.values_list("month__month", "kind", "planned", "actual")
    assert set(kept) == {
        (9, "talent", Decimal("12000.00"), Decimal("12500.25")),
        (10, "infrastructure", Decimal("900.00"), None),
        (10, "operations", None, Decimal("40.50")),
    }
    shown = client.get(page()).content.decode()
    assert "+500.25" in shown


def test_pasted_lines_are_kept_all_or_none_and_each_fault_is_named(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    lines = "2026-09,talent,10,11\n2026-13,talent,1,1\n2026-10,tea,1,1\n2026-10,talent,1.234,1\n"
    form = {"part": "pasted", "paste-currency": "USD", "paste-pasted": lines}
    answer = client.post(page("costs"), form)
    assert answer.status_code == 422
    shown = answer.content.decode()
    for fault in ("Line 2: give the month", "Line 3: the kind is", "Line 4: “1.234” is no amount"):
        assert fault in shown
    assert "2026-13,talent,1,1" in shown
    assert not rollout.initiative.costs.exists()


def test_costs_are_entered_in_a_table(
    rollout: Rollout, page: Callable[..., str], maya: User, client: Client
) -> None:
    client.force_login(maya)
    form = {"part": "table", "currency": "USD", "actual-2026-09-talent": "1,000.10"}
    url = page("costs") + "?from=2026-08"
    assert client.post(url, form).status_code == 302
    assert rollout.initiative.costs.get().actual == Decimal("1000.10")
    assert 'value="1,000.10"' in client.get(url).content.decode()


def test_the_burn_counts_from_the_month_of_the_claim(
    maya: User, hannah: User, client: Client
) -> None:
    initiative: Initiative = make_initiative(owner=maya, by=hannah)
    make_rollout(initiative, stage="scaled", by=hannah)  # claimed on 16 November 2026
    client.force_login(maya)
    lines = "2026-10,talent,,100\n2026-11,talent,,200.25\n2026-12,talent,,50\n"
    form = {"part": "pasted", "paste-currency": "USD", "paste-pasted": lines}
    client.post(reverse("gates:costs", args=[initiative.reference]), form)
    shown = client.get(reverse("gates:money", args=[initiative.reference])).content.decode()
    assert "Burnt as an extended pilot" in shown
    assert "USD <b>250.25</b>" in shown


def test_the_page_costs_the_same_for_one_tranche_and_for_many(
    rollout: Rollout, page: Callable[..., str], maya: User, peter: User, client: Client
) -> None:
    client.force_login(maya)
    costs: list[int] = []
    for more in (1, 6):
        for _number in range(more):
            make_tranche(rollout.initiative, by=maya, stage="limited", approved_by=peter)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page()).status_code == 200
        costs.append(len(captured))
    assert costs[1] <= costs[0]
    assert costs[1] <= 16
