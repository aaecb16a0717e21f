"""Several voices, objections and stand-ins, as people meet them on the pages."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Remit, Role
from gates.models import Delegation, Review, SignOff
from gates.services.reviews import withdraw_review
from gates.services.sign_offs import answer_objection
from initiatives.services import set_contributors
from reminders.models import Sending
from reminders.services import claim_due
from tests.factories import NOW, make_user
from tests.gates.voicing import TODAY, finding_of, make_waiting, publish_asking, say, stand_in

SECRET = "The budget line is a guess."


@pytest.fixture(autouse=True)
def _then(time_machine: time_machine.TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def otto(db: None) -> User:
    """Also reviews funding."""
    return make_user("Otto Lindt", remits=[Remit.FUNDING])


@pytest.fixture
def vera(db: None) -> User:
    """Stands in for others; sees every initiative and holds no remit."""
    return make_user("Vera Stein", Role.EXECUTIVE)


@pytest.fixture
def review(maya: User, devin: User, carol: User, hannah: User, otto: User) -> Review:
    """Waits at a gate that takes two voices of funding."""
    publish_asking({"funding": {"quorum": 2}})
    made = make_waiting(owner=maya, verifier=devin, sponsor=carol)
    people = [devin]
    set_contributors(initiative=made.rollout.initiative, people=people, by=maya, at=NOW)
    return made


def url(name: str, review: Review, *args: object) -> str:
    return reverse(f"gates:{name}", args=[review.rollout.initiative.reference, *args])


def page(client: Client, person: User, address: str) -> str:
    client.force_login(person)
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, (person, address)
    return answer.content.decode()


def pages_of(review: Review) -> list[str]:
    """Where sign-offs are told of."""
    names = ("initiative", "review", "submit", "decide", "history")
    lists = ("inbox", "decisions", "table", "dashboard")
    return [
        *(url(name, review) for name in names),
        *(reverse(f"portfolio:{name}") for name in lists),
    ]


def test_nobody_but_who_gave_it_reads_a_voice_before_all_are_in(
    review: Review,
    client: Client,
    aiko: User,
    otto: User,
    maya: User,
    carol: User,
    hannah: User,
) -> None:
    client.force_login(aiko)
    address = url("sign_off", review, "funding")
    client.post(address, {"verdict": "objected", "note": SECRET})
    for person in (otto, maya, carol, hannah, aiko):
        for each in pages_of(review):
            client.force_login(person)
            answer = client.get(each)
            if answer.status_code == 200:
                html = answer.content.decode()
                assert SECRET not in html, (person, each)
                assert "funding and ownership: objected" not in html.lower(), (person, each)
                assert "Funding and ownership objects" not in html, (person, each)
    mine = page(client, aiko, address)
    assert SECRET in mine
    other = page(client, otto, address)
    assert SECRET not in other
    assert "1 of 2 voices in; they stay closed until all are." in other
    history = page(client, carol, url("history", review))
    assert "funding and ownership: a voice is in, 1 so far" in history

    client.force_login(otto)
    client.post(address, {"verdict": "signed", "note": ""})
    assert SECRET in page(client, maya, url("review", review))
    history = page(client, carol, url("history", review))
    assert "funding and ownership: objected, 1 so far" in history
    assert "funding and ownership: signed off, 2 so far" in history


def test_a_closed_voice_is_read_once_the_review_closes(
    review: Review, client: Client, aiko: User, maya: User
) -> None:
    say(review, "funding", aiko, "objected", SECRET)
    withdraw_review(review=review, by=maya, at=NOW)
    assert "funding and ownership: objected" in page(client, maya, url("history", review))


def test_no_mail_tells_of_a_voice_and_only_who_may_speak_is_asked(
    review: Review, aiko: User, otto: User, vera: User
) -> None:
    stand_in(otto, "funding", vera)
    say(review, "funding", aiko, "objected", SECRET)
    claim_due(at=NOW)
    asked = Sending.objects.filter(rule="sign_off")
    assert {(s.recipient.name, "funding" in s.text) for s in asked} == {
        ("Aiko Tanaka", False),
        ("Otto Lindt", True),
        ("Vera Stein", True),
    }
    assert not [s for s in Sending.objects.all() if SECRET in s.text]
    say(review, "funding", otto)
    Sending.objects.all().delete()
    claim_due(at=NOW)
    assert [s.recipient.name for s in asked.all()] == ["Aiko Tanaka"]  # for business alone
    assert not mail.outbox


def acts(client: Client, person: User) -> list[tuple[str, str]]:
    client.force_login(person)
    listed = client.get(reverse("portfolio:inbox")).context["waiting"]
    return [act for each in listed for act in each.acts]


def test_the_inbox_asks_each_reviewer_until_enough_have_spoken(
    review: Review, client: Client, aiko: User, otto: User
) -> None:
    third = make_user("Ines Neu", remits=[Remit.FUNDING])
    assert [len(acts(client, person)) for person in (aiko, otto, third)] == [2, 1, 1]
    say(review, "funding", aiko)
    assert [len(acts(client, person)) for person in (aiko, otto, third)] == [1, 1, 1]
    say(review, "funding", otto)
    assert [len(acts(client, person)) for person in (aiko, otto, third)] == [1, 0, 0]


def test_from_the_inbox_it_takes_two_clicks_to_sign_also_for_a_stand_in(
    review: Review, client: Client, aiko: User, vera: User
) -> None:
    stand_in(aiko, "business", vera)
    ((remit, address),) = acts(client, vera)
    answer = client.get(reverse("portfolio:inbox"))
    assert ("Inbox", 1) in [(i["label"], i["count"]) for i in answer.context["nav_items"]]
    assert "You stand in for Aiko Tanaka until" in answer.content.decode()
    assert remit == "Business"
    assert "You stand in for Aiko Tanaka until" in page(client, vera, address)
    client.post(address, {"verdict": "signed", "note": ""})
    assert finding_of(review, "business").text == "Signed by Vera Stein for Aiko Tanaka."
    assert acts(client, vera) == []
    answer = client.get(reverse("portfolio:inbox"))
    assert "Inbox" not in [item["label"] for item in answer.context["nav_items"]]
    assert "Vera Stein for Aiko Tanaka" in page(client, aiko, address)


def test_a_stand_in_whose_days_are_over_reads_and_signs_no_more(
    review: Review, client: Client, aiko: User, vera: User
) -> None:
    address = url("sign_off", review, "business")
    client.force_login(vera)
    assert client.get(address).status_code == 403
    assert client.post(address, {"verdict": "signed", "note": ""}).status_code == 403
    stand_in(aiko, "business", vera)
    client.post(address, {"verdict": "signed", "note": "Seen."})
    Delegation.objects.update(last_day=TODAY - timedelta(days=1), first_day=TODAY - timedelta(9))
    assert "You no longer stand in for anybody here" in page(client, vera, address)
    assert client.post(address, {"verdict": "objected", "note": "No."}).status_code == 403
    assert SignOff.objects.get().verdict == "signed"


def test_an_objection_is_answered_on_a_page_and_looked_at_again(
    review: Review, client: Client, aiko: User, devin: User, maya: User, lena: User
) -> None:
    objection = say(review, "business", aiko, "objected", "No baseline.")
    address = url("answer_objection", review, objection.pk)
    assert address in page(client, maya, url("review", review))
    client.force_login(lena)
    assert client.get(address).status_code == 403
    client.force_login(devin)
    assert "No baseline." in client.get(address).content.decode()
    empty = client.post(address, {"answer": " "})
    assert empty.status_code == 422
    assert "Say what was done" in empty.content.decode()
    answer = client.post(address, {"answer": "It is in the report."}, follow=True)
    assert "Aiko Tanaka is asked to look again." in answer.content.decode()

    assert ("Business", url("sign_off", review, "business")) in acts(client, aiko)
    assert "Business: answered, look again." in page(client, aiko, reverse("portfolio:inbox"))
    say(review, "funding", aiko)
    assert "Your objection is answered: look again" in page(client, aiko, url("review", review))
    assert "Look again: your objection is answered" in page(client, aiko, url("initiative", review))
    assert "It is in the report." in page(client, aiko, url("sign_off", review, "business"))
    client.post(url("sign_off", review, "business"), {"verdict": "signed", "note": ""})
    assert acts(client, aiko) == []
    client.force_login(maya)
    assert client.get(address).status_code == 404


def test_an_own_or_a_closed_objection_is_not_answered_on_the_page(
    review: Review, client: Client, aiko: User, otto: User, maya: User
) -> None:
    initiative = review.rollout.initiative
    set_contributors(initiative=initiative, people=[aiko], by=maya, at=NOW)
    objection = say(review, "funding", aiko, "objected", SECRET)
    address = url("answer_objection", review, objection.pk)
    client.force_login(maya)
    assert client.get(address).status_code == 404
    say(review, "funding", otto)
    client.force_login(aiko)
    refused = client.post(address, {"answer": "I was wrong."})
    assert (refused.status_code, "is yours" in refused.content.decode()) == (422, True)


def test_whoever_decides_reads_objection_and_answer(
    review: Review, client: Client, aiko: User, maya: User, carol: User
) -> None:
    objection = say(review, "business", aiko, "objected", "No baseline.")
    answer_objection(sign_off=objection, answer="It is in the report.", by=maya, at=NOW)
    html = page(client, carol, url("decide", review))
    assert "“No baseline.”" in html
    assert "Answered: “It is in the report.”" in html


def test_a_reviewer_names_a_stand_in_and_ends_it(client: Client, aiko: User, vera: User) -> None:
    address = reverse("gates:stand_ins")
    assert address in page(client, aiko, reverse("accounts:profile"))
    typed = {
        "remit": "funding",
        "stand_in": vera.pk,
        "first_day": TODAY.isoformat(),
        "last_day": (TODAY + timedelta(days=5)).isoformat(),
    }
    client.force_login(aiko)
    assert "Vera Stein stands in." in client.post(address, typed, follow=True).content.decode()
    again = client.post(address, typed)
    assert again.status_code == 422
    assert "End that first, or choose other days." in again.content.decode()
    assert "For Aiko Tanaka" in page(client, vera, address)
    made = Delegation.objects.get()
    end = reverse("gates:end_delegation", args=[made.pk])
    assert client.post(end).status_code == 403
    client.force_login(aiko)
    assert "What was signed stays." in client.post(end, follow=True).content.decode()
    made.refresh_from_db()
    assert (made.ended_by, made.ended_at) == (aiko, NOW)


def test_the_administrator_keeps_stand_ins_from_a_persons_page(
    client: Client, ada: User, aiko: User, vera: User
) -> None:
    address = reverse("gates:stand_ins_of", args=[aiko.pk])
    assert address in page(client, ada, reverse("accounts:person", args=[aiko.pk]))
    typed = {
        "remit": "business",
        "stand_in": vera.pk,
        "first_day": TODAY.isoformat(),
        "last_day": TODAY.isoformat(),
    }
    html = client.post(address, typed, follow=True).content.decode()
    assert "named by Ada Lindqvist" in html
    made = Delegation.objects.get()
    assert made.made_by == ada
    ended = client.post(reverse("gates:end_delegation", args=[made.pk]), follow=True)
    assert ended.redirect_chain[-1][0] == address


def test_who_signs_off_for_nothing_has_nobody_to_name(client: Client, maya: User) -> None:
    assert "so nobody has to stand in" in page(client, maya, reverse("gates:stand_ins"))
    assert client.post(reverse("gates:stand_ins")).status_code == 403
