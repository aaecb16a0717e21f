"""Several voices in one remit: counted, closed until all are in, answered when they object."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Remit
from accounts.services.people import deactivate
from audit.models import Event
from gates.case import case_of
from gates.differences import differences
from gates.models import Review, SignOff
from gates.services.decisions import NewCondition
from gates.services.reviews import withdraw_review
from gates.services.sign_offs import answer_objection
from initiatives.errors import Refused
from tests.factories import NOW, make_decision, make_user
from tests.gates.voicing import finding_of, make_waiting, publish_asking, say

TWO = {"funding": {"quorum": 2}}
ALL = {"funding": {"unanimous": True}}


@pytest.fixture
def otto(db: None) -> User:
    """Also reviews funding."""
    return make_user("Otto Lindt", remits=[Remit.FUNDING])


def waiting(maya: User, devin: User, carol: User, remits: dict, also: tuple[str, ...] = ()):
    publish_asking(remits, also=also)
    return make_waiting(owner=maya, verifier=devin, sponsor=carol)


def facts_of(review: Review):
    return case_of(review.rollout, at=NOW).facts


def test_one_person_is_one_voice_however_often_they_speak(
    maya: User, devin: User, carol: User, aiko: User, otto: User
) -> None:
    review = waiting(maya, devin, carol, TWO)
    say(review, "funding", aiko)
    say(review, "funding", aiko)
    assert SignOff.objects.count() == 1
    assert finding_of(review, "funding").text == (
        "1 of 2 voices in; they stay closed until all are. Still asked: Otto Lindt."
    )
    say(review, "funding", otto)
    assert finding_of(review, "funding").state == "met"


def test_the_facts_hold_no_voice_before_all_are_in(
    maya: User, devin: User, carol: User, aiko: User, otto: User
) -> None:
    review = waiting(maya, devin, carol, TWO)
    say(review, "funding", aiko, "objected", "No line in the budget.")
    seen = case_of(review.rollout, at=NOW).seen
    assert "No line in the budget." not in str(seen)
    assert seen["unopened"] == {"funding": 1}
    assert "funding" not in seen["sign_offs"]
    say(review, "funding", otto)
    opened = facts_of(review)
    assert opened.unopened == {}
    assert [(w.verdict, w.by.label) for w in opened.sign_offs["funding"].all] == [
        ("objected", "Aiko Tanaka"),
        ("signed", "Otto Lindt"),
    ]
    words = {
        d.title: d.after
        for d in differences(
            review.rollout.playbook.parsed, seen, case_of(review.rollout, at=NOW).seen
        )
    }
    assert words["Funding and ownership sign-off"] == (
        "Objected by Aiko Tanaka: “No line in the budget.”; Signed by Otto Lindt"
    )


def test_a_go_with_conditions_does_not_pass_over_a_closed_voice(
    maya: User, devin: User, carol: User, aiko: User, otto: User
) -> None:
    review = waiting(maya, devin, carol, TWO)
    say(review, "business", aiko)
    say(review, "funding", aiko, "objected")
    due = NOW.date() + timedelta(days=9)
    owed = [NewCondition("sign_off:funding", "Ask the other", maya, due)]
    with pytest.raises(Refused, match="No condition can cover this"):
        make_decision(review.rollout, "conditional_go", by=carol, conditions=owed)


def test_unanimity_asks_everybody_who_holds_it_can_sign_in_and_has_no_hand_in_it(
    maya: User, devin: User, carol: User, ada: User, aiko: User, otto: User
) -> None:
    left = make_user("Lea Gone", remits=[Remit.FUNDING])
    maya.grants.create(role="reviewer", remit="funding")
    review = waiting(maya, devin, carol, ALL)
    assert [p.label for p in facts_of(review).holders["funding"]] == [
        "Aiko Tanaka",
        "Lea Gone",
        "Otto Lindt",
    ]
    deactivate(user=left, by=ada, at=NOW)
    say(review, "funding", aiko)
    assert finding_of(review, "funding").state == "waiting"
    say(review, "funding", otto)
    assert finding_of(review, "funding").text == "2 of 2 signed: Aiko Tanaka and Otto Lindt."


def test_who_holds_a_remit_is_a_fact_only_where_it_must_be_unanimous(
    maya: User, devin: User, carol: User, otto: User
) -> None:
    review = waiting(maya, devin, carol, TWO)
    before = case_of(review.rollout, at=NOW).digest
    make_user("Ines Neu", remits=[Remit.FUNDING])
    assert case_of(review.rollout, at=NOW).digest == before


def test_an_unanswered_objection_is_never_covered_and_an_answered_one_may_be(
    maya: User, devin: User, carol: User, aiko: User
) -> None:
    review = waiting(maya, devin, carol, {})
    say(review, "business", aiko)
    objection = say(review, "funding", aiko, "objected")
    due = NOW.date() + timedelta(days=9)
    owed = [NewCondition("sign_off:funding", "Find the line", maya, due)]
    with pytest.raises(Refused, match="Answer the objection, then ask again"):
        make_decision(review.rollout, "conditional_go", by=carol, conditions=owed)
    answer_objection(sign_off=objection, answer="It is line 12.", by=devin, at=NOW)
    made = make_decision(review.rollout, "conditional_go", by=carol, conditions=owed)
    assert made.facts["sign_offs"]["funding"]["answer"] == "It is line 12."


def test_no_answer_lets_an_objection_of_security_be_covered(
    maya: User, devin: User, carol: User, aiko: User, lena: User
) -> None:
    review = waiting(maya, devin, carol, {}, also=("security",))
    objection = say(review, "security", lena, "objected")
    answer_objection(sign_off=objection, answer="It is closed.", by=maya, at=NOW)
    assert not finding_of(review, "security").coverable
    say(review, "security", lena)
    assert finding_of(review, "security").state == "met"


def test_saying_anything_anew_forgets_the_answer(
    maya: User, devin: User, carol: User, aiko: User
) -> None:
    review = waiting(maya, devin, carol, {})
    objection = say(review, "funding", aiko, "objected")
    answer_objection(sign_off=objection, answer="It is line 12.", by=maya, at=NOW)
    say(review, "funding", aiko, "objected", "Line 12 is spent.")
    stored = SignOff.objects.get()
    assert (stored.answer, stored.answered_by, stored.answered_at) == ("", None, None)
    assert not finding_of(review, "funding").coverable


def test_what_is_no_open_objection_is_not_answered(
    maya: User, devin: User, carol: User, aiko: User, otto: User
) -> None:
    review = waiting(maya, devin, carol, TWO)
    closed = say(review, "funding", aiko, "objected")
    with pytest.raises(Refused, match="closed until all"):
        answer_objection(sign_off=closed, answer="Done.", by=maya, at=NOW)
    say(review, "funding", otto)
    with pytest.raises(Refused, match="Your answer"):
        answer_objection(sign_off=closed, answer=" ", by=maya, at=NOW)
    with pytest.raises(Refused, match="yours"):
        answer_objection(sign_off=closed, answer="Done.", by=aiko, at=NOW)
    say(review, "funding", aiko)
    with pytest.raises(Refused, match="signed meanwhile"):
        answer_objection(sign_off=closed, answer="Done.", by=maya, at=NOW)
    say(review, "funding", aiko, "objected")
    withdraw_review(review=review, by=maya, at=NOW)
    with pytest.raises(Refused, match="waits for a decision"):
        answer_objection(sign_off=closed, answer="Done.", by=maya, at=NOW)


def test_the_database_keeps_an_answer_with_its_objection(
    maya: User, devin: User, carol: User, aiko: User
) -> None:
    review = waiting(maya, devin, carol, {})
    signed, objection = say(review, "business", aiko), say(review, "funding", aiko, "objected")
    for row, fields in (
        (objection, {"answer": "Done."}),
        (objection, {"answered_at": NOW, "answered_by": maya}),
        (objection, {"answer": "Done.", "answered_at": NOW, "answered_by": aiko}),
        (signed, {"answer": "Done.", "answered_at": NOW, "answered_by": maya}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SignOff.objects.filter(pk=row.pk).update(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignOff.objects.create(
            review=review, remit="funding", verdict="signed", given_by=aiko, given_at=NOW
        )


def test_the_trail_gives_a_closed_voice_away_in_its_data_only(
    maya: User, devin: User, carol: User, aiko: User, otto: User
) -> None:
    review = waiting(maya, devin, carol, TWO)
    say(review, "funding", aiko, "objected")
    say(review, "funding", otto)
    first, second = Event.objects.filter(verb="review.voiced").order_by("seq")
    assert first.summary == "Gate 0, funding and ownership: a voice is in, 1 so far"
    assert (first.data["verdict"], second.data["verdict"]) == ("objected", "signed")
    assert second.data["voices"] == 2


def test_whoever_answered_an_objection_that_stands_does_not_decide_over_it(
    maya: User, devin: User, carol: User, hannah: User, aiko: User
) -> None:
    review = waiting(maya, devin, carol, {})
    say(review, "business", aiko)
    objection = say(review, "funding", aiko, "objected")
    assert hannah.pk in {decider.id for decider in facts_of(review).deciders}
    answer_objection(sign_off=objection, answer="Noted.", by=hannah, at=NOW)
    facts = facts_of(review)
    assert hannah.pk not in {decider.id for decider in facts.deciders}
    assert hannah.pk in {barred.id for barred in facts.barred}
    say(review, "funding", aiko)
    assert hannah.pk in {decider.id for decider in facts_of(review).deciders}
