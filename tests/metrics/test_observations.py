"""Figures are recorded whole batches or not at all, each once, and the days add up."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Rollout
from gates.services.reviews import answer_criterion
from initiatives.errors import Refused
from metrics import facts
from metrics.days import recount_all
from metrics.models import Day, Metric, Observation
from metrics.observations import Reading, record_observations
from metrics.services import end_metric
from playbook.measures import Measure
from tests.factories import (
    NOW,
    make_initiative,
    make_measured,
    make_metric,
    make_passed,
    make_rollout,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(maya: User) -> Rollout:
    return make_rollout(make_initiative(owner=maya), by=maya)


@pytest.fixture
def adoption(rollout: Rollout, maya: User) -> Metric:
    fields = {"baseline": None, "baseline_on": None, "direction": "up", "target": 60}
    return make_metric(rollout.initiative, by=maya, kind="adoption", name="Adoption", **fields)


def record(metric: Metric, *readings: tuple[float, float, str], by: User, source: str = "api"):
    """Figures of some hours ago: (hours, value, key)."""
    return record_observations(
        initiative=metric.initiative,
        readings=[
            Reading(metric.pk, NOW - timedelta(hours=hours), value, key)
            for hours, value, key in readings
        ],
        source=source,
        by=by,
        at=NOW,
    )


def counting(metric: Metric) -> list[float]:
    rows = Observation.objects.counting().filter(metric=metric).order_by("at")
    return list(rows.values_list("value", flat=True))


def test_a_figure_sent_twice_under_one_key_is_recorded_once(adoption: Metric, maya: User) -> None:
    batch = ((2, 61.0, "a"), (1, 62.0, "b"))
    assert vars(record(adoption, *batch, by=maya)) == {"new": 2, "corrections": 0, "repeated": 0}
    assert vars(record(adoption, *batch, by=maya)) == {"new": 0, "corrections": 0, "repeated": 2}
    again = record(adoption, (1, 62.0, "b"), (0, 63.0, "c"), (0, 63.0, "c"), by=maya)
    assert vars(again) == {"new": 1, "corrections": 0, "repeated": 2}
    assert counting(adoption) == [61.0, 62.0, 63.0]
    assert Event.objects.filter(verb="observation.recorded").count() == 2


def test_one_bad_figure_keeps_the_whole_batch_out_and_every_one_is_named(
    adoption: Metric, maya: User
) -> None:
    record(adoption, (1, 62.0, "b"), by=maya)
    with pytest.raises(Refused) as refused:
        record(
            adoption,
            (3, 60.0, ""),
            (1, 99.0, "b"),
            (2, float("nan"), ""),
            (-1, 61.0, ""),
            by=maya,
        )
    assert [reason.split(":")[0] for reason in refused.value.reasons] == [
        "Figure 2",
        "Figure 3",
        "Figure 4",
    ]
    assert counting(adoption) == [62.0]


def test_a_correction_counts_in_place_of_what_it_corrects(adoption: Metric, maya: User) -> None:
    record(adoption, (30, 10.0, ""), (1, 62.0, ""), by=maya)
    recorded = record(adoption, (1, 58.0, ""), by=maya)
    assert (recorded.new, recorded.corrections) == (1, 1)
    assert counting(adoption) == [10.0, 58.0]
    adoption.refresh_from_db()
    assert adoption.latest == 58.0
    assert Observation.objects.filter(metric=adoption).count() == 3
    assert list(Day.objects.order_by("day").values_list("count", "total", "low", "high")) == [
        (1, 10.0, 10.0, 10.0),
        (1, 58.0, 58.0, 58.0),
    ]


def test_a_late_figure_is_not_the_latest(adoption: Metric, maya: User) -> None:
    record(adoption, (1, 62.0, ""), by=maya)
    record(adoption, (50, 40.0, ""), by=maya)
    adoption.refresh_from_db()
    assert adoption.latest == 62.0


@override_settings(ORGANISATION_TIME_ZONE="Pacific/Auckland")
def test_days_are_the_organisations(adoption: Metric, maya: User) -> None:
    record(adoption, (0, 62.0, ""), by=maya)  # 09:00 UTC is 22:00 there
    record(adoption, (-0.01, 63.0, ""), (10, 61.0, ""), by=maya)
    days = {f"{day:%a}": count for day, count in Day.objects.values_list("day", "count")}
    assert days == {"Mon": 3}
    with override_settings(ORGANISATION_TIME_ZONE="America/New_York"):
        assert recount_all() == 2
    days = {f"{day:%a}": count for day, count in Day.objects.values_list("day", "count")}
    assert days == {"Sun": 1, "Mon": 2}


def test_what_somebody_types_is_progress_and_what_a_feed_sends_is_not(
    adoption: Metric, maya: User
) -> None:
    before = adoption.initiative.touched_at
    record(adoption, (1, 62.0, ""), by=maya)
    adoption.initiative.refresh_from_db()
    assert adoption.initiative.touched_at == before
    later = NOW + timedelta(days=1)
    record_observations(
        initiative=adoption.initiative,
        readings=[Reading(adoption.pk, later, 63.0)],
        source="form",
        by=maya,
        at=later,
    )
    adoption.initiative.refresh_from_db()
    assert adoption.initiative.touched_at == later


@pytest.mark.parametrize("source", ["form", "paste", "api", "pull"])
def test_whoever_recorded_a_figure_decides_nothing_that_it_tells(
    rollout: Rollout,
    maya: User,
    hannah: User,
    peter: User,
    carol: User,
    lena: User,
    reviewers: list[User],
    source: str,
) -> None:
    people = {"owner": maya, "verifier": lena, "reviewers": reviewers, "decider": peter}
    pilot = make_passed(rollout, gates=1, **people)
    criterion = pilot.playbook.parsed.criterion("business_metrics_positive")
    make_measured(pilot.initiative, criterion, by=maya)
    assert {hannah.pk, peter.pk} <= case_of(pilot, at=NOW).decider_ids
    metric = Metric.objects.get(kind="business")
    record(metric, (1, 3.0, ""), by=hannah, source=source)
    assert hannah.pk not in case_of(pilot, at=NOW).decider_ids
    # Sent again by somebody else, it was hers all the same.
    record(metric, (1, 3.0, ""), by=maya, source="api")
    assert hannah.pk not in case_of(pilot, at=NOW).decider_ids
    assert peter.pk in case_of(pilot, at=NOW).decider_ids


def test_a_metric_with_figures_cannot_be_ended(adoption: Metric, maya: User) -> None:
    record(adoption, (1, 40.0, ""), by=maya)
    with pytest.raises(Refused, match="it has figures that gates may rest on"):
        end_metric(metric=adoption, why="It looks bad.", by=maya, at=NOW)


def test_figures_beyond_all_measure_are_refused(adoption: Metric, maya: User) -> None:
    with pytest.raises(Refused, match="Choose a larger unit"):
        record(adoption, (1, 1e300, ""), by=maya)


def test_a_figure_typed_again_for_today_corrects_it(
    adoption: Metric, maya: User, client: Client
) -> None:
    client.force_login(maya)
    url = f"/initiatives/{adoption.initiative.reference}/metrics/record/"
    today = timezone.now().date().isoformat()
    for value in ("6.2", "62"):
        typed = {f"figure-{adoption.pk}": value, "on": today}
        assert client.post(url, typed).status_code == 302
    assert counting(adoption) == [62.0]


def test_lines_are_recorded_all_or_none_and_what_is_wrong_is_named(
    adoption: Metric, maya: User, client: Client
) -> None:
    client.force_login(maya)
    url = f"/initiatives/{adoption.initiative.reference}/metrics/record/"
    bad = "Metric;Day;Figure\nAdoption;2026-11-02;61,5\nAdoption;2.11.;60\nNothing;2026-11-02;1"
    page = client.post(url, {"lines": "1", "text": bad})
    assert page.status_code == 422
    said = page.content.decode()
    assert "Line 3: “2.11.” is no day" in said
    assert "Line 4: “Nothing” is no metric" in said
    assert counting(adoption) == []
    good = "Adoption;2026-11-02;61,5\nAdoption;2026-11-09;62"
    assert client.post(url, {"lines": "1", "text": good}).status_code == 302
    assert counting(adoption) == [61.5, 62.0]


def test_an_administrator_counts_the_days_anew_after_moving(
    adoption: Metric, maya: User, capsys: pytest.CaptureFixture[str]
) -> None:
    record(adoption, (0, 62.0, ""), by=maya)
    with override_settings(ORGANISATION_TIME_ZONE="Pacific/Kiritimati"):
        call_command("recount_days")
        assert [str(day) for day in Day.objects.values_list("day", flat=True)] == ["2026-11-16"]
    assert "1 day counted, 1 rollout judged anew" in capsys.readouterr().out


def test_a_readers_zone_changes_no_verdict_of_seconds(adoption: Metric, maya: User) -> None:
    record(adoption, (0.01, 62.0, ""), by=maya)  # 36 seconds ago
    measure = Measure.model_validate(
        {"key": "it", "metric": "adoption", "statistic": "every", "period": "30s", "fresh": "1d"}
    )
    with timezone.override("Europe/Berlin"):
        found = facts.fast_figures([adoption.pk], [measure], NOW)
    numbers = found[adoption.pk]["30s"]
    assert list(numbers) == [int(NOW.timestamp() - 36) // 30]


def test_a_computed_criterion_cannot_be_ticked(
    rollout: Rollout, maya: User, client: Client
) -> None:
    criterion = rollout.playbook.parsed.criterion("adoption_on_target")
    with pytest.raises(Refused, match="metrics tell whether it is met"):
        answer_criterion(
            rollout=rollout,
            criterion=criterion,
            verdict="met",
            note="Sure.",
            evidence=None,
            days_valid=None,
            by=maya,
            at=NOW,
        )
    client.force_login(maya)
    url = f"/initiatives/{rollout.initiative.reference}/criteria/adoption_on_target/"
    assert client.post(url, {"verdict": "met", "note": "Sure."}).status_code == 405
    assert "No adoption metric is named." in client.get(url).content.decode()
