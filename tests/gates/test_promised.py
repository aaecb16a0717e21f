"""What a go promises: signed with the facts, frozen beside the decision, out of anybody's reach."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import User
from gates.case import case_of
from gates.differences import differences
from gates.models import Decision, Promise, Rollout
from gates.services.decisions import Choice, FactsChanged, decide
from metrics.services import change_metric
from tests.factories import (
    NOW,
    make_decision,
    make_metric,
    make_ready,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db
DUE = NOW.date() + timedelta(days=90)
TRIAGE = {"name": "Minutes a claim", "baseline": 30, "target": 5.5, "target_by": DUE}


@pytest.fixture
def clear(rollout: Rollout, maya: User, lena: User, reviewers: list[User]) -> Rollout:
    """Nothing open at Gate 0, with one metric that promises and two that do not."""
    make_metric(rollout.initiative, by=maya, **TRIAGE)
    make_metric(rollout.initiative, by=maya, name="No target yet", target=None)
    make_metric(rollout.initiative, by=maya, name="Answers rated helpful", kind="model")
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    return rollout


def rows() -> list[tuple[Any, ...]]:
    fields = ("metric", "unit", "direction", "baseline", "target", "target_by")
    return list(Promise.objects.values_list(*fields))


def test_a_go_freezes_each_business_metric_with_a_target(clear: Rollout, carol: User) -> None:
    made = make_decision(clear, by=carol)
    assert rows() == [("Minutes a claim", "minutes", "down", 30, 5.5, DUE)]
    assert Promise.objects.get().decision == made
    said = {each.title: each.after for each in differences(clear.playbook.parsed, {}, made.facts)}
    assert said["What it promises"].startswith("Minutes a claim: 30 to 5.5 minutes, lower is")


def test_nothing_but_a_go_promises(clear: Rollout, carol: User) -> None:
    make_decision(clear, "hold", hold_until=DUE, by=carol)
    assert rows() == []


def test_a_target_that_moved_since_the_page_was_read_refuses_the_decision(
    clear: Rollout, maya: User, carol: User
) -> None:
    seen = case_of(clear, at=NOW).seen
    metric = clear.initiative.metrics.get(name="Minutes a claim")
    change_metric(metric=metric, fields={"target": 12}, by=maya, at=NOW)
    with pytest.raises(FactsChanged) as refused:
        decide(rollout=clear, choice=Choice("go", "It holds."), seen=seen, by=carol, at=NOW)
    assert [change.title for change in refused.value.changes] == ["What it promises"]
    assert rows() == []


def test_a_metric_that_changes_later_changes_no_promise(
    clear: Rollout, maya: User, carol: User
) -> None:
    make_decision(clear, by=carol)
    metric = clear.initiative.metrics.get(name="Minutes a claim")
    change_metric(metric=metric, fields={"target": 12}, by=maya, at=NOW)
    assert rows() == [("Minutes a claim", "minutes", "down", 30, 5.5, DUE)]


def test_the_database_changes_no_promise_and_takes_none_that_was_not_signed(
    clear: Rollout, carol: User
) -> None:
    made = make_decision(clear, by=carol)
    promise = {"decision": made, "metric": "Minutes a letter", "direction": "down", "target": 5}
    acts: list[Any] = [
        lambda: Promise.objects.update(target=12),
        lambda: Promise.objects.all().delete(),
        lambda: Promise.objects.create(**promise),
    ]
    for act in acts:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert len(rows()) == 1


def test_the_decision_page_and_the_record_show_what_is_promised(
    client: Client, clear: Rollout, carol: User, maya: User
) -> None:
    client.force_login(carol)
    page = client.get(f"/initiatives/{clear.initiative.reference}/decide/").content.decode()
    assert "A go promises" in page
    assert "Minutes a claim" in page
    make_decision(clear, by=carol)
    made = Decision.objects.get()
    url = f"/initiatives/{clear.initiative.reference}/decisions/{made.pk}/"
    record = client.get(url).content.decode()
    promised = record[record.index("What was promised") :]
    assert "From 30 to <b>5.5</b> minutes, lower is better" in promised[:600]
