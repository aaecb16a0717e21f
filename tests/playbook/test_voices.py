"""How the voices of a remit add up, judged on plain values."""

from dataclasses import replace
from itertools import product

import pytest

from audit.canonical import plain
from playbook.document import Remit
from playbook.evaluate import evaluate
from playbook.facts import Facts, Person, SignOffFact
from playbook.findings import Finding
from playbook.loading import standard
from playbook.tightening import problems
from playbook.voices import all_in, voices_finding, weighed
from tests.gates.voicing import asking
from tests.playbook.test_evaluate import facts_ready_for

LENA, OTTO, RUTH = Person(1, "Lena"), Person(2, "Otto"), Person(3, "Ruth")


def remit(key: str = "operations", **rules: object) -> Remit:
    return standard().remit(key).model_copy(update=rules)


def signed(by: Person, stood_for: Person | None = None) -> SignOffFact:
    return SignOffFact("signed", by, "", stood_for=stood_for, answer="")


def objected(by: Person, answer: str | None = "") -> SignOffFact:
    return SignOffFact("objected", by, "No runbook.", answer=answer)


def judged(
    asked: Remit,
    *words: SignOffFact,
    unopened: int = 0,
    holders: tuple[Person, ...] = (),
    still: tuple[Person, ...] = (),
) -> Finding:
    facts: Facts = facts_ready_for(2)
    said = weighed(words)
    facts = replace(
        facts,
        sign_offs={asked.key: replace(said[0], beside=tuple(said[1:]))} if said else {},
        unopened={asked.key: unopened} if unopened else {},
        holders={asked.key: holders} if holders else {},
        asked={asked.key: still},
    )
    return voices_finding(asked, facts)


def test_by_default_one_signature_is_enough() -> None:
    assert (remit().quorum, remit().unanimous) == (1, False)
    assert judged(remit()).text == "Not signed off yet."
    found = judged(remit(), signed(LENA))
    assert (found.state, found.text) == ("met", "Signed by Lena.")


def test_a_quorum_counts_different_people_and_says_who_is_still_asked() -> None:
    two = remit(quorum=2)
    none = judged(two, still=(LENA, OTTO))
    assert (none.state, none.coverable) == ("waiting", True)
    assert none.text == "0 of 2 signed. Still asked: Lena or Otto."
    one = judged(two, unopened=1, still=(OTTO,))
    assert one.text == "1 of 2 voices in; they stay closed until all are. Still asked: Otto."
    assert judged(two, signed(LENA)).state == "waiting"
    both = judged(two, signed(LENA), signed(OTTO))
    assert (both.state, both.text) == ("met", "2 of 2 signed: Lena and Otto.")


def test_a_closed_voice_may_be_an_objection_so_no_condition_covers_the_rest() -> None:
    assert not judged(remit(quorum=2), unopened=1).coverable
    assert judged(remit(quorum=2)).coverable


def test_unanimity_needs_everybody_and_names_who_is_missing() -> None:
    all_three = remit(unanimous=True)
    people = (LENA, OTTO, RUTH)
    found = judged(all_three, signed(LENA), signed(OTTO), holders=people)
    assert (found.state, found.text) == ("waiting", "2 of 3 signed. Still asked: Ruth.")
    everybody = [signed(person) for person in people]
    assert judged(all_three, *everybody, holders=people).state == "met"
    one_against = judged(all_three, *everybody[:2], objected(RUTH), holders=people)
    assert (one_against.state, one_against.who) == ("not_met", "Ruth")
    assert one_against.text == "2 of 3 signed. “No runbook.”"


def test_nobody_to_be_asked_is_never_everybody() -> None:
    assert judged(remit(unanimous=True)).state == "waiting"


@pytest.mark.parametrize(
    ("key", "answer", "coverable"),
    [
        ("operations", "", False),
        ("operations", "It is written now.", True),
        ("operations", None, True),  # facts of before objections were answered
        ("security", "", False),
        ("security", "It is written now.", False),
        ("governance", "It is written now.", False),
    ],
)
def test_an_objection_is_covered_only_once_answered_and_never_of_some_remits(
    key: str, answer: str | None, coverable: bool
) -> None:
    found = judged(remit(key), objected(LENA, answer))
    assert (found.state, found.coverable) == ("not_met", coverable)
    assert ("looks again" in found.fix) == bool(answer)
    if answer:
        assert "Answered: “It is written now.”" in found.text


