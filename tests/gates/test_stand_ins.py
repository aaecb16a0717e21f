"""Standing in for a reviewer: on which days, for whom, and never for one's own work."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError

from accounts.models import User
from accounts.roles import Remit, Role
from audit.models import Event
from gates.case import case_of
from gates.models import Delegation, Review, Rollout, SignOff
from gates.services.delegations import end_delegation
from gates.services.reviews import answer_criterion
from initiatives.errors import NotAllowed, Refused
from initiatives.models import Initiative
from initiatives.services import assign_people, set_contributors
from playbook.facts import Person
from tests.factories import NOW, make_evidence, make_user
from tests.gates.voicing import TODAY, finding_of, make_waiting, publish_asking, say, stand_in

TOMORROW = TODAY + timedelta(days=1)
HATS = ("owner", "submitter", "author")


@pytest.fixture
def vera(db: None) -> User:
    """Stands in for others; sees every initiative and holds no remit."""
    return make_user("Vera Stein", Role.EXECUTIVE)


@pytest.fixture
def review(maya: User, devin: User, carol: User) -> Review:
    publish_asking({"funding": {"quorum": 2}})
    return make_waiting(owner=maya, verifier=devin, sponsor=carol)


def test_a_stand_in_signs_on_the_days_and_the_sign_off_says_for_whom(
    review: Review, aiko: User, vera: User
) -> None:
    with pytest.raises(NotAllowed):
        say(review, "business", vera)
    made = stand_in(aiko, "business", vera)
    given = say(review, "business", vera)
    assert given.delegation == made
    assert finding_of(review, "business").text == "Signed by Vera Stein for Aiko Tanaka."
    assert Event.objects.get(verb="review.signed_off").summary == (
        "Gate 0, business: signed off, for Aiko Tanaka"
    )
    with pytest.raises(NotAllowed):
        say(review, "funding", vera)


@pytest.mark.parametrize(
    ("first", "last"),
    [(TOMORROW, TOMORROW), (TODAY - timedelta(days=2), TODAY - timedelta(days=1))],
)
def test_before_the_first_day_and_after_the_last_nobody_stands_in(
    review: Review, aiko: User, vera: User, first: date, last: date
) -> None:
    Delegation.objects.create(
        remit="business",
        delegate_from=aiko,
        delegate_to=vera,
        first_day=first,
        last_day=last,
        made_by=aiko,
        made_at=NOW,
    )
    with pytest.raises(NotAllowed):
        say(review, "business", vera)


def test_what_was_signed_stays_when_a_delegation_ends_and_nothing_more_is_signed(
    review: Review, aiko: User, vera: User
) -> None:
    made = stand_in(aiko, "business", vera)
    say(review, "business", vera)
    end_delegation(delegation=made, by=aiko, at=NOW)
    assert finding_of(review, "business").state == "met"
    with pytest.raises(NotAllowed):
        say(review, "business", vera, "objected")


def test_whoever_lost_the_remit_or_left_has_no_stand_in(
    review: Review, aiko: User, vera: User
) -> None:
    stand_in(aiko, "business", vera)
    User.objects.filter(pk=aiko.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        say(review, "business", vera)
    User.objects.filter(pk=aiko.pk).update(is_active=True)
    aiko.grants.filter(remit="business").delete()
    with pytest.raises(NotAllowed):
        say(review, "business", vera)


def test_a_reviewer_and_their_stand_in_do_not_make_a_quorum(
    review: Review, aiko: User, vera: User
) -> None:
    stand_in(aiko, "funding", vera)
    say(review, "funding", vera)
    say(review, "funding", aiko)
    assert SignOff.objects.filter(remit="funding").count() == 2
    assert finding_of(review, "funding").text.startswith("1 of 2 voices in")
    with pytest.raises(Refused, match="has a voice in this already"):
        say(review, "funding", vera)


def test_whoever_stands_in_for_two_has_one_voice(review: Review, aiko: User, vera: User) -> None:
    otto = make_user("Otto Lindt", remits=[Remit.FUNDING])
    stand_in(aiko, "funding", vera)
    stand_in(otto, "funding", vera)
    say(review, "funding", vera)
    say(review, "funding", vera)
    assert finding_of(review, "funding").state == "waiting"
    assert case_of(review.rollout, at=NOW).facts.asked["funding"] == (
        Person(otto.pk, "Otto Lindt"),
    )
    say(review, "funding", otto)
    assert finding_of(review, "funding").text == (
        "2 of 2 signed: Vera Stein for Aiko Tanaka and Otto Lindt."
    )


def test_only_the_reviewer_and_the_administrator_name_and_end(
    aiko: User, vera: User, hannah: User, ada: User, lena: User
) -> None:
    for other in (hannah, vera, lena):
        with pytest.raises(NotAllowed):
            stand_in(aiko, "funding", vera, by=other)
    made = stand_in(aiko, "funding", vera, by=ada)
    with pytest.raises(NotAllowed):
        end_delegation(delegation=made, by=vera, at=NOW)
    end_delegation(delegation=made, by=ada, at=NOW)
    assert list(Event.objects.filter(data__user=aiko.pk).values_list("verb", flat=True)) == [
        "delegation.made",
        "delegation.ended",
    ]


def test_a_delegation_that_could_not_serve_is_refused_with_what_to_change(
    aiko: User, vera: User, oscar: User
) -> None:
    otto = make_user("Otto Lindt", remits=[Remit.FUNDING])
    for words, change in (
        ("For: ", {"remit": "security"}),
        ("Stand-in: choose somebody else", {"person": aiko}),
        ("in their own name", {"person": otto}),
        ("cannot open every initiative", {"person": oscar}),
        ("choose the first day or a later", {"last": TODAY - timedelta(days=1)}),
        (
            "choose today or a later",
            {"first": TODAY - timedelta(days=2), "last": TODAY - timedelta(days=1)},
        ),
    ):
        with pytest.raises(Refused, match=words):
            stand_in(**{"reviewer": aiko, "remit": "funding", "person": vera, **change})
    stand_in(aiko, "funding", vera)
    with pytest.raises(Refused, match="stands in until"):
        stand_in(aiko, "funding", make_user("Nina Roth", Role.EXECUTIVE), first=TOMORROW)


def test_the_database_refuses_what_a_row_can_show(review: Review, aiko: User, vera: User) -> None:
    made = stand_in(aiko, "business", vera)
    for fields in (
        {"delegate_to": aiko},
        {"last_day": TODAY - timedelta(days=1)},
        {"ended_at": NOW},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delegation.objects.filter(pk=made.pk).update(**fields)
    for wrong in (
        {"remit": "funding"},
        {"given_by": aiko},
        {"given_at": NOW + timedelta(days=30)},
    ):
        row = {"remit": "business", "given_by": vera, "given_at": NOW, **wrong}
        with pytest.raises(DatabaseError, match="on the days"), transaction.atomic():
            SignOff.objects.create(review=review, verdict="signed", delegation=made, **row)


# No self-approval, through no path.


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def put_on(person: User, hats: dict[str, bool], review: Review, maya: User) -> None:
    initiative = Initiative.objects.get(pk=review.rollout.initiative_id)
    if hats["owner"]:
        assign_people(initiatives=[initiative], owner=person, by=maya, at=NOW)
    if hats["submitter"]:
        Review.objects.filter(pk=review.pk).update(submitted_by=person)
    if hats["author"]:
        answer_criterion(
            rollout=review.rollout,
            criterion=review.rollout.playbook.parsed.gate(0).criteria[0],
            verdict="met",
            note="Measured.",
            evidence=make_evidence(initiative, by=person),
            days_valid=None,
            by=maya,
            at=NOW,
        )
    if hats["contributor"]:
        set_contributors(initiative=initiative, people=[person], by=maya, at=NOW)


def may_speak(person: User, hats: dict[str, bool], aiko: User) -> User:
    """The person with the rights of these hats, read anew."""
    if hats["delegate"]:
        stand_in(aiko, "business", person)
    if hats["holder"]:
        person.grants.create(role=Role.REVIEWER, remit="business")
    return User.objects.get(pk=person.pk)


def counts(review: Review, person: User) -> bool:
    facts = case_of(Rollout.objects.get(pk=review.rollout_id), at=NOW).facts
    given = facts.sign_offs.get("business")
    return given is not None and any(person.pk in word.whose for word in given.all)


def test_no_mix_of_parts_approves_its_own_work(
    review: Review, maya: User, aiko: User, vera: User
) -> None:
    """Over every mix of owner, submitter, author, contributor, stand-in and reviewer, the parts
    taken before the signature and after it."""
    names = (*HATS, "contributor", "delegate", "holder")
    for worn in product((False, True), repeat=len(names)):
        hats = dict(zip(names, worn, strict=True))
        entitled = hats["delegate"] or hats["holder"]
        fit = entitled and not any(hats[name] for name in HATS)
        with undone():
            person = may_speak(vera, hats, aiko)
            put_on(person, hats, review, maya)
            try:
                say(review, "business", person)
                signed = True
            except (Refused, NotAllowed):
                signed = False
            assert (signed, counts(review, person)) == (fit, fit), hats
        if entitled:
            with undone():
                person = may_speak(vera, hats, aiko)
                say(review, "business", person)
                put_on(person, hats, review, maya)
                assert counts(review, person) == fit, hats


@pytest.mark.parametrize("hat", HATS)
def test_nobody_signs_in_the_place_of_somebody_with_a_hand_in_it(
    review: Review, maya: User, aiko: User, vera: User, hat: str
) -> None:
    hats = {name: name == hat for name in (*HATS, "contributor")}
    stand_in(aiko, "business", vera)
    with undone():
        put_on(aiko, hats, review, maya)
        assert not case_of(review.rollout, at=NOW).facts.asks(vera.pk, "business")
        with pytest.raises(Refused, match="nobody signs in their place"):
            say(review, "business", vera)
    say(review, "business", vera)
    put_on(aiko, hats, review, maya)
    assert not counts(review, aiko)
    say(review, "business", make_user("Bo Lang", remits=[Remit.BUSINESS]))
    assert finding_of(review, "business").text == "Signed by Bo Lang."


def test_taking_a_part_in_the_work_takes_no_objection_away(
    review: Review, maya: User, aiko: User
) -> None:
    say(review, "business", aiko, "objected")
    put_on(
        aiko,
        {"owner": True, "submitter": False, "author": False, "contributor": False},
        review,
        maya,
    )
    assert finding_of(review, "business").state == "not_met"
