"""Every gate refuses every kind of blocker over HTTP, with its reason, and nothing moves."""

import html as html_text
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Grant, User
from checklists.models import Check
from checklists.services import Answer, answer_questions
from gates.case import case_of
from gates.models import Condition, Decision, Review, Rollout
from gates.services.kills import record_hit
from gates.services.reviews import answer_criterion, sign_off, withdraw_review
from gates.services.rollouts import pause
from initiatives.models import Initiative
from operations.services import count_exposure
from playbook.findings import NEVER_COVERED
from tests.factories import (
    make_assessment,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db
Break = Callable[[Rollout, dict[str, User]], None]


def _gate(rollout: Rollout) -> Any:
    return rollout.playbook.parsed.gate_out_of(rollout.stage)


def unsettle_design(rollout: Rollout, cast: dict[str, User]) -> None:
    question = rollout.playbook.parsed.questions[0]
    answer_questions(
        initiative=rollout.initiative,
        answers=[Answer(question, "Still asking.", settled=False)],
        by=cast["maya"],
        at=timezone.now(),
    )


def lose_funder(rollout: Rollout, cast: dict[str, User]) -> None:
    Initiative.objects.filter(pk=rollout.initiative_id).update(production_funder="")


def fail_criterion(rollout: Rollout, cast: dict[str, User]) -> None:
    answer_criterion(
        rollout=rollout,
        criterion=next(c for c in _gate(rollout).criteria if not c.computed),
        verdict="not_met",
        note="It fell back.",
        evidence=None,
        days_valid=None,
        by=cast["maya"],
        at=timezone.now(),
    )


def lose_check(rollout: Rollout, cast: dict[str, User]) -> None:
    key = rollout.playbook.parsed.checks[0].key
    Check.objects.filter(initiative=rollout.initiative_id, key=key).delete()


def leave_critical(rollout: Rollout, cast: dict[str, User]) -> None:
    make_assessment(
        rollout.initiative,
        "integration",
        by=cast["maya"],
        at=timezone.now(),
        likelihood=5,
        impact=5,
        response="none",
    )


def take_back_review(rollout: Rollout, cast: dict[str, User]) -> None:
    review = rollout.reviews.under_way().get()
    withdraw_review(review=review, by=cast["maya"], at=timezone.now())


def object_to_it(rollout: Rollout, cast: dict[str, User]) -> None:
    remit = _gate(rollout).remits[0]
    reviewer = next(person for person in cast.values() if remit in person.remits)
    sign_off(
        review=rollout.reviews.under_way().get(),
        remit=remit,
        verdict="objected",
        note="Not like this.",
        by=reviewer,
        at=timezone.now(),
    )


def pause_it(rollout: Rollout, cast: dict[str, User]) -> None:
    pause(rollout=rollout, reason="Vendor gone", cause="budget", by=cast["maya"], at=timezone.now())


def owe_condition(rollout: Rollout, cast: dict[str, User]) -> None:
    """As left over from a conditional go at the gate before."""
    Condition.objects.create(
        rollout=rollout,
        decision=rollout.decisions.latest("pk"),
        blocker="criterion:left_open",
        blocker_title="Left open",
        text="Train the night shift",
        owner=cast["maya"],
        due=timezone.now().date() - timedelta(days=1),
    )


def leave_no_decider(rollout: Rollout, cast: dict[str, User]) -> None:
    Initiative.objects.filter(pk=rollout.initiative_id).update(sponsor=None)
    Grant.objects.filter(user__in=[cast["hannah"], cast["peter"]]).delete()


def drop_assumptions(rollout: Rollout, cast: dict[str, User]) -> None:
    rollout.initiative.assumptions.all().delete()


def drop_kill_criteria(rollout: Rollout, cast: dict[str, User]) -> None:
    rollout.initiative.kill_criteria.all().delete()


def hit_kill_criterion(rollout: Rollout, cast: dict[str, User]) -> None:
    kill = rollout.initiative.kill_criteria.get()
    record_hit(kill=kill, note="4 % in week four.", by=cast["maya"], at=timezone.now())


def plan_to_rebuild(rollout: Rollout, cast: dict[str, User]) -> None:
    Initiative.objects.filter(pk=rollout.initiative_id).update(architecture="rebuild")


def hand_over_unequipped(rollout: Rollout, cast: dict[str, User]) -> None:
    Initiative.objects.filter(pk=rollout.initiative_id).update(production_budget=False)


def leave_the_band(rollout: Rollout, cast: dict[str, User]) -> None:
    today = timezone.now()
    count_exposure(
        initiative=rollout.initiative,
        exposed=5000,
        counted_on=today.date(),
        by=cast["maya"],
        at=today,
    )


def leave_a_group_behind(rollout: Rollout, cast: dict[str, User]) -> None:
    rollout.initiative.user_groups.create(
        name="Night shift", people=500, using=140, measured_on=timezone.now().date()
    )


BREAKS: dict[str, Break] = {
    "assumption": drop_assumptions,
    "kill": drop_kill_criteria,
    "kill_hit": hit_kill_criterion,
    "architecture": plan_to_rebuild,
    "handoff": hand_over_unequipped,
    "band": leave_the_band,
    "group": leave_a_group_behind,
    "design": unsettle_design,
    "funding": lose_funder,
    "criterion": fail_criterion,
    "rung": lose_check,
    "failure_mode": leave_critical,
    "review": take_back_review,
    "sign_off": object_to_it,
    "pause": pause_it,
    "condition": owe_condition,
    "decider": leave_no_decider,
}
# Some kinds one gate asks alone, or two; a bound on whom it reaches holds in limited production.
ASKED_AT = {
    "design": {0},
    "assumption": {0, 1},
    "kill": {0},
    "architecture": {1},
    "handoff": {2},
    "band": {3},
    "group": {4},
}
# Gate 0 has no ladder rung and lets a learning exercise pass, and nothing was decided before it.
NOT_AT_THE_FIRST = {"funding", "rung", "condition"}


def asked(kind: str, gate: int) -> bool:
    """What a gate does not ask cannot block it."""
    return gate in ASKED_AT.get(kind, range(5)) and not (gate == 0 and kind in NOT_AT_THE_FIRST)


@pytest.fixture
def cast(
    maya: User, carol: User, hannah: User, peter: User, lena: User, reviewers: list[User]
) -> dict[str, User]:
    named = {"maya": maya, "carol": carol, "hannah": hannah, "peter": peter}
    return named | {person.name: person for person in reviewers}


def ready_for_gate(gate: int, cast: dict[str, User], reviewers: list[User]) -> Rollout:
    """At the gate with everything met, submitted and signed: a go is possible."""
    maya, carol, lena, now = cast["maya"], cast["carol"], reviewers[0], timezone.now()
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol, at=now), at=now)
    rollout = make_passed(
        rollout,
        gates=gate,
        owner=maya,
        verifier=lena,
        reviewers=reviewers,
        decider=carol,
        at=now,
    )
    make_ready(rollout, by=maya, verifier=lena, at=now)
    make_sign_offs(make_submitted(rollout, by=maya, at=now), reviewers, at=now)
    return Rollout.objects.select_related("initiative", "playbook__text").get(pk=rollout.pk)


