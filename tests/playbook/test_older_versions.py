"""A version that was published before the playbook grew goes on meaning what it meant."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from audit.canonical import digest_of
from gates.case import case_of
from gates.models import Rollout
from gates.services.pinning import move_to_version
from gates.services.rollouts import start_rollout
from gates.services.slips import settle
from playbook.comparing import compare
from playbook.document import Document
from playbook.evaluate import evaluate
from playbook.facts import ExposureFact
from playbook.labels import BREACH, holds_until, labels
from playbook.loading import standard
from playbook.models import PlaybookText, PlaybookVersion
from playbook.reach import too_many_for
from playbook.services import ensure_standard
from playbook.standing_facts import no_longer_held
from portfolio.replay import replay
from tests.factories import (
    NOW,
    make_decision,
    make_initiative,
    make_ready,
    make_sign_offs,
    make_submitted,
)
from tests.playbook.test_evaluate import TODAY, facts_ready_for

# The first standard that was ever published, as a database of that time holds it.
FIRST = json.loads((Path(__file__).parent / "data" / "standard-first.json").read_text("utf-8"))


@pytest.fixture
def first(db: None) -> PlaybookVersion:
    """The version as the database of an older release holds it."""
    return PlaybookVersion.objects.create(
        number=1,
        title=FIRST["title"],
        text=PlaybookText.objects.create(sha256=digest_of(FIRST), document=FIRST),
        shipped=True,
        published_at=NOW,
        published_by_label="Clearway",
    )


def test_it_asks_nothing_that_it_did_not_ask_then() -> None:
    old = Document.model_validate(FIRST)
    crowd = ExposureFact(900, TODAY, rises=9)
    facts = replace(facts_ready_for(3), population=1000, exposure=crowd)
    kinds = {finding.kind for finding in evaluate(old, facts).findings}
    assert BREACH in labels(standard(), facts)
    assert BREACH not in labels(old, facts)
    assert not kinds & {"band", "champions", "assumption", "architecture", "group"}
    assert too_many_for(old, facts, "limited") is None
    bare = replace(facts, answers={}, checks={}, groups=())
    passed = {gate: frozenset[str]() for gate in range(4)}
    assert no_longer_held(standard(), bare, passed)
    assert not no_longer_held(old, bare, passed)
    assert holds_until(old, facts) is not None


def test_what_is_new_since_reads_as_a_change() -> None:
    said = [change.sentence for change in compare(Document.model_validate(FIRST), standard())]
    assert "Taking a gate back: days of grace from nothing to 7." in said
    assert not [sentence for sentence in said if "from nothing to nothing" in sentence]


def test_a_newer_release_publishes_its_standard_beside_it(first: PlaybookVersion) -> None:
    newer = ensure_standard(at=NOW)
    assert (newer.number, newer.parsed) == (2, standard())
    assert PlaybookVersion.objects.get(pk=first.pk).parsed == Document.model_validate(FIRST)


def test_a_rollout_pinned_to_it_is_judged_shown_decided_replayed_and_moved(
    first: PlaybookVersion,
    client: Client,
    maya: User,
    devin: User,
    hannah: User,
    carol: User,
    reviewers: list[User],
) -> None:
    initiative = make_initiative(owner=maya, sponsor=carol)
    rollout = start_rollout(initiative=initiative, by=maya, at=NOW)
    assert rollout.playbook == first
    make_ready(rollout, by=maya, verifier=devin)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    make_decision(rollout, "go", by=carol)
    settle(rollout=rollout, at=NOW + timedelta(days=40))
    rollout = Rollout.objects.get(pk=rollout.pk)
    case = case_of(rollout, at=NOW)
    assert (case.facts.stage, case.facts.gate, case.failing) == ("pilot", 1, {})
    client.force_login(hannah)
    page = rollout.initiative.get_absolute_url()
    parts = ("", "review/", "checks/", "risks/", "premises/", "reach/", "holding/", "crosswalk/")
    addresses = ("/", "/playbook/", "/portfolio/", "/intake/", "/graveyard/", "/glossary/")
    for address in (*(f"{page}{part}" for part in parts), *addresses, f"{page}risks/resistance/"):
        assert client.get(address).status_code == 200, address

    newer = ensure_standard(at=NOW)
    found = replay(newer.parsed, at=NOW)
    assert (found.decisions, found.unreadable, found.under_way) == (1, 0, 1)
    assert move_to_version(rollouts=[rollout], version=newer, by=hannah, at=NOW) == 1
    assert case_of(Rollout.objects.get(pk=rollout.pk), at=NOW).document == standard()
