"""From intake to steady state by the services, and what each gate refuses."""

from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import Event
from audit.services import verify
from checklists.services import Answer, answer_questions
from gates.case import case_of
from gates.models import Decision, Passage, Rollout
from gates.services.conditions import close_condition, past_grace, revoke_go
from gates.services.decisions import Choice, FactsChanged, NewCondition, decide
from gates.services.reviews import answer_criterion
from gates.services.rollouts import pause, resume
from initiatives.errors import NotAllowed, Refused
from initiatives.services import assign_people
from tests.factories import (
    NOW,
    make_assessment,
    make_decision,
    make_evidence,
    make_initiative,
    make_passed,
    make_ready,
    make_rollout,
    make_sign_offs,
    make_submitted,
)

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
PATH = ["intake", "pilot", "readiness", "limited", "scaled", "steady"]


def through(rollout: Rollout, gates: int, people: "dict[str, object]") -> Rollout:
    return make_passed(rollout, gates=gates, **people)  # type: ignore[arg-type]


def test_an_initiative_goes_from_intake_to_steady_state_through_every_gate(
    rollout: Rollout, people: dict[str, object]
) -> None:
    stages = [rollout.stage]
    for _ in range(5):
        rollout = through(rollout, 1, people)
        stages.append(rollout.stage)
    assert stages == PATH
    assert rollout.standing.labels == ["proven"]
    assert case_of(rollout, at=NOW).facts.gate is None
    assert verify()[1] == []
    moves = Event.objects.filter(verb="decision.go").values_list("data__to", flat=True)
    assert list(moves.order_by("seq")) == PATH[1:]


def test_a_review_is_not_submitted_while_something_stands_that_no_condition_covers(
    rollout: Rollout, maya: User
) -> None:
    with pytest.raises(Refused) as refused:
        make_submitted(rollout, by=maya)
    document = rollout.playbook.parsed
    words = " ".join(refused.value.reasons)
    assert all(question.question in words for question in document.questions)
    assert all(mode.name in words for mode in document.failure_modes)


def test_owner_submitter_and_evidence_author_never_decide(
    rollout: Rollout, maya: User, hannah: User, peter: User, lena: User, reviewers: list[User]
) -> None:
    make_ready(rollout, by=hannah, verifier=lena)
    review = make_submitted(rollout, by=maya)
    make_sign_offs(review, reviewers)
    for barred in (maya, hannah):
        with pytest.raises(NotAllowed):
            make_decision(rollout, by=barred)
    assert make_decision(rollout, by=peter).to_stage == "pilot"


