"""What metrics show of a criterion, by the product and by an evaluator of its own.

``SOAK_HISTORIES`` sets how many series are tried and ``SOAK_SEED`` which ones; ``make
soak-criteria`` tries twenty thousand.
"""

import os
import random
from collections import Counter
from unittest.mock import patch

import pytest
from django.db import transaction

from accounts.models import User
from initiatives.models import Initiative
from metrics import facts, observations
from metrics.days import zone
from metrics.models import Metric
from metrics.observations import Reading, record_observations
from playbook import measuring
from playbook.measures import Measure
from tests.factories import make_initiative, make_metric
from tests.soak.series import Trial, shown, trial

pytestmark = pytest.mark.django_db

SERIES = int(os.environ.get("SOAK_HISTORIES", "200"))
SEED = int(os.environ.get("SOAK_SEED", "20261128"))
BATCH = 25


def judged(each: Trial, by: User, initiative: Initiative) -> list[tuple[str, float | None]]:
    """The verdicts at the trial's moments, after its batches were recorded."""
    recorded_at = each.moments[0]
    metric = make_metric(
        initiative,
        by=by,
        kind="adoption",
        direction=each.metric["direction"],
        target=None,
        baseline=None,
        baseline_on=None,
    )
    # A trial may compare with a baseline that its target does not improve on.
    Metric.objects.filter(pk=metric.pk).update(
        target=each.metric["target"],
        baseline=each.metric["baseline"],
        baseline_on=None if each.metric["baseline"] is None else recorded_at.date(),
    )
    for batch in each.batches:
        record_observations(
            initiative=initiative,
            readings=[Reading(metric.pk, figure.at, figure.value) for figure in batch],
            source="api",
            by=by,
            at=recorded_at,
        )
    measure = Measure.model_validate(each.measure)
    (row,) = [
        row
        for row in Initiative.objects.annotate(**facts.subqueries("pk"))
        .get(pk=initiative.pk)
        .metrics_data
        if row["id"] == metric.pk
    ]
    found: list[tuple[str, float | None]] = []
    for at in each.moments:
        fast = facts.fast_figures([metric.pk], [measure], at)
        (series,) = facts.series_of([row], fast)
        fact = measuring.measured(measure, series, at, zone())
        found.append((measuring.verdict(measure, fact), fact.value))
    return found


def disagreements(count: int, seed: int, by: User, told: Counter[str]) -> list[str]:
    dice, found = random.Random(seed), []
    for begun in range(0, count, BATCH):
        with transaction.atomic():
            for _ in range(min(BATCH, count - begun)):
                each, initiative = trial(dice), make_initiative(by=by)
                with pytest.MonkeyPatch.context() as patch_:
                    patch_.setattr("django.conf.settings.ORGANISATION_TIME_ZONE", each.zone)
                    ours = judged(each, by, initiative)
                theirs = [shown(each, at) for at in each.moments]
                told.update(f"{each.measure['statistic']} {state}" for state, _value in theirs)
                for mine, other in zip(ours, theirs, strict=True):
                    # A verdict without figures says nothing of a value.
                    if mine[0] != other[0] or (other[0] != "unknown" and mine[1] != other[1]):
                        found.append(f"{each}: {mine}, not {other}")
            transaction.set_rollback(True)
    return found


def test_the_product_and_an_evaluator_of_its_own_agree(hannah: User) -> None:
    told: Counter[str] = Counter()
    found = disagreements(SERIES, SEED, hannah, told)
    print(f"\n{SERIES:,} series: {len(found)} disagreements; {dict(sorted(told.items()))}")
    assert found == []
    assert len(told) == 12  # each verdict of each statistic


def test_a_count_that_forgets_corrections_is_found_out(hannah: User) -> None:
    with (
        patch.object(observations, "_mark_corrected", lambda fresh: set()),
        pytest.raises(Exception, match="metrics_one_counting_figure"),
    ):
        disagreements(SERIES, SEED, hannah, Counter())


def test_a_week_that_is_under_way_and_counts_is_found_out(hannah: User) -> None:
    number = measuring.period_number

    def ahead(measure, at, zone):
        return number(measure, at, zone) + 1

    with patch.object(measuring, "period_number", ahead):
        assert disagreements(SERIES, SEED, hannah, Counter())
