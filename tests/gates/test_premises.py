"""The pilot's conditions beside production's, the assumptions that it tests, the architecture."""

import html

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.case import case_of
from gates.models import Rollout
from initiatives.models import Assumption, ConditionContrast
from tests.factories import make_assumption, make_passed

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/premises/"


@pytest.fixture
def owner(maya: User) -> Client:
    client = Client()
    client.force_login(maya)
    return client


def read(client: Client, url: str) -> str:
    return html.unescape(client.get(url).content.decode())


def findings(rollout: Rollout, kind: str) -> dict[str, str]:
    case = case_of(Rollout.objects.get(pk=rollout.pk), at=timezone.now())
    return {finding.key: finding.state for finding in case.evaluation.of(kind)}


WIDE = {
    "part": "contrasts",
    "users-pilot": "Twenty volunteers",
    "users-production": "Five hundred people, some unwilling",
    "users-distance": "wide",
}


def contrasts(rollout: Rollout, **typed: str) -> dict[str, str]:
    keys = [condition.key for condition in rollout.playbook.parsed.conditions]
    return {f"{key}-distance": "unknown" for key in keys} | WIDE | typed


def test_the_six_conditions_are_shown_with_what_each_open_distance_threatens(
    owner: Client, rollout: Rollout, url: str
) -> None:
    assert owner.post(url, contrasts(rollout)).status_code == 302
    row = ConditionContrast.objects.get()
    assert (row.condition, row.distance, row.pilot) == ("users", "wide", "Twenty volunteers")
    page = read(owner, url)
    document = rollout.playbook.parsed
    for condition in document.conditions:
        assert condition.name in page
    assert "Five hundred people, some unwilling" in page
    assert document.mode("resistance").short_name in page
    overview = read(owner, f"/initiatives/{rollout.initiative.reference}/")
    assert "1 of 1 judged distances are wide." in overview


def test_saving_the_same_conditions_again_changes_nothing(
    owner: Client, rollout: Rollout, url: str
) -> None:
    owner.post(url, contrasts(rollout))
    before = ConditionContrast.objects.get().described_at
    answer = owner.post(url, contrasts(rollout), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert ConditionContrast.objects.get().described_at == before


def test_a_distance_between_things_nobody_described_is_refused_and_nothing_typed_is_lost(
    owner: Client, rollout: Rollout, url: str
) -> None:
    typed = contrasts(rollout, **{"users-production": "", "data-pilot": "A sample of 200"})
    answer = owner.post(url, typed)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Describe it before you judge the distance" in page
    assert "Twenty volunteers" in page
    assert "A sample of 200" in page
    assert not ConditionContrast.objects.exists()


def test_a_wide_distance_warns_from_gate_1_on_and_keeps_nothing_shut(
    owner: Client, rollout: Rollout, url: str, people: dict[str, object]
) -> None:
    owner.post(url, contrasts(rollout))
    assert findings(rollout, "distance") == {}
    make_passed(rollout, gates=1, at=timezone.now(), **people)
    assert findings(rollout, "distance") == {"users": "warning"}


def test_an_assumption_is_stated_before_gate_0_and_settled_at_gate_1(
    owner: Client, rollout: Rollout, url: str, people: dict[str, object]
) -> None:
    assert findings(rollout, "assumption") == {"stated": "unknown"}
    stated = {"part": "assumption", "text": "Records arrive by six", "test": "Four weeks"}
    assert owner.post(url, stated).status_code == 302
    assumption = Assumption.objects.get()
    assert findings(rollout, "assumption") == {"stated": "met"}
    make_passed(rollout, gates=1, at=timezone.now(), **people)
    assert findings(rollout, "assumption") == {str(assumption.pk): "unknown"}
    settle = f"{url}assumptions/{assumption.pk}/"
    typed = {"verdict": "refuted", "finding": "11 of 28 nights; a second feed is planned."}
    assert owner.post(settle, typed).status_code == 302
    assert findings(rollout, "assumption") == {str(assumption.pk): "warning"}
    assert "Refuted: 11 of 28 nights" in read(owner, url)


def test_a_verdict_without_what_was_found_is_refused(
    owner: Client, rollout: Rollout, url: str, maya: User
) -> None:
    assumption = make_assumption(rollout.initiative, by=maya)
    answer = owner.post(f"{url}assumptions/{assumption.pk}/", {"verdict": "validated"})
    assert answer.status_code == 422
    assert Assumption.objects.get().verdict == "untested"


def test_a_withdrawn_assumption_stays_in_the_history(
    owner: Client, rollout: Rollout, url: str, maya: User
) -> None:
    assumption = make_assumption(rollout.initiative, by=maya)
    owner.post(f"{url}assumptions/{assumption.pk}/", {"withdraw": "1"})
    assert not Assumption.objects.open().exists()
    history = read(owner, f"/initiatives/{rollout.initiative.reference}/history/")
    assert f"No longer assumed: {assumption.text}" in history


@pytest.mark.parametrize(
    ("said", "state"), [("unknown", "unknown"), ("rebuild", "not_met"), ("increments", "met")]
)
def test_gate_1_opens_to_an_architecture_that_grows_and_to_no_prototype(
    owner: Client, rollout: Rollout, url: str, people: dict[str, object], said: str, state: str
) -> None:
    make_passed(rollout, gates=1, at=timezone.now(), **people)
    typed = {"part": "architecture", "architecture": said, "architecture_note": "One cache."}
    assert owner.post(url, typed).status_code == 302
    assert findings(rollout, "architecture") == {"way": state}


def test_growth_without_named_steps_is_refused(owner: Client, url: str) -> None:
    typed = {"part": "architecture", "architecture": "increments", "architecture_note": ""}
    answer = owner.post(url, typed)
    assert answer.status_code == 422
    assert "Name the steps" in answer.content.decode()


def test_a_team_that_takes_over_unequipped_keeps_gate_2_shut_and_is_named(
    owner: Client, rollout: Rollout, people: dict[str, object]
) -> None:
    make_passed(rollout, gates=2, at=timezone.now(), **people)
    initiative = rollout.initiative
    type(initiative).objects.filter(pk=initiative.pk).update(
        pilot_team="Digital Services", production_team="Claims IT", production_budget=False
    )
    assert findings(rollout, "handoff") == {"team": "not_met"}
    page = read(owner, f"/initiatives/{initiative.reference}/")
    assert "The team that takes over lacks budget." in page
    type(initiative).objects.filter(pk=initiative.pk).update(production_budget=True)
    assert findings(rollout, "handoff") == {"team": "warning"}