def test_a_fact_that_changed_since_the_page_was_loaded_refuses_the_decision_and_is_named(
    rollout: Rollout, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    seen = case_of(rollout, at=NOW).seen
    make_assessment(rollout.initiative, "budget", by=maya, likelihood=4, impact=4)
    with pytest.raises(FactsChanged) as changed:
        decide(rollout=rollout, choice=Choice("go", "It holds."), seen=seen, by=carol, at=NOW)
    assert [change.title for change in changed.value.changes] == [
        rollout.playbook.parsed.mode("budget").name
    ]
    assert not Decision.objects.exists()


def test_a_go_stores_the_digest_of_what_was_decided_on(
    rollout: Rollout, people: dict[str, object]
) -> None:
    through(rollout, 1, people)
    decision = Decision.objects.get()
    from audit.canonical import digest_of

    assert decision.digest == digest_of(decision.facts)


def test_a_conditional_go_covers_each_open_blocker_with_one_condition(
    rollout: Rollout, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    criterion = rollout.playbook.parsed.gate(0).criteria[0]
    make_ready(rollout, by=maya, verifier=lena, skip=[f"criterion:{criterion.key}"])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    with pytest.raises(Refused, match=criterion.name):
        make_decision(rollout, by=carol)
    with pytest.raises(Refused, match="give it one condition"):
        make_decision(rollout, "conditional_go", by=carol)
    condition = NewCondition(
        f"criterion:{criterion.key}", "Agree it", maya, TODAY + timedelta(days=7)
    )
    make_decision(rollout, "conditional_go", by=carol, conditions=[condition])
    rollout = Rollout.objects.get(pk=rollout.pk)
    assert rollout.stage == "pilot"
    assert rollout.conditions.get().blocker_title == criterion.name


def test_a_condition_past_its_grace_revokes_the_go_and_the_rollout_falls_back(
    rollout: Rollout, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    criterion = rollout.playbook.parsed.gate(0).criteria[0]
    make_ready(rollout, by=maya, verifier=lena, skip=[f"criterion:{criterion.key}"])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    condition = NewCondition(f"criterion:{criterion.key}", "Agree it", maya, TODAY)
    make_decision(rollout, "conditional_go", by=carol, conditions=[condition])
    grace = timedelta(days=rollout.playbook.parsed.condition_grace_days)
    assert past_grace(at=NOW + grace) == []
    later = NOW + grace + timedelta(days=1)
    (overdue,) = past_grace(at=later)
    owed = rollout.conditions.get(pk=overdue)
    decision = revoke_go(condition=owed, at=later)
    assert decision is not None and decision.decided_by is None
    rollout = Rollout.objects.get(pk=rollout.pk)
    assert rollout.stage == "intake"
    assert revoke_go(condition=owed, at=later) is None
    assert not rollout.answers.filter(criterion=criterion.key, stands=True).exists()


def test_a_third_hold_at_one_gate_is_refused(
    rollout: Rollout, maya: User, carol: User, lena: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    until = TODAY + timedelta(days=14)
    for _ in range(2):
        make_submitted(rollout, by=maya)
        make_decision(rollout, "hold", by=carol, hold_until=until)
    make_submitted(rollout, by=maya)
    with pytest.raises(Refused, match="Held 2 times"):
        make_decision(rollout, "hold", by=carol, hold_until=until)


def test_a_return_voids_the_gates_from_its_target_on_and_answers_only_prefill(
    rollout: Rollout, people: dict[str, object], carol: User
) -> None:
    rollout = through(rollout, 3, people)
    make_decision(rollout, "return", by=carol, return_to="pilot")
    rollout = Rollout.objects.get(pk=rollout.pk)
    assert rollout.stage == "pilot"
    standing = Passage.objects.filter(rollout=rollout, void_since__isnull=True)
    assert [passage.gate for passage in standing] == [0]
    asked = {criterion.key for criterion in rollout.playbook.parsed.gate(1).criteria}
    assert rollout.answers.filter(criterion__in=asked).exists()
    assert not rollout.answers.filter(criterion__in=asked, stands=True).exists()


def test_stopped_before_production_and_retired_after(
    rollout: Rollout, people: dict[str, object], carol: User, maya: User
) -> None:
    rollout = through(rollout, 3, people)
    make_decision(rollout, "stop", by=carol)
    assert Rollout.objects.get(pk=rollout.pk).stage == "retired"
    other = make_rollout(make_initiative(owner=maya, sponsor=carol))
    make_decision(other, "stop", by=carol)
    assert Rollout.objects.get(pk=other.pk).stage == "stopped"


def test_nothing_moves_while_paused(
    rollout: Rollout, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    pause(rollout=rollout, reason="Vendor gone", cause="budget", by=maya, at=NOW)
    with pytest.raises(Refused, match="Paused"):
        make_decision(rollout, by=carol)
    resume(rollout=rollout, by=maya, at=NOW)
    assert make_decision(rollout, by=carol).to_stage == "pilot"


def test_an_adopted_rollout_proves_its_gates_in_order_without_moving(
    maya: User, carol: User, people: dict[str, object]
) -> None:
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol), stage="limited")
    facts = case_of(rollout, at=NOW).facts
    assert (facts.gate, facts.owed_gates, facts.claimed) == (0, (0, 1, 2), True)
    assert "claimed" in rollout.standing.labels
    for proven in range(1, 4):
        rollout = through(rollout, 1, people)
        assert rollout.stage == "limited"
        assert rollout.claimed is (proven < 3)
    assert case_of(rollout, at=NOW).facts.gate == 3
    assert through(rollout, 1, people).stage == "scaled"


def test_a_claim_of_production_is_an_extended_pilot_until_proven(
    maya: User, carol: User, people: dict[str, object]
) -> None:
    rollout = make_rollout(make_initiative(owner=maya, sponsor=carol), stage="steady")
    assert set(rollout.standing.labels) == {"claimed", "extended_pilot"}
    rollout = through(rollout, 5, people)
    assert rollout.standing.labels == ["proven"]


def test_who_owned_it_at_submission_never_decides_it(
    maya: User, hannah: User, carol: User, lena: User, devin: User, reviewers: list[User]
) -> None:
    rollout = make_rollout(make_initiative(owner=hannah, sponsor=carol, by=carol), by=carol)
    make_ready(rollout, by=devin, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=devin), reviewers)
    assign_people(initiatives=[rollout.initiative], owner=maya, by=carol, at=NOW)
    with pytest.raises(NotAllowed):
        make_decision(rollout, by=hannah)


def test_whoever_answered_or_assessed_what_is_judged_never_decides_it(
    rollout: Rollout, maya: User, hannah: User, lena: User, reviewers: list[User]
) -> None:
    make_ready(rollout, by=maya, verifier=lena, skip=["design", "failure_mode"])
    make_ready(rollout, by=hannah, verifier=lena, skip=["criterion", "rung"])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    with pytest.raises(NotAllowed):
        make_decision(rollout, by=hannah)


def test_a_reviewer_does_not_sign_off_what_rests_on_own_evidence(
    rollout: Rollout, maya: User, aiko: User, lena: User
) -> None:
    make_ready(rollout, by=maya, verifier=lena, skip=["criterion"])
    make_ready(rollout, by=aiko, verifier=lena)
    review = make_submitted(rollout, by=maya)
    with pytest.raises(Refused, match="brought evidence"):
        make_sign_offs(review, [aiko])


@pytest.mark.parametrize("what", ["evidence", "design"])
def test_evidence_swapped_or_an_answer_rewritten_after_the_page_was_loaded_is_seen(
    what: str, rollout: Rollout, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    make_ready(rollout, by=maya, verifier=lena)
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    case = case_of(rollout, at=NOW)
    if what == "evidence":
        criterion = case.document.gate(0).criteria[0]
        answer_criterion(
            rollout=rollout,
            criterion=criterion,
            verdict="met",
            note="Measured last week.",
            evidence=make_evidence(rollout.initiative, by=maya),
            days_valid=case.document.days_valid(criterion),
            by=maya,
            at=NOW,
        )
    else:
        answer_questions(
            initiative=rollout.initiative,
            answers=[Answer(case.document.questions[0], "Nobody knows.", settled=True)],
            by=maya,
            at=NOW,
        )
    with pytest.raises(FactsChanged) as changed:
        decide(rollout=rollout, choice=Choice("go", "It holds."), seen=case.seen, by=carol, at=NOW)
    assert len(changed.value.changes) == 1


def test_a_condition_is_closed_with_evidence_and_whoever_closed_it_decides_nothing(
    rollout: Rollout, maya: User, hannah: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    criterion = rollout.playbook.parsed.gate(0).criteria[0]
    make_ready(rollout, by=maya, verifier=lena, skip=[f"criterion:{criterion.key}"])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    owed = NewCondition(f"criterion:{criterion.key}", "Agree it", maya, TODAY)
    make_decision(rollout, "conditional_go", by=carol, conditions=[owed])
    condition = rollout.conditions.get()
    with pytest.raises(Refused, match="Evidence"):
        close_condition(condition=condition, note="Done.", evidence=None, by=hannah, at=NOW)
    evidence = make_evidence(rollout.initiative, by=maya)
    close_condition(condition=condition, note="Done.", evidence=evidence, by=hannah, at=NOW)
    assert hannah.pk not in case_of(rollout, at=NOW).decider_ids


def test_a_go_is_not_revoked_once_the_rollout_is_over(
    rollout: Rollout, maya: User, carol: User, lena: User, reviewers: list[User]
) -> None:
    criterion = rollout.playbook.parsed.gate(0).criteria[0]
    make_ready(rollout, by=maya, verifier=lena, skip=[f"criterion:{criterion.key}"])
    make_sign_offs(make_submitted(rollout, by=maya), reviewers)
    owed = NewCondition(f"criterion:{criterion.key}", "Agree it", maya, TODAY)
    make_decision(rollout, "conditional_go", by=carol, conditions=[owed])
    make_decision(rollout, "stop", by=carol)
    later = NOW + timedelta(days=60)
    assert revoke_go(condition=rollout.conditions.get(), at=later) is None


def test_a_return_to_intake_opens_the_design_assessment_anew(
    rollout: Rollout, people: dict[str, object], carol: User
) -> None:
    rollout = through(rollout, 1, people)
    make_decision(rollout, "return", by=carol, return_to="intake")
    questions = case_of(rollout, at=NOW).evaluation.of("design")
    assert questions and all(question.blocks for question in questions)
