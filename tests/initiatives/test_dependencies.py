"""What initiatives share: listed once, taken off when nothing waits, failures told to everybody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.models import Event
from audit.services import verify
from initiatives.dependencies import (
    answer_fault,
    mend_fault,
    name_and_rely_on,
    rely_on,
    take_off,
)
from initiatives.errors import Refused
from initiatives.models import Dependency, Fault, FaultAnswer, Initiative, Reliance
from initiatives.similar import similar_names
from tests.factories import NOW, make_dependency, make_fault, make_initiative

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def first(maya: User) -> Initiative:
    return make_initiative(owner=maya)


@pytest.fixture
def second(maya: User) -> Initiative:
    return make_initiative(owner=maya)


@pytest.fixture
def vendor(first: Initiative, second: Initiative, maya: User) -> Dependency:
    return make_dependency(first, second, by=maya, name="Acme Speech")


def name(initiative: Initiative, by: User, **said: str) -> Reliance:
    named: dict[str, Any] = {
        "kind": "vendor",
        "name": "Acme Speech",
        "owner": "",
        "note": "",
        "used_for": "Reading letters",
        **said,
    }
    return name_and_rely_on(initiative=initiative, by=by, at=NOW, **named)


def verbs(initiative: Initiative) -> list[str]:
    events = Event.objects.of(initiative.chain).filter(verb__startswith="dependency.")
    return list(events.order_by("seq").values_list("verb", flat=True))


def test_a_name_is_given_once_in_each_kind_whatever_its_case(
    vendor: Dependency, second: Initiative, maya: User
) -> None:
    with pytest.raises(Refused, match="the vendor Acme Speech is known already"):
        name(second, maya, name=" ACME speech ")
    assert name(second, maya, name="Acme Speech", kind="platform").dependency != vendor
    row = {"named_by": maya, "named_at": NOW}
    with pytest.raises(IntegrityError), transaction.atomic():
        Dependency.objects.create(kind="vendor", name="acme SPEECH", **row)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [({"name": "  "}, "Name: say what"), ({"used_for": " "}, "Used for: say in a few words")],
)
def test_nothing_is_named_without_a_name_and_a_use(
    said: dict[str, str], refusal: str, first: Initiative, maya: User
) -> None:
    with pytest.raises(Refused, match=refusal):
        name(first, maya, **said)
    assert not Dependency.objects.exists()


def test_an_initiative_lists_a_thing_once(
    vendor: Dependency, first: Initiative, maya: User
) -> None:
    with pytest.raises(Refused, match="is listed already"):
        rely_on(initiative=first, dependency=vendor, used_for="Again", by=maya, at=NOW)
    assert verbs(first) == ["dependency.listed"]


def test_names_that_look_alike_are_found_in_any_kind_the_most_alike_first(
    vendor: Dependency, first: Initiative, maya: User
) -> None:
    make_dependency(first, by=maya, kind="platform", name="Acme Speech Platform")
    make_dependency(first, by=maya, kind="team", name="Records desk")
    found = similar_names("acme  speeches", among=Dependency.objects.all())
    assert [each.name for each in found] == ["Acme Speech", "Acme Speech Platform"]
    assert similar_names("Weather service", among=Dependency.objects.all()) == []


def test_a_failure_is_an_event_in_every_history_and_progress_only_where_it_was_found(
    vendor: Dependency, first: Initiative, second: Initiative, maya: User, hannah: User
) -> None:
    aside = make_initiative(owner=maya)
    fault = make_fault(vendor, first, by=hannah, at=LATER)
    assert verbs(first)[-1] == "dependency.failed"
    assert verbs(second)[-1] == "dependency.failed_elsewhere"
    assert verbs(aside) == []
    told = Event.objects.of(second.chain).get(verb="dependency.failed_elsewhere")
    assert told.data["found_in"] == first.reference
    assert first.reference in told.summary
    assert Initiative.objects.get(pk=first.pk).touched_at == LATER
    assert Initiative.objects.get(pk=second.pk).touched_at == NOW
    mend_fault(fault=fault, note="A larger plan was bought.", by=hannah, at=LATER)
    assert verbs(second)[-1] == "dependency.mended_elsewhere"
    assert verify()[1] == []


def test_a_failure_costs_the_same_queries_however_many_rely_on_it(
    vendor: Dependency, first: Initiative, maya: User
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            make_fault(vendor, first, by=maya)
        return len(captured)

    few = cost()
    for _ in range(12):
        other = make_initiative(owner=maya)
        rely_on(initiative=other, dependency=vendor, used_for="Answers", by=maya, at=NOW)
    assert cost() == few


def test_a_failure_is_recorded_where_the_thing_is_listed(vendor: Dependency, maya: User) -> None:
    with pytest.raises(Refused, match="list it among the dependencies"):
        make_fault(vendor, make_initiative(owner=maya), by=maya)
    assert not Fault.objects.exists()


def test_a_failure_is_mended_once_and_with_words(
    vendor: Dependency, first: Initiative, maya: User
) -> None:
    fault = make_fault(vendor, first, by=maya)
    with pytest.raises(Refused, match="How it was mended"):
        mend_fault(fault=fault, note=" ", by=maya, at=NOW)
    mend_fault(fault=fault, note="A larger plan.", by=maya, at=NOW)
    with pytest.raises(Refused, match="mended already"):
        mend_fault(fault=fault, note="Again.", by=maya, at=NOW)


def test_an_answer_takes_the_place_of_the_one_before_and_the_history_keeps_both(
    vendor: Dependency, first: Initiative, second: Initiative, maya: User, devin: User
) -> None:
    fault = make_fault(vendor, first, by=maya)
    said: dict[str, Any] = {"fault": fault, "initiative": second, "at": NOW}
    answer_fault(verdict="no_concern", text="We read at night.", by=maya, **said)
    answer_fault(verdict="handled", text="A second vendor.", by=devin, **said)
    answer = FaultAnswer.objects.get()
    assert (answer.verdict, answer.answered_by) == ("handled", devin)
    assert verbs(second).count("dependency.answered") == 2


def test_who_may_not_answer(
    vendor: Dependency, first: Initiative, second: Initiative, maya: User
) -> None:
    fault = make_fault(vendor, first, by=maya)

    def answer(initiative: Initiative, text: str = "A second vendor.") -> None:
        answer_fault(
            fault=fault, initiative=initiative, verdict="handled", text=text, by=maya, at=NOW
        )

    with pytest.raises(Refused, match="say it in a sentence"):
        answer(second, text=" ")
    with pytest.raises(Refused, match="was found here"):
        answer(first)
    with pytest.raises(Refused, match="does not rely on it"):
        answer(make_initiative(owner=maya))
    mend_fault(fault=fault, note="A larger plan.", by=maya, at=NOW)
    with pytest.raises(Refused, match="mended already"):
        answer(second)


def test_nobody_looks_away_from_a_failure_by_taking_the_thing_off(
    vendor: Dependency, first: Initiative, second: Initiative, maya: User
) -> None:
    fault = make_fault(vendor, first, by=maya)
    here, there = (vendor.reliances.get(initiative=each) for each in (first, second))
    with pytest.raises(Refused, match="say what its failure means here"):
        take_off(reliance=there, by=maya, at=NOW)
    answer_fault(
        fault=fault, initiative=second, verdict="no_concern", text="Unused.", by=maya, at=NOW
    )
    take_off(reliance=there, by=maya, at=NOW)
    assert verbs(second)[-1] == "dependency.taken_off"
    with pytest.raises(Refused, match="say how its failure was mended"):
        take_off(reliance=here, by=maya, at=NOW)
    mend_fault(fault=fault, note="A larger plan.", by=maya, at=NOW)
    take_off(reliance=here, by=maya, at=NOW)
    assert not vendor.reliances.exists()
