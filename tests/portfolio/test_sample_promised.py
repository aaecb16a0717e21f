"""The sample's ledger has a promise that was kept and one that was not."""

import pytest

from gates.models import Reconciliation
from gates.services.promises import due
from portfolio.sample.loading import load
from portfolio.sample.specs import SPECS
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TOLD = {"Specimen image check", "Address matching"}


def test_the_sample_shows_promises_kept_and_not_kept() -> None:
    load(now=NOW, specs=[spec for spec in SPECS if spec.name in TOLD])
    assert due(at=NOW) == []
    found = Reconciliation.objects.filter(share__isnull=False)
    kept = {
        row.promise.decision.rollout.initiative.name: row.reached
        for row in found.select_related("promise__decision__rollout__initiative")
    }
    assert kept == {"Specimen image check": False, "Address matching": True}
    assert set(found.values_list("milestone", flat=True)) == {90, 180}