class Desk:
    """Somebody's decision page: what it carries, and what it answers."""

    def __init__(self, client: Client, rollout: Rollout, user: User) -> None:
        self.client, self.url = client, f"/initiatives/{rollout.initiative.reference}/decide/"
        client.force_login(user)

    def read(self) -> "Desk":
        """Open the page, so that what is signed next is signed on the facts as they are."""
        shown = self.client.get(self.url, {"anew": "1"}).content.decode()
        found = re.search(r'name="seen" value="([^"]+)"', shown)
        self.seen = html_text.unescape(found[1]) if found else ""
        return self

    def sign(self, outcome: str) -> tuple[int, str]:
        data = {"outcome": outcome, "reason": "It holds.", "seen": self.seen}
        answer = self.client.post(self.url, data)
        return answer.status_code, html_text.unescape(answer.content.decode())


def test_every_kind_of_blocker_is_tried_or_cannot_occur() -> None:
    kinds = {"criterion", "sign_off", "assumption", "architecture", "handoff", "group"}
    kinds |= NEVER_COVERED
    # A rollout is always judged at the first gate that it owes, so no gate before it is owed.
    assert kinds - {"owed"} == set(BREAKS)


@pytest.mark.parametrize("gate", range(5))
def test_the_gate_refuses_every_kind_of_blocker_with_its_reason(
    client: Client, cast: dict[str, User], reviewers: list[User], gate: int
) -> None:
    rollout = ready_for_gate(gate, cast, reviewers)
    now = timezone.now()
    assert case_of(rollout, at=now).evaluation.clear
    decisions = Decision.objects.count()
    desk = Desk(client, rollout, cast["carol"])
    for kind, break_it in BREAKS.items():
        if not asked(kind, gate):
            continue
        with transaction.atomic():
            break_it(rollout, cast)
            blockers = case_of(rollout, at=now).evaluation.blockers
            assert kind in {finding.kind for finding in blockers}, kind
            status, said = desk.read().sign("go")
            assert status == (403 if kind == "decider" else 422), (kind, said)
            for finding in blockers:
                if finding.kind == kind:
                    assert finding.text in said, (kind, said)
            if kind in NEVER_COVERED - {"decider"}:
                status, said = desk.sign("conditional_go")
                assert status == 422, kind
                assert "No condition can cover this." in said, kind
            assert Rollout.objects.get(pk=rollout.pk).stage == rollout.stage, kind
            assert Decision.objects.count() == decisions, kind
            transaction.set_rollback(True)
    assert desk.read().sign("go")[0] == 302


@pytest.mark.parametrize("stage", ["pilot", "readiness", "limited", "scaled", "steady"])
def test_a_claimed_stage_opens_no_gate_ahead_before_the_gates_behind_are_proven(
    client: Client, cast: dict[str, User], reviewers: list[User], stage: str
) -> None:
    now = timezone.now()
    initiative = make_initiative(owner=cast["maya"], sponsor=cast["carol"], at=now)
    rollout = make_rollout(initiative, stage=stage, at=now)
    desk = Desk(client, rollout, cast["carol"])
    status, said = desk.read().sign("go")
    assert status == 422
    assert "Gate 0 review: Not submitted yet." in said
    make_ready(rollout, by=cast["maya"], verifier=reviewers[0], at=now)
    make_sign_offs(make_submitted(rollout, by=cast["maya"], at=now), reviewers, at=now)
    assert desk.read().sign("go")[0] == 302
    assert Rollout.objects.get(pk=rollout.pk).stage == stage
    assert not Review.objects.under_way().exists()
    status, said = desk.read().sign("go")
    assert status == 422
    assert "Gate 1 review: Not submitted yet." in said
