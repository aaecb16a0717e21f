"""The pages of figures: what they suggest, what other rows tell, and who judged otherwise."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from gates.case import case_of
from gates.forms.indicators import indicator_field
from gates.models import Rollout
from metrics.models import Metric
from operations.models import UserGroup
from playbook.loading import standard
from risks.models import Assessment, SourceSystem
from tests.factories import (
    make_assessment,
    make_decision,
    make_initiative,
    make_metric,
    make_passed,
    make_rollout,
    make_source,
)

pytestmark = pytest.mark.django_db

LEFT = {"response": "planned", "response_text": "People take what falls below."}
BY_HAND = {"pilot_way": "by_hand", "months": 2, "in_scope": False, "in_budget": False}


@pytest.fixture
def rollout(maya: User, carol: User, hannah: User) -> Rollout:
    now = timezone.now()
    initiative = make_initiative(owner=maya, sponsor=carol, by=hannah, at=now)
    return make_rollout(initiative, by=hannah, at=now)


@pytest.fixture
def url(rollout: Rollout) -> str:
    return f"/initiatives/{rollout.initiative.reference}/"


@pytest.fixture
def owner(client: Client, maya: User) -> Client:
    client.force_login(maya)
    return client


def preview(owner: Client, page: str, **typed: Any) -> str:
    answer = owner.get(page, typed, headers={"HX-Request": "true"})
    return " ".join(answer.content.decode().split())


# Suggestion and judgement


@pytest.mark.seed("S-038")
def test_degrees_left_to_the_figures_take_what_these_suggest(owner: Client, url: str) -> None:
    figures = {"i-records_at_threshold": "60", "i-records_wrong": "5"}
    answer = owner.post(f"{url}risks/data_quality/", {**LEFT, **figures}, follow=True)
    assert "rated critical" in answer.content.decode()
    stored = Assessment.objects.get()
    assert (stored.likelihood, stored.impact) == (5, 5)
    assert (stored.inherent_likelihood, stored.residual_impact) == (5, 5)
    html = owner.get(f"{url}risks/data_quality/").content.decode()
    assert "two records in five cannot be processed" in html


def test_a_figure_that_says_nothing_of_the_impact_leaves_it_to_be_chosen(
    owner: Client, url: str
) -> None:
    typed = {**LEFT, "i-records_missing_fields": "6"}
    answer = owner.post(f"{url}risks/data_quality/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose how much it would hurt." in html
    assert "Choose how likely it is as things stand." not in html
    assert "of the impact they say nothing" in html


def test_judging_otherwise_asks_why_and_shows_what_is_suggested_without_a_script(
    owner: Client, url: str
) -> None:
    typed = {**LEFT, "i-records_at_threshold": "60", "likelihood": "3"}
    answer = owner.post(f"{url}risks/data_quality/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The figures call for likelihood 5. Say why it is judged otherwise." in html
    assert "The figures suggest" in html
    assert not Assessment.objects.exists()


def test_the_suggestion_is_previewed_while_figures_are_typed(owner: Client, url: str) -> None:
    page = f"{url}risks/readiness/"
    typed = {"i-latency_required_ms": "200", "i-latency_measured_ms": "800"}
    html = preview(owner, page, **typed)
    assert "The figures suggest</b> likelihood 5 and impact 4" in html
    assert "Critical" in html
    assert "Medium" in preview(owner, page, **typed, likelihood="2")
    typed["i-latency_measured_ms"] = "150"
    assert preview(owner, page, **typed) == ""


def test_with_no_response_it_cannot_stand_better_than_now(owner: Client, url: str) -> None:
    typed = {**LEFT, "likelihood": "4", "impact": "4", "inherent_impact": "3"}
    answer = owner.post(f"{url}risks/value/", typed)
    assert "It cannot be below where it stands now." in answer.content.decode()
    typed |= {"inherent_impact": "5", "residual_likelihood": "2"}
    html = owner.post(f"{url}risks/value/", typed, follow=True).content.decode()
    assert "with no response critical, once treated medium" in html


def test_the_reason_stands_wherever_the_rating_is_shown(
    client: Client, owner: Client, url: str, rollout: Rollout, maya: User, hannah: User
) -> None:
    reason = "The other half is archived and never asked for."
    at = timezone.now()
    make_assessment(
        rollout.initiative,
        "data_quality",
        by=maya,
        at=at,
        indicators={"records_at_threshold": 60},
        override_reason=reason,
    )
    for page in ("risks/data_quality/", "risks/", "", "review/submit/", "decide/"):
        assert reason in owner.get(f"{url}{page}").content.decode(), page
    decision = make_decision(rollout, "stop", by=hannah, at=at)
    make_assessment(rollout.initiative, "data_quality", by=maya, at=at + timedelta(minutes=1))
    assert reason in owner.get(f"{url}decisions/{decision.pk}/").content.decode()
    assert reason in owner.get(f"{url}risks/data_quality/").content.decode()
    assert reason not in owner.get(f"{url}decide/").content.decode()


@pytest.mark.seed("S-057")
def test_what_governance_costs_afterwards_is_shown_with_its_source(owner: Client, url: str) -> None:
    page = f"{url}risks/governance/"
    words = "3–5 times the cost."
    assert words in owner.get(page).content.decode()
    for when in ("", "after it was locked", "not yet"):
        html = preview(owner, page, **{"i-assessed_before_lock": when})
        assert words in html
        assert "CIOPages" in html
    early = {"i-assessed_before_lock": "before the architecture was locked"}
    assert words not in preview(owner, page, **early)
    saved = {**LEFT, "i-assessed_before_lock": "not yet"}
    html = owner.post(page, saved, follow=True).content.decode()
    assert words in html


# Figures that other rows tell


def test_figures_that_systems_tell_are_shown_with_their_source_and_suggest(
    owner: Client, url: str, rollout: Rollout, maya: User
) -> None:
    for name in ("Claims", "Payments", "Letters"):
        make_source(rollout.initiative, by=maya, name=name, **BY_HAND)
    html = owner.get(f"{url}risks/integration/").content.decode()
    assert 'name="i-integration_months"' not in html
    assert "6 months" in html
    assert f'href="{url}sources/"' in html
    owner.post(f"{url}risks/integration/", {**LEFT, "i-integration_months": "1"})
    stored = Assessment.objects.get()
    assert (stored.likelihood, stored.impact) == (5, 5)
    assert stored.indicators == {}


def test_measured_adoption_comes_from_the_user_groups(
    owner: Client, url: str, rollout: Rollout, maya: User
) -> None:
    UserGroup.objects.create(
        initiative=rollout.initiative,
        name="Clerks",
        people=500,
        using=145,
        measured_on=timezone.now().date(),
    )
    html = owner.get(f"{url}risks/resistance/").content.decode()
    assert "29 % of exposed people" in html
    owner.post(f"{url}risks/resistance/", LEFT)
    assert Assessment.objects.get().suggested_likelihood == 5


@pytest.mark.seed("S-051")
def test_the_champion_trap_is_warned_of_at_gate_1_and_blocks_nothing(
    owner: Client,
    url: str,
    rollout: Rollout,
    maya: User,
    lena: User,
    reviewers: list[User],
    carol: User,
) -> None:
    now = timezone.now()
    people = {"owner": maya, "verifier": lena, "reviewers": reviewers, "decider": carol}
    make_passed(rollout, gates=1, at=now, **people)  # type: ignore[arg-type]
    for page in ("", "review/", "review/submit/", "decide/"):
        assert "Champion trap" not in owner.get(f"{url}{page}").content.decode()
    figures = {"i-pilot_people": "20", "i-pilot_champions": "19"}
    typed = {**LEFT, **figures, "impact": "3"}
    assert owner.post(f"{url}risks/resistance/", typed).status_code == 302
    for page in ("", "review/", "review/submit/", "decide/"):
        html = owner.get(f"{url}{page}").content.decode()
        assert "Mind this" in html, page
        assert "95 % of the pilot group volunteered" in html, page
    case = case_of(Rollout.objects.get(pk=rollout.pk), at=now)
    assert "champions" not in {finding.kind for finding in case.evaluation.blockers}


# Source systems and metrics


def test_systems_are_summed_up_and_named_as_a_failure_once_listed(owner: Client, url: str) -> None:
    page = f"{url}sources/"
    assert "None is listed" in owner.get(page).content.decode()
    typed = {"pilot_way": "by_hand", "months": "2", "in_scope": "false", "in_budget": "unknown"}
    for name in ("Claims", "Payments", "Letters"):
        owner.post(page, {**typed, "name": name})
    html = " ".join(owner.get(page).content.decode().split())
    assert "<b>3</b> of 3 systems" in html
    assert "<b>6</b> months" in html
    assert "some of it is not in scope" in html
    assert "nobody said of some" in html
    assert "Three or more systems fed by hand" in html
    assert "before anybody assessed it" in html
    assert "Six months or more" in owner.get(url).content.decode()


def test_a_system_that_is_refused_keeps_what_was_typed(owner: Client, url: str) -> None:
    typed = {"name": "Claims", "months": "soon", "latency_ms": "fast", "security": "Masked names"}
    answer = owner.post(f"{url}sources/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Give “Months of effort” as a number, such as 12.5." in html
    assert "Choose an answer for “How the pilot connects”." in html
    assert 'value="soon"' in html
    assert 'value="Masked names"' in html
    assert not SourceSystem.objects.exists()


def test_a_system_is_changed_and_taken_off(
    owner: Client, url: str, rollout: Rollout, maya: User
) -> None:
    source = make_source(rollout.initiative, by=maya, name="Claims", **BY_HAND)
    make_source(rollout.initiative, by=maya, name="Letters")
    page = f"{url}sources/{source.pk}/"
    answer = owner.post(page, {"name": "Letters", "pilot_way": "connected"})
    assert "is listed already" in answer.content.decode()
    assert "<h1>Claims</h1>" in answer.content.decode()
    typed = {"name": "Claims", "pilot_way": "connected", "in_scope": "true", "in_budget": "true"}
    assert owner.post(page, typed).status_code == 302
    source.refresh_from_db()
    assert (source.pilot_way, source.in_scope, source.months) == ("connected", True, None)
    assert owner.post(page, {"remove": "1"}).status_code == 302
    assert list(SourceSystem.objects.live().values_list("name", flat=True)) == ["Letters"]
    assert owner.get(page).status_code == 404


def test_another_initiatives_rows_are_not_found(owner: Client, url: str, hannah: User) -> None:
    other = make_rollout(by=hannah).initiative
    source = make_source(other, by=hannah)
    metric = make_metric(other, by=hannah)
    assert owner.get(f"{url}sources/{source.pk}/").status_code == 404
    assert owner.post(f"{url}metrics/{metric.pk}/", {"remove": "1"}).status_code == 404


def test_a_metric_is_ended_with_a_reason_and_stays_to_be_read(
    owner: Client, url: str, rollout: Rollout, maya: User
) -> None:
    metric = make_metric(rollout.initiative, by=maya, name="Minutes a case")
    page = f"{url}metrics/{metric.pk}/"
    answer = owner.post(page, {"remove": "1", "why": ""})
    assert answer.status_code == 422
    assert "Fill in “Why”" in answer.content.decode()
    assert "<h1>Minutes a case</h1>" in answer.content.decode()
    assert owner.post(page, {"remove": "1", "why": "Nobody can count it."}).status_code == 302
    html = owner.get(f"{url}metrics/").content.decode()
    assert "Nobody can count it." in html
    assert "Maya Okafor" in html[html.index("Nobody can count it.") - 300 :]
    assert "Minutes a case" not in owner.get(f"{url}metrics/record/").content.decode()
    for gone in (page, f"{page}figures/"):
        assert owner.get(gone).status_code == 404, gone


@pytest.mark.seed("S-068", "S-069")
def test_a_model_metric_alone_visibly_does_not_count(owner: Client, url: str) -> None:
    page = f"{url}metrics/"
    assert "None is named" in owner.get(page).content.decode()
    typed = {
        "name": "Rated helpful",
        "kind": "model",
        "direction": "up",
        "latest": "85",
        "latest_on": "2026-01-05",
    }
    assert owner.post(page, typed).status_code == 302
    html = owner.get(page).content.decode()
    assert "Not by itself" in html
    assert "No case yet" in html
    assert "is no business case" in html
    today = timezone.now().date().isoformat()
    business = {
        "name": "Minutes a case",
        "kind": "business",
        "direction": "down",
        "baseline": "30",
        "baseline_on": today,
        "target": "5",
        "measured_by": "Case system",
        "latest": "12",
        "latest_on": today,
    }
    assert owner.post(page, business).status_code == 302
    html = " ".join(owner.get(page).content.decode().split())
    assert "<b>1</b> of 1" in html
    assert "Short of its target" in html
    assert "No case yet" not in html


def test_a_metric_names_the_field_that_is_wrong(owner: Client, url: str) -> None:
    typed = {"name": "Minutes", "kind": "business", "direction": "down", "baseline": "30"}
    answer = owner.post(f"{url}metrics/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Give the day on which this figure was measured." in html
    assert "Constraint" not in html
    today = timezone.now().date().isoformat()
    answer = owner.post(f"{url}metrics/", {**typed, "baseline_on": today, "target": "40"})
    assert "Target: it is worse than the baseline." in answer.content.decode()
    assert not Metric.objects.exists()


# How often it happens here


@pytest.mark.seed("S-023")
def test_the_organisations_own_frequencies_stand_beside_the_assessment(
    owner: Client, url: str, hannah: User
) -> None:
    page = f"{url}risks/budget/"
    assert "there is nothing to compare with" in owner.get(page).content.decode()
    for cause in ("budget", "budget", "value"):
        make_decision(make_rollout(by=hannah), "stop", by=hannah, cause=cause)
    html = " ".join(owner.get(page).content.decode().split())
    assert "Of <b>3</b> other initiatives" in html
    assert "behind <b>2</b>" in html
    assert "Too few to compare" in html
    html = " ".join(owner.get(f"{url}risks/").content.decode().split())
    assert "<b>2</b> budget, <b>1</b> value." in html


# A figure out of bounds


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("months", "-3", "“Months of effort” cannot be below 0. Enter that or more."),
        ("months", "99999", "Give “Months of effort” with at most 4 digits."),
        ("latency_ms", "-1", "“Latency it must keep, in ms” cannot be below 0."),
        ("latency_ms", "9999999999", "“Latency it must keep, in ms” cannot be above 2147483647."),
    ],
)
def test_a_figure_out_of_bounds_is_refused_by_its_field_and_never_by_a_constraint(
    owner: Client, url: str, field: str, typed: str, said: str
) -> None:
    answer = owner.post(
        f"{url}sources/",
        {"name": "Tariff store", "pilot_way": "by_hand", field: typed},
    )
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert said in shown
    assert "onstraint" not in shown


def test_a_figure_says_its_unit_and_a_response_what_it_means(
    client: Client, maya: User, carol: User
) -> None:
    for mode in standard().failure_modes:
        for indicator in mode.indicators:
            hint = str(indicator_field(indicator).help_text)
            assert (indicator.kind == "percent") == ("from 0 to 100" in hint), indicator.key
            assert (indicator.unit or "") in hint
    rollout = make_rollout(owner=maya, sponsor=carol)
    client.force_login(maya)
    page = client.get(f"/initiatives/{rollout.initiative.reference}/risks/value/").content.decode()
    for words in ("None: nothing is done", "Planned: it is agreed", "In place: it is built"):
        assert words in page
