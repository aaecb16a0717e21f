"""Whom a rollout reaches: the count against its band, the breach, the plan, the waves."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from audit.models import Event
from gates.case import case_of
from gates.models import Rollout, Standing
from gates.services.rollouts import pause
from gates.services.waves import release_wave
from initiatives.errors import Refused
from operations.models import Wave
from operations.services import count_exposure, reach
from playbook.reach import breach_since, breaches
from tests.factories import NOW, make_initiative, make_passed, make_rollout

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture
def limited(maya: User, devin: User, reviewers: list[User], hannah: User) -> Rollout:
    """In limited production through its gates, six thousand four hundred people intended."""
    return make_passed(
        make_rollout(owner=maya),
        gates=3,
        owner=maya,
        verifier=devin,
        reviewers=reviewers,
        decider=hannah,
        at=NOW,
    )


def count(rollout: Rollout, exposed: int, *, after: int = 0, **more: Any) -> None:
    at = NOW + timedelta(days=after)
    by = rollout.initiative.owner
    day = at.date()
    count_exposure(
        initiative=rollout.initiative, exposed=exposed, counted_on=day, by=by, at=at, **more
    )


def broken(rollout: Rollout, *, after: int = 0) -> list[tuple[str, date | None]]:
    """How the band is broken on that day, and since when."""
    case = case_of(rollout, at=NOW + timedelta(days=after))
    since = breach_since(case.document, case.facts)
    return [(finding.key, since) for finding in breaches(case.document, case.facts)]


@pytest.mark.parametrize(("exposed", "breach"), [(640, []), (1280, []), (1281, ["above"])])
@pytest.mark.seed("S-106", "S-016")
def test_limited_production_keeps_to_ten_to_twenty_percent(
    limited: Rollout, exposed: int, breach: list[str]
) -> None:
    count(limited, exposed)
    assert [key for key, _since in broken(limited)] == breach


def test_too_few_are_a_breach_once_the_shortest_planned_weeks_are_over(limited: Rollout) -> None:
    count(limited, 300)
    assert broken(limited, after=42) == []
    assert broken(limited, after=43) == [("thin", TODAY + timedelta(days=43))]
    kept = Standing.objects.get(rollout=limited).valid_until
    assert kept is not None
    assert kept <= TODAY + timedelta(days=42)


def test_three_rises_in_a_row_without_a_gate_are_a_breach_and_a_rest_ends_it(
    limited: Rollout,
) -> None:
    for day, exposed in enumerate((700, 800, 900)):
        count(limited, exposed, after=day)
    assert broken(limited, after=3) == []
    count(limited, 1000, after=3)
    assert broken(limited, after=3) == [("creeping", TODAY + timedelta(days=3))]
    count(limited, 1100, after=4)
    assert broken(limited, after=4) == [("creeping", TODAY + timedelta(days=3))], "the day stays"
    count(limited, 1100, after=5)
    assert broken(limited, after=5) == []


def test_a_breach_keeps_its_first_day_while_it_lasts_and_ends_by_itself(limited: Rollout) -> None:
    for day, exposed in ((1, 1200), (2, 1500), (3, 1700), (4, 1600)):
        count(limited, exposed, after=day)
    assert broken(limited, after=4) == [("above", TODAY + timedelta(days=2))]
    kept = Standing.objects.get(rollout=limited)
    assert kept.breach_since == TODAY + timedelta(days=2)
    assert "breach" in kept.labels
    assert "25 % have access" in kept.breach
    count(limited, 1250, after=5)
    kept.refresh_from_db()
    assert (kept.breach_since, kept.breach) == (None, "")
    assert "breach" not in kept.labels


def test_before_limited_production_nobody_beyond_a_small_group(maya: User) -> None:
    rollout = make_rollout(owner=maya)
    assert broken(rollout) == []
    count(rollout, 1)
    assert [key for key, _since in broken(rollout)] == ["above"], "a pilot before its gate"
    pilot = make_rollout(make_initiative(owner=maya), stage="pilot", by=maya)
    count(pilot, 640)
    assert broken(pilot) == []
    count(pilot, 641, after=1)
    assert [key for key, _since in broken(pilot, after=1)] == ["above"]


def test_a_count_of_a_day_to_come_is_refused(limited: Rollout, maya: User) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Refused, match="Counted on"):
        count_exposure(
            initiative=limited.initiative, exposed=1, counted_on=tomorrow, by=maya, at=NOW
        )


def test_a_plan_says_how_and_by_a_day_to_come(limited: Rollout, maya: User) -> None:
    act: dict[str, Any] = {"initiative": limited.initiative, "by": maya, "at": NOW}
    with pytest.raises(Refused) as refused:
        reach.plan_reduction(text=" ", due=TODAY - timedelta(days=1), **act)
    assert len(refused.value.reasons) == 2
    reach.plan_reduction(text="The second office goes back to forms.", due=TODAY, **act)
    newest = Event.objects.of(limited.initiative.chain).newest_first()[0]
    assert newest.verb == "exposure.reduction_planned"


def wave(rollout: Rollout, name: str, *, in_days: int, by: User) -> Wave:
    starts = TODAY + timedelta(days=in_days)
    return reach.plan_wave(initiative=rollout.initiative, name=name, starts=starts, by=by, at=NOW)


@pytest.mark.seed("S-113")
def test_waves_are_released_one_after_the_other_once_gate_3_is_passed(
    maya: User, devin: User, reviewers: list[User], hannah: User, limited: Rollout
) -> None:
    first, second = (wave(limited, name, in_days=0, by=maya) for name in ("North", "South"))
    act: dict[str, Any] = {"rollout": limited, "by": maya, "at": NOW}
    with pytest.raises(Refused, match="Gate 3 comes first"):
        release_wave(wave=first, **act)
    people: dict[str, Any] = {"owner": maya, "verifier": devin, "decider": hannah}
    make_passed(limited, gates=1, reviewers=reviewers, **people)
    with pytest.raises(Refused, match="Wave 1 comes first"):
        release_wave(wave=second, **act)
    released = release_wave(wave=first, **act)
    assert (released.released_by, released.released_at) == (maya, NOW)
    with pytest.raises(Refused, match="released already"):
        release_wave(wave=first, **act)
    pause(rollout=limited, reason="Frozen.", cause="budget", by=maya, at=NOW)
    with pytest.raises(Refused, match="paused"):
        release_wave(wave=second, **act)


def test_a_claim_releases_no_wave_before_it_is_proven(maya: User) -> None:
    claimed = make_rollout(make_initiative(owner=maya), stage="scaled", by=maya)
    planned = wave(claimed, "Everybody", in_days=0, by=maya)
    with pytest.raises(Refused, match="is owed: its claim has not been proven"):
        release_wave(rollout=claimed, wave=planned, by=maya, at=NOW)


def test_waves_are_planned_in_order_and_a_released_one_stays_as_it_is(
    limited: Rollout, maya: User
) -> None:
    first = wave(limited, "North", in_days=10, by=maya)
    with pytest.raises(Refused, match="wave 1 starts on"):
        wave(limited, "South", in_days=9, by=maya)
    reach.release_wave(wave=first, by=maya, at=NOW)
    with pytest.raises(Refused, match="It is released"):
        reach.change_wave(wave=first, name="East", starts=TODAY, by=maya, at=NOW)
