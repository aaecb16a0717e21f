"""What an initiative shares, as the people who work on it list it and answer for it."""

import html
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from gates.models import Rollout
from initiatives.models import Dependency, Fault, FaultAnswer, Initiative, Reliance
from tests.factories import (
    make_dependency,
    make_fault,
    make_initiative,
    make_passed,
    make_rollout,
    make_source,
)

pytestmark = pytest.mark.django_db

NEW = {
    "part": "new",
    "new-kind": "vendor",
    "new-name": "Acme Speech",
    "new-used_for": "Reading letters",
    "new-owner": "Procurement",
}


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/dependencies/"


@pytest.fixture
def owner(maya: User) -> Client:
    client = Client()
    client.force_login(maya)
    return client


@pytest.fixture
def elsewhere(devin: User, hannah: User) -> Initiative:
    initiative = make_initiative(owner=devin, by=hannah)
    make_rollout(initiative, by=hannah)
    initiative.refresh_from_db()
    return initiative


@pytest.fixture
def vendor(rollout: Rollout, elsewhere: Initiative, maya: User) -> Dependency:
    return make_dependency(elsewhere, rollout.initiative, by=maya, name="Acme Speech")


def read(client: Client, url: str) -> str:
    return html.unescape(client.get(url).content.decode())


def sent(client: Client, url: str, typed: dict[str, Any], status: int = 302) -> str:
    answer = client.post(url, typed)
    assert answer.status_code == status, answer.content.decode()
    return html.unescape(answer.content.decode())


def test_something_new_is_named_and_listed(owner: Client, url: str, rollout: Rollout) -> None:
    assert "Nothing is listed" in read(owner, url)
    sent(owner, url, NEW)
    row = Reliance.objects.get(initiative=rollout.initiative)
    assert (row.dependency.kind, row.dependency.owner) == ("vendor", "Procurement")
    page = read(owner, url)
    assert "Acme Speech: listed." in page
    assert "Reading letters" in page
    assert "0 initiatives" in page


def test_what_others_rely_on_is_chosen_from_a_list(
    owner: Client, url: str, elsewhere: Initiative, devin: User, rollout: Rollout
) -> None:
    vendor = make_dependency(elsewhere, by=devin, name="Acme Speech")
    assert "Acme Speech (vendor)" in read(owner, url)
    typed = {"part": "known", "known-dependency": vendor.pk, "known-used_for": "Letters"}
    sent(owner, url, typed)
    page = read(owner, url)
    assert "1 initiative<" in page
    assert "Acme Speech (vendor)" not in page
    assert "Choose one of those listed" in sent(owner, url, typed, 422)


def test_a_name_that_looks_like_a_known_one_is_pointed_out_and_what_was_typed_is_kept(
    owner: Client, url: str, elsewhere: Initiative, devin: User, rollout: Rollout
) -> None:
    vendor = make_dependency(elsewhere, by=devin, name="Acme Speech Ltd")
    page = sent(owner, url, NEW, 422)
    assert "Is it one of these?" in page
    assert "Acme Speech Ltd" in page
    assert page.count('value="Reading letters"') == 2  # taken over with either
    assert not Reliance.objects.filter(initiative=rollout.initiative).exists()
    sent(owner, url, {**NEW, "new-none_of": f"{vendor.pk} "})
    assert Dependency.objects.count() == 2


def test_what_is_known_under_this_very_name_is_not_named_twice(
    owner: Client, url: str, vendor: Dependency
) -> None:
    page = sent(owner, url, {**NEW, "new-name": "acme speech"}, 422)
    assert "listed here already" in page
    typed = {**NEW, "new-name": "acme speech", "new-none_of": f"{vendor.pk}"}
    assert "the vendor Acme Speech is known already" in sent(owner, url, typed, 422)


def test_a_source_system_that_others_share_is_listed_by_one_click(
    owner: Client, url: str, elsewhere: Initiative, devin: User, maya: User, rollout: Rollout
) -> None:
    shared = make_dependency(elsewhere, by=devin, kind="data_source", name="Case register")
    make_dependency(elsewhere, by=devin, kind="team", name="Records")
    make_source(rollout.initiative, by=maya, name="CASE REGISTER")
    make_source(rollout.initiative, by=maya, name="Records")
    page = read(owner, url)
    assert "List Case register" in page
    assert "List Records" not in page
    typed = {
        "part": "known",
        "known-dependency": shared.pk,
        "known-used_for": "A source system of production",
    }
    sent(owner, url, typed)
    assert "List Case register" not in read(owner, url)


