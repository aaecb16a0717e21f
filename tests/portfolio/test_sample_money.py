"""The sample's fund has tranches in every state, and an extended pilot that costs something."""

import pytest

from gates.case import case_of, cases_of
from gates.models import GatedTranche, Rollout
from gates.money import burn, lines
from portfolio.funds import holdings
from portfolio.sample.loading import load
from portfolio.sample.money import FUNDED, SPENDING
from portfolio.sample.specs import SPECS
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_the_sample_shows_money_in_every_state() -> None:
    load(now=NOW, specs=[spec for spec in SPECS if spec.name in {*FUNDED, SPENDING}])
    rollouts = Rollout.objects.select_related("initiative")
    cases = cases_of([rollout.pk for rollout in rollouts], at=NOW)
    found = [line for each in rollouts for line in lines(each.initiative, cases[each.pk])]
    assert {line.word for line in found} == {
        "Requested",
        "Approved",
        "Released",
        "Frozen",
        "Withdrawn",
    }
    assert [line.says for line in found if line.mark == "lapsed"] == ["its gate no longer counts"]
    assert any(line.flagged for line in found)
    assert not GatedTranche.objects.filter(release__isnull=False, withdrawn_at__isnull=False)
    rollout = Rollout.objects.get(initiative__name=SPENDING)
    costs = rollout.initiative.costs.all()
    burnt = burn(rollout, case_of(rollout, at=NOW), costs)
    assert burnt is not None
    assert burnt.amount > 0
    (fund,) = holdings()
    assert 0 < fund.sums.released < fund.sums.approved < fund.sums.requested < fund.fund.amount
