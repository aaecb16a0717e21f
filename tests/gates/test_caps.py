"""The cap on conditions: no conditional go adds more than the playbook allows, also not two at
one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client

from accounts.models import User
from gates import caps
from gates.case import case_of
from gates.models import Condition, Rollout
from gates.services import decisions
from gates.services.conditions import close_condition
from gates.services.decisions import Choice, NewCondition, decide
from initiatives.errors import Refused
from playbook.document import CapRules
from tests.factories import (
    NOW,
    make_decision,
    make_evidence,
    make_initiative,
    make_ready,
    make_rollout,
    make_submitted,
)
from tests.gates.deciding import Page
from tests.together import Meeting, at_once

DUE = NOW.date() + timedelta(days=20)


def ready(owner: User, sponsor: User, verifier: User, *, open_criteria: int = 0) -> Rollout:
    """Submitted at Gate 0, with two sign-offs and so many criteria left to conditions."""
    rollout = make_rollout(make_initiative(owner=owner, sponsor=sponsor), by=owner)
    asked = rollout.playbook.parsed.gate(0).criteria[:open_criteria]
    left = [f"criterion:{criterion.key}" for criterion in asked]
    make_ready(rollout, by=owner, verifier=verifier, skip=left)
    make_submitted(rollout, by=owner)
    return rollout


def choice(rollout: Rollout, owner: User) -> Choice:
    blockers = case_of(rollout, at=NOW).evaluation.blockers
    owed = [NewCondition(finding.id, "Bring it.", owner, DUE) for finding in blockers]
    return Choice("conditional_go", "It is close enough.", conditions=owed)


def conditional_go(rollout: Rollout, owner: User, sponsor: User) -> None:
    seen = case_of(rollout, at=NOW).seen
    decide(rollout=rollout, choice=choice(rollout, owner), seen=seen, by=sponsor, at=NOW)


def cap(monkeypatch: pytest.MonkeyPatch, initiative: int, sponsor: int) -> None:
    """Every playbook of the test sets this cap."""
    rules = CapRules(open_per_initiative=initiative, open_per_sponsor=sponsor)
    stored = caps.against_cap
    monkeypatch.setattr(
        decisions, "against_cap", lambda _rules, carried, adding: stored(rules, carried, adding)
    )


@pytest.mark.django_db
def test_an_initiative_takes_on_as_many_as_the_playbook_allows(
    client: Client, maya: User, carol: User, lena: User
) -> None:
    most = ready(maya, carol, lena, open_criteria=3)
    conditional_go(most, maya, carol)
    assert Condition.objects.count() == 5
    more = ready(maya, carol, lena, open_criteria=4)
    with pytest.raises(Refused) as refused:
        conditional_go(more, maya, carol)
    assert refused.value.reasons == [
        "Cap on conditions: this initiative owes 0 conditions, this would add 6, and the playbook "
        "allows 5. Close some first; the page Conditions lists them."
    ]
    assert "the playbook allows 5" in Page(client, more, carol).text


@pytest.mark.django_db
def test_a_sponsor_carries_no_more_than_the_cap_over_all_initiatives(
    monkeypatch: pytest.MonkeyPatch, maya: User, carol: User, peter: User, lena: User
) -> None:
    cap(monkeypatch, initiative=5, sponsor=3)
    conditional_go(ready(maya, carol, lena), maya, carol)
    second = ready(maya, carol, lena)
    with pytest.raises(Refused, match="what Carol Nakamura sponsors owes 2 conditions"):
        conditional_go(second, maya, carol)
    conditional_go(ready(maya, peter, lena), maya, peter)  # another sponsor's are their own
    owed = Condition.objects.filter(rollout__initiative__sponsor=carol).first()
    assert owed is not None
    proof = make_evidence(owed.rollout.initiative, by=maya)
    close_condition(condition=owed, note="Done.", evidence=proof, by=maya, at=NOW)
    conditional_go(second, maya, carol)


@pytest.mark.django_db
def test_what_an_ended_rollout_owed_counts_no_more(
    monkeypatch: pytest.MonkeyPatch, maya: User, carol: User, lena: User
) -> None:
    cap(monkeypatch, initiative=5, sponsor=2)
    first = ready(maya, carol, lena)
    conditional_go(first, maya, carol)
    make_decision(first, "stop", by=carol)
    conditional_go(ready(maya, carol, lena), maya, carol)


@contextmanager
def counting_together(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> Iterator[None]:
    """Both count before either adds, unless a lock keeps one of them away."""
    meeting, count = Meeting(2), decisions.carried_by

    def counted(initiative: object) -> caps.Carried:
        found = count(initiative)  # type: ignore[arg-type]
        meeting.wait()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(decisions, "carried_by", counted)
        if not locked:
            patch.setattr(decisions, "lock_sponsor", lambda initiative: None)
        yield


def two_at_one_moment(
    monkeypatch: pytest.MonkeyPatch, maya: User, carol: User, lena: User, *, locked: bool
) -> int:
    """How many conditions are owed after two conditional goes that only fit one by one."""
    cap(monkeypatch, initiative=5, sponsor=3)
    both = [ready(maya, carol, lena) for _ in range(2)]
    with counting_together(monkeypatch, locked=locked):
        results = at_once([partial(conditional_go, each, maya, carol) for each in both])
    unexpected = [each for each in results if each is not None and not isinstance(each, Refused)]
    assert unexpected == []
    return Condition.objects.count()


@pytest.mark.django_db(transaction=True)
def test_two_conditional_goes_at_one_moment_do_not_pass_the_cap_together(
    monkeypatch: pytest.MonkeyPatch, maya: User, carol: User, lena: User
) -> None:
    assert two_at_one_moment(monkeypatch, maya, carol, lena, locked=True) == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_do(
    monkeypatch: pytest.MonkeyPatch, maya: User, carol: User, lena: User
) -> None:
    assert two_at_one_moment(monkeypatch, maya, carol, lena, locked=False) == 4