def test_a_failure_found_here_asks_the_others_and_is_mended_here(
    url: str, vendor: Dependency, elsewhere: Initiative, rollout: Rollout, devin: User,
    owner: Client, people: dict[str, Any],
) -> None:  # fmt: skip
    make_passed(rollout, gates=1, **people)
    there = Client()
    there.force_login(devin)
    page = f"/initiatives/{elsewhere.reference}/dependencies/"
    assert "1 other initiative relies on it" in read(there, f"{page}{vendor.pk}/")
    sent(there, f"{page}{vendor.pk}/", {"text": "", "mode": "integration"}, 422)
    sent(there, f"{page}{vendor.pk}/", {"text": "Late at noon", "mode": "integration"})
    fault = Fault.objects.get()
    assert "Failed here" in read(there, page)
    told = read(owner, url)
    assert "Failed elsewhere" in told
    assert "Nobody has said yet what it means here" in told
    overview = read(owner, rollout.initiative.get_absolute_url())
    assert "Acme Speech failed elsewhere" in overview
    assert f"{url}failures/{fault.pk}/" in overview
    sent(there, f"{page}failures/{fault.pk}/", {"note": ""}, 422)
    sent(there, f"{page}failures/{fault.pk}/", {"note": "A larger plan."})
    told = read(owner, url)
    assert "Failed elsewhere" not in told
    assert "A larger plan." in told
    assert "Mended" in read(owner, f"{url}failures/{fault.pk}/")


def test_a_failure_found_elsewhere_is_answered_here_from_the_task_list(
    owner: Client, url: str, vendor: Dependency, elsewhere: Initiative, rollout: Rollout,
    devin: User, maya: User, people: dict[str, Any],
) -> None:  # fmt: skip
    make_passed(rollout, gates=1, **people)
    fault = make_fault(vendor, elsewhere, by=devin)
    review = f"{rollout.initiative.get_absolute_url()}review/"
    owner.post(review)
    assert f"{url}failures/{fault.pk}/" in read(owner, review)
    sent(owner, f"{url}failures/{fault.pk}/", {"verdict": "handled", "text": ""}, 422)
    sent(owner, f"{url}failures/{fault.pk}/", {"verdict": "handled", "text": "A second vendor."})
    answer = FaultAnswer.objects.get()
    assert (answer.verdict, answer.answered_by) == ("handled", maya)
    page = read(owner, url)
    assert "A second vendor." in page
    assert "Answer anew" in page
    assert "A second vendor." in read(owner, f"{url}failures/{fault.pk}/")


def test_the_history_tells_all_of_it(
    owner: Client, url: str, vendor: Dependency, elsewhere: Initiative, devin: User,
    rollout: Rollout,
) -> None:  # fmt: skip
    make_fault(vendor, elsewhere, by=devin, text="Late at noon")
    history = read(owner, f"{rollout.initiative.get_absolute_url()}history/")
    assert "Relies on the vendor Acme Speech" in history
    assert f"Acme Speech failed in {elsewhere.reference}: Late at noon" in history


def test_what_fails_is_not_taken_off_before_it_is_answered(
    owner: Client, url: str, vendor: Dependency, elsewhere: Initiative, devin: User
) -> None:
    fault = make_fault(vendor, elsewhere, by=devin)
    page = owner.post(f"{url}{vendor.pk}/", {"remove": "1"}, follow=True).content.decode()
    assert "say what its failure means here before you take it off" in page
    sent(owner, f"{url}failures/{fault.pk}/", {"verdict": "no_concern", "text": "Unused."})
    sent(owner, f"{url}{vendor.pk}/", {"remove": "1"})
    assert "taken off; the history keeps it." in read(owner, url)
    assert owner.get(f"{url}{vendor.pk}/").status_code == 404
    assert owner.get(f"{url}failures/{fault.pk}/").status_code == 404


def test_who_sees_one_initiative_is_led_to_no_other(
    owner: Client, url: str, vendor: Dependency, elsewhere: Initiative, devin: User, hannah: User
) -> None:
    make_fault(vendor, elsewhere, by=devin)
    link = f'href="/initiatives/{elsewhere.reference}/"'
    assert elsewhere.reference in read(owner, url)
    assert link not in read(owner, url)
    office = Client()
    office.force_login(hannah)
    assert link in read(office, url)
