"""Fresh evidence for a check that counts takes nothing away until somebody has seen it."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from checklists.models import Check
from checklists.services import confirm_check, meet_check, reopen_check, verify_proof
from gates.case import case_of
from gates.models import Rollout
from initiatives.errors import Refused
from initiatives.evidence import withdraw_verification
from initiatives.models import Evidence
from tests.factories import NOW, make_evidence, make_initiative, make_rollout

pytestmark = pytest.mark.django_db

KEY = "data_pipeline"
LATER = NOW + timedelta(days=200)


@pytest.fixture
def rollout(maya: User, devin: User) -> Rollout:
    """One check is met, and seen by a second person to be so."""
    rollout = make_rollout(make_initiative(owner=maya), by=maya)
    meet(rollout, make_evidence(rollout.initiative, by=maya, verified_by=devin), maya, NOW)
    return rollout


def meet(rollout: Rollout, evidence: Evidence, by: User, at=LATER, days: int = 365) -> Check:
    asked = rollout.playbook.parsed.check(KEY)
    return meet_check(
        initiative=rollout.initiative,
        check=asked,
        evidence=evidence,
        days_valid=days,
        by=by,
        at=at,
    )


def fact(rollout: Rollout, at=LATER):
    return case_of(rollout, at=at).facts.checks[KEY]


def test_the_former_evidence_counts_until_the_fresh_one_is_seen(
    rollout: Rollout, maya: User, devin: User
) -> None:
    before = fact(rollout)
    fresh = make_evidence(rollout.initiative, by=maya, at=LATER)
    meet(rollout, fresh, maya)
    assert fact(rollout) == before
    verify_proof(evidence=fresh, document=rollout.playbook.parsed, by=devin, at=LATER)
    after = fact(rollout)
    assert after.state_on(LATER.date()) == "met"
    assert after.proof == f"{fresh.title} (evidence {fresh.pk})"
    assert after.valid_until == LATER.date() + timedelta(days=365)


def test_evidence_seen_for_something_else_waits_for_confirmation(
    rollout: Rollout, maya: User, devin: User
) -> None:
    fresh = make_evidence(rollout.initiative, by=maya, verified_by=devin, at=LATER)
    later = LATER + timedelta(hours=1)
    meet(rollout, fresh, maya, at=later)
    assert str(fresh.pk) not in fact(rollout).proof
    asked = rollout.playbook.parsed.check(KEY)
    with pytest.raises(Refused, match="A second person confirms it"):
        confirm_check(initiative=rollout.initiative, check=asked, by=maya, at=later)
    confirm_check(initiative=rollout.initiative, check=asked, by=devin, at=later)
    assert str(fresh.pk) in fact(rollout).proof
    assert fact(rollout).state_on(LATER.date()) == "met"


def test_when_the_former_evidence_runs_out_first_the_check_lapses(
    rollout: Rollout, maya: User
) -> None:
    meet(rollout, make_evidence(rollout.initiative, by=maya, at=LATER), maya)
    assert fact(rollout).state_on(NOW.date() + timedelta(days=366)) == "lapsed"


def test_a_check_that_does_not_count_has_nothing_to_keep(
    rollout: Rollout, maya: User, devin: User
) -> None:
    first = rollout.initiative.evidence.get()
    withdraw_verification(evidence=first, reason="Misread.", by=devin, at=LATER)
    fresh = make_evidence(rollout.initiative, by=maya, at=LATER)
    assert meet(rollout, fresh, maya).evidence == fresh


def test_reopening_forgets_what_waits(rollout: Rollout, maya: User, devin: User) -> None:
    fresh = make_evidence(rollout.initiative, by=maya, at=LATER)
    meet(rollout, fresh, maya)
    asked = rollout.playbook.parsed.check(KEY)
    reopen_check(initiative=rollout.initiative, check=asked, reason="It broke.", by=maya, at=LATER)
    verify_proof(evidence=fresh, document=rollout.playbook.parsed, by=devin, at=LATER)
    assert fact(rollout).status == "assigned"


def test_the_page_shows_both_and_whom_it_waits_for(
    rollout: Rollout, maya: User, hannah: User, client: Client
) -> None:
    url = f"/initiatives/{rollout.initiative.reference}/checks/{KEY}/"
    client.force_login(maya)
    said = client.post(
        url,
        {
            "action": "meet",
            "meet-new_title": "Pipeline run, November",
            "meet-new_url": "https://reports.example.org/2",
        },
        follow=True,
    ).content.decode()
    assert "Until a second person has seen it, the former counts" in said
    page = client.get(url).content.decode()
    assert "Fresh evidence" in page
    assert "It counts once somebody other than Maya Okafor has verified it" in page
    client.force_login(hannah)
    page = client.get(url).content.decode()
    assert page.count("Verify it</button>") == 1
    fresh = Evidence.objects.get(title="Pipeline run, November")
    verify = f"/initiatives/{rollout.initiative.reference}/evidence/{fresh.pk}/verify/"
    client.post(verify, {"next": url})
    check = Check.objects.get(key=KEY)
    assert (check.evidence, check.renewal) == (fresh, None)
