"""A decision is made on facts that change whenever something that it rests on does."""

from typing import Any

import pytest

from accounts.models import User
from audit.services import SystemActor
from gates.case import Case, case_of
from gates.differences import differences
from gates.models import Rollout
from gates.services.pinning import move_to_version
from initiatives.premises import contrast, judge_assumption
from playbook.document import Document
from playbook.facts import Facts
from playbook.loading import standard
from playbook.places import data_of
from playbook.services import publish
from tests.factories import NOW, make_assessment, make_assumption

pytestmark = pytest.mark.django_db


def case(rollout: Rollout) -> Case:
    return case_of(Rollout.objects.get(pk=rollout.pk), at=NOW)


def said(before: Case, after: Case) -> dict[str, tuple[str, str]]:
    assert before.digest != after.digest
    found = differences(after.document, before.seen, after.seen)
    return {each.title: (each.before, each.after) for each in found}


def test_a_finding_told_in_other_words(rollout: Rollout, maya: User) -> None:
    assumption = make_assumption(rollout.initiative, by=maya)
    told = {"assumption": assumption, "verdict": "validated", "by": maya, "at": NOW}
    judge_assumption(finding="It held: 20 of 20.", **told)
    before = case(rollout)
    judge_assumption(finding="It held: 19 of 20.", **told)
    then, now = said(before, case(rollout))["Production assumptions"]
    assert then != now
    assert "validated, answered, fingerprint" in now


def test_words_moved_from_one_text_to_the_next(rollout: Rollout, maya: User) -> None:
    def compare(pilot: str, production: str) -> Case:
        contrast(
            initiative=rollout.initiative,
            condition=standard().conditions[0],
            pilot=pilot,
            production=production,
            distance="wide",
            by=maya,
            at=NOW,
        )
        return case(rollout)

    def assess(response_text: str, reason: str) -> Case:
        row: Any = make_assessment(
            rollout.initiative, "integration", override_reason="Seen it before", by=maya
        )
        type(row).objects.filter(pk=row.pk).update(
            response_text=response_text, override_reason=reason
        )
        return case(rollout)

    (contrasted,) = said(compare("One bank", "and ten"), compare("One bank and", "ten"))
    assert contrasted.endswith("in the pilot and in production")
    assert assess("A queue", "of cases").digest != assess("A queueof", " cases").digest


def test_another_version_of_the_playbook(rollout: Rollout, hannah: User) -> None:
    before = case(rollout)
    own = Document.model_validate({**data_of(standard()), "edition": "Our own words"})
    version = publish(document=own, by=SystemActor(), at=NOW)
    move_to_version(rollouts=[rollout], version=version, by=hannah, at=NOW)
    ((title, (then, now)),) = said(before, case(rollout)).items()
    assert title == "Playbook version"
    assert then.startswith("Version 1, fingerprint ")
    assert now == f"Version 2, fingerprint {version.sha256[:12]}"


def test_facts_kept_before_they_told_of_the_playbook_are_read(rollout: Rollout) -> None:
    older = {key: value for key, value in case(rollout).seen.items() if key != "playbook"}
    facts = Facts.from_canonical(older, at=NOW, deciders=())
    assert facts.playbook is None
    found = differences(standard(), older, case(rollout).seen)
    assert [each.title for each in found] == ["Playbook version"]