def test_one_unanswered_objection_among_several_is_not_covered() -> None:
    found = judged(remit(quorum=2), objected(LENA, "Done."), objected(OTTO), signed(RUTH))
    assert not found.coverable
    assert found.text.startswith("1 of 2 signed. ")
    assert found.who == "Otto and Lena"


def test_a_signature_of_somebody_else_takes_no_objection_back() -> None:
    assert judged(remit(), objected(LENA), signed(OTTO)).state == "not_met"
    assert judged(remit(), signed(OTTO), objected(LENA)).state == "not_met"


def test_a_reviewer_and_their_stand_in_are_one_voice_the_reviewers() -> None:
    two = remit(quorum=2)
    for words in (
        (signed(OTTO, LENA), signed(LENA)),
        (signed(LENA), signed(OTTO, LENA)),
    ):
        assert judged(two, *words).state == "waiting"
        assert [word.by for word in weighed(words)] == [LENA]
    assert judged(two, signed(OTTO, LENA), signed(RUTH)).text == (
        "2 of 2 signed: Otto for Lena and Ruth."
    )
    assert [w.by for w in weighed((signed(OTTO, LENA), signed(RUTH, LENA)))] == [RUTH]


def test_a_gate_never_opens_with_fewer_voices_than_it_takes() -> None:
    """Over every quorum, both ways of unanimity, and every word of three reviewers."""
    people = (LENA, OTTO, RUTH)
    for quorum, unanimous in product((1, 2, 3), (False, True)):
        asked = remit(quorum=quorum, unanimous=unanimous)
        for said in product((None, "signed", "objected"), repeat=3):
            words = [
                signed(person) if verdict == "signed" else objected(person)
                for person, verdict in zip(people, said, strict=True)
                if verdict
            ]
            enough = said.count("signed") >= (3 if unanimous else quorum)
            met = judged(asked, *words, holders=people).state == "met"
            assert met == (enough and "objected" not in said), (quorum, unanimous, said)
            seats = {word.seat for word in words}
            in_all = len(seats) >= (3 if unanimous else quorum)
            assert all_in(asked, seats, [person.id for person in people]) == in_all


def test_facts_kept_before_there_were_several_voices_are_judged_as_then() -> None:
    facts = facts_ready_for(2)
    kept = facts.canonical()
    for name in ("unopened", "holders"):
        del kept[name]
    for word in kept["sign_offs"].values():
        for name in ("stood_for", "answer", "beside"):
            del word[name]
    kept["sign_offs"]["operations"] = {**kept["sign_offs"]["operations"], "verdict": "objected"}
    read = Facts.from_canonical(plain(kept), at=facts.at, deciders=facts.deciders)
    (blocker,) = evaluate(standard(), read).blockers
    assert (blocker.id, blocker.coverable) == ("sign_off:operations", True)


def test_what_is_kept_now_is_read_back_the_same() -> None:
    word = replace(objected(LENA), beside=(signed(OTTO, RUTH),))
    facts = facts_ready_for(
        2, sign_offs={"operations": word}, unopened={"change": 1}, holders={"change": (LENA,)}
    )
    read = Facts.from_canonical(plain(facts.canonical()), at=facts.at, deciders=facts.deciders)
    assert (read.sign_offs, read.unopened, read.holders) == (
        facts.sign_offs,
        facts.unopened,
        facts.holders,
    )


def test_a_playbook_may_ask_for_more_voices_and_never_for_fewer() -> None:
    tighter = asking({"operations": {"quorum": 2}, "security": {"unanimous": True}})
    assert problems(standard(), tighter) == []
    says = [problem.says for problem in problems(tighter, standard())]
    assert says == [
        "Security: everybody of the remit must sign off stays on, as in the standard.",
        "Operations: people who must sign off stays at least 2, as in the standard.",
    ]
