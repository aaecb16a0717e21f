"""The sample shares three things, one of which failed: answered by one, not yet by others."""

import pytest

from audit.services import verify
from gates.models import Rollout
from initiatives.models import Dependency, Fault
from portfolio.dependencies import weighed
from portfolio.sample.loading import load
from portfolio.sample.sharing import FAILED_IN, SHARED
from portfolio.sample.specs import SPECS
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_the_sample_shares_three_things_and_one_failure_waits_for_answers() -> None:
    names = {name for shared in SHARED for name in shared.used_for}
    assert names <= {spec.name for spec in SPECS}
    few = {FAILED_IN, "Refund enquiry answers", "Pension forecast explanations"}
    load(now=NOW, specs=[spec for spec in SPECS if spec.name in few])
    fault = Fault.objects.get()
    assert fault.found_in.name == FAILED_IN
    assert fault.answers.get().verdict == "handled"
    vendor = weighed(Dependency.objects.filter(pk=fault.dependency_id)).get()
    assert (vendor.relying, vendor.failures, vendor.unanswered) == (3, 1, 1)
    asked = Rollout.objects.filter(standing__blocker_kinds__contains=["dependency"])
    assert [rollout.initiative.name for rollout in asked] == ["Refund enquiry answers"]
    assert verify()[1] == []
