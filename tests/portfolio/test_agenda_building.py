"""What is on an agenda and in which order, for whatever waits and however short the time is."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from playbook.rules import MeetingRules
from portfolio.meeting.building import Candidate, Readiness, build

RULES = MeetingRules(ready_minutes=10, conditions_minutes=20, blocked_minutes=15)


def waiting(review: int, readiness: Readiness = Readiness.READY, **fields: object) -> Candidate:
    return Candidate(review=review, readiness=readiness, **{"days": 3, **fields})  # type: ignore[arg-type]


def order(*candidates: Candidate, minutes: int = 480) -> list[int]:
    return [each.candidate.review for each in build(candidates, minutes, RULES).placed]


def test_what_is_ready_stands_before_what_needs_conditions_and_that_before_what_cannot_go() -> None:
    assert order(
        waiting(1, Readiness.BLOCKED, money=Decimal(900)),
        waiting(2, Readiness.CONDITIONS, money=Decimal(500)),
        waiting(3, value=1),
    ) == [3, 2, 1]


def test_money_stands_before_a_score_and_more_of_either_before_less() -> None:
    assert order(
        waiting(1, value=5),
        waiting(2, value=2),
        waiting(3),
        waiting(4, money=Decimal(80), value=1),
        waiting(5, money=Decimal(90), value=1),
    ) == [5, 4, 1, 2, 3]


def test_of_equals_what_has_waited_longest_stands_first() -> None:
    assert order(waiting(1, days=2), waiting(2, days=9), waiting(3, days=9)) == [2, 3, 1]


def test_each_is_given_the_minutes_that_the_playbook_says() -> None:
    agenda = build([waiting(1 + kind, kind) for kind in Readiness], 45, RULES)
    assert [placed.minutes for placed in agenda.placed] == [10, 20, 15]
    assert not agenda.left_out


def test_what_does_not_fit_is_left_out_with_the_reason_and_leaves_room_for_what_does() -> None:
    conditions, blocked = waiting(1, Readiness.CONDITIONS), waiting(2, Readiness.BLOCKED)
    agenda = build([conditions, blocked, waiting(3, Readiness.BLOCKED)], 15, RULES)
    assert [placed.candidate for placed in agenda.placed] == [blocked]
    assert [(left.candidate.review, left.reason) for left in agenda.left_out] == [
        (1, "It needs 20 minutes, and 15 were left."),
        (3, "It needs 15 minutes, and none was left."),
    ]


def test_what_nobody_may_decide_is_left_out_however_much_time_there_is() -> None:
    agenda = build([waiting(1, Readiness.BLOCKED, decidable=False)], 480, RULES)
    assert not agenda.placed
    assert agenda.left_out[0].reason.startswith("Nobody may decide it.")


FIELDS = st.tuples(
    st.sampled_from(Readiness),
    st.integers(0, 40),
    st.decimals(0, 10, places=0),
    st.none() | st.integers(1, 5),
    st.booleans(),
)


@st.composite
def many(draw: st.DrawFn) -> list[Candidate]:
    rows = draw(st.lists(FIELDS, max_size=12))
    return [
        Candidate(review, readiness, days, money, "USD", value, decidable)
        for review, (readiness, days, money, value, decidable) in enumerate(rows, start=1)
    ]


MINUTES = st.builds(
    MeetingRules,
    ready_minutes=st.integers(1, 30),
    conditions_minutes=st.integers(1, 30),
    blocked_minutes=st.integers(1, 30),
)


@given(many(), st.integers(0, 200), MINUTES)
def test_it_never_takes_more_than_the_minutes_there_are(
    candidates: list[Candidate], minutes: int, rules: MeetingRules
) -> None:
    agenda = build(candidates, minutes, rules)
    assert sum(placed.minutes for placed in agenda.placed) <= minutes
    named = [each.candidate.review for each in (*agenda.placed, *agenda.left_out)]
    assert sorted(named) == [each.review for each in candidates]


@given(many(), st.integers(0, 200), MINUTES)
def test_nothing_is_left_out_that_would_have_fitted_in_its_turn(
    candidates: list[Candidate], minutes: int, rules: MeetingRules
) -> None:
    agenda = build(candidates, minutes, rules)
    for left in agenda.left_out:
        before = [p for p in agenda.placed if p.candidate.turn < left.candidate.turn]
        taken = sum(placed.minutes for placed in before)
        fits = taken + left.candidate.minutes(rules) <= minutes
        assert not (fits and left.candidate.decidable)


@given(many(), st.integers(0, 200), MINUTES, st.randoms())
def test_the_order_is_total_and_does_not_hang_on_how_they_come(
    candidates: list[Candidate], minutes: int, rules: MeetingRules, dice: object
) -> None:
    agenda = build(candidates, minutes, rules)
    turns = [placed.candidate.turn for placed in agenda.placed]
    assert turns == sorted(set(turns))
    shuffled = list(candidates)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert build(shuffled, minutes, rules) == agenda
