"""A breach of the band: who is told, where it shows, and what a return asks for."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gates.models import Rollout
from initiatives.errors import Refused
from operations.services import count_exposure
from operations.services.reach import plan_reduction
from reminders.models import Sending
from reminders.services import claim_due
from tests.factories import NOW, make_decision, make_initiative, make_rollout

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture
def limited(maya: User, hannah: User) -> Rollout:
    """In limited production by a claim, with more than a fifth of everybody reached."""
    rollout = make_rollout(make_initiative(owner=maya), stage="limited", by=hannah)
    count(rollout, 1600)
    return rollout


def count(rollout: Rollout, exposed: int, *, after: int = 0) -> None:
    at = NOW + timedelta(days=after)
    count_exposure(
        initiative=rollout.initiative,
        exposed=exposed,
        counted_on=at.date(),
        by=rollout.initiative.owner,
        at=at,
    )


def told(after: int) -> list[tuple[str, str]]:
    """Who is told of a breach by a sweep on that day, and by which step."""
    at = NOW + timedelta(days=after)
    claim_due(at=at)
    fresh = Sending.objects.filter(rule="breach", claimed_at=at).order_by("step")
    Sending.objects.filter(claimed_at=at).update(taken_at=at, sent_at=at)
    return [(sending.step, sending.recipient.name) for sending in fresh]


@pytest.mark.seed("S-106")
def test_owner_and_program_office_are_told_once_and_the_office_again_after_two_weeks(
    limited: Rollout,
) -> None:
    assert told(0) == [("breach_shows", "Maya Okafor"), ("breach_shows_office", "Hannah Cole")]
    count(limited, 1700, after=2)
    assert told(2) == [], "it goes on, and was told"
    assert told(14) == [("breach_lasts", "Hannah Cole")]
    count(limited, 900, after=15)
    assert told(15) == []
    count(limited, 1650, after=16)
    assert len(told(16)) == 2, "a new breach is told anew"


def test_the_mail_says_how_and_leads_to_the_count(limited: Rollout) -> None:
    told(0)
    sending = Sending.objects.filter(step="breach_shows").get()
    assert "25 % have access" in sending.text
    assert sending.path == reverse("gates:reach", args=[limited.initiative.reference])


def test_it_shows_on_the_table_and_among_what_needs_attention(
    limited: Rollout, hannah: User, client: Client, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    client.force_login(hannah)
    table = client.get(reverse("portfolio:table"), {"label": "breach"}).content.decode()
    assert "Out of its band" in table
    assert limited.initiative.name in table
    lines = client.get(reverse("portfolio:attention")).context["lines"]
    (line,) = [line for line in lines if line.rule.key == "breach"]
    assert "this stage allows 20 %" in line.text
    assert line.act == "Ask Maya for the way back"
    assert line.act_url.endswith("/reach/#exposure")
    count(limited, 800)
    lines = client.get(reverse("portfolio:attention")).context["lines"]
    assert [line for line in lines if line.rule.key == "breach"] == []


def test_a_plan_whose_day_is_over_is_overdue_until_the_count_or_a_new_plan(
    limited: Rollout, hannah: User, client: Client, time_machine: Any
) -> None:
    client.force_login(hannah)

    def shown(days: int) -> list[Any]:
        time_machine.move_to(NOW + timedelta(days=days), tick=False)
        lines = client.get(reverse("portfolio:attention")).context["lines"]
        return [line for line in lines if line.rule.key in ("plan", "breach")]

    def plan(text: str, *, made: int, due: int) -> None:
        at, by_day = NOW + timedelta(days=made), TODAY + timedelta(days=due)
        plan_reduction(initiative=limited.initiative, text=text, due=by_day, by=hannah, at=at)

    plan("The north goes back to forms.", made=0, due=9)
    assert [line.rule.key for line in shown(9)] == ["breach"]
    (line,) = shown(10)
    assert (line.rule.key, line.rule.mark, line.rule.urgent) == ("plan", "overdue", True)
    assert line.text.endswith(": The north goes back to forms.")
    assert line.act == "Ask Maya to plan anew"
    assert line.act_url.endswith("/reach/#exposure")
    plan("The south, too.", made=10, due=20)
    assert [line.rule.key for line in shown(11)] == ["breach"]
    assert [line.rule.key for line in shown(21)] == ["plan"]
    count(limited, 800, after=21)
    assert shown(21) == []


def test_a_return_to_a_stage_that_allows_fewer_people_asks_for_a_dated_plan(
    limited: Rollout, hannah: User
) -> None:
    with pytest.raises(Refused, match="25 % have it, and that stage allows 10 %"):
        make_decision(limited, "return", return_to="pilot", by=hannah)
    with pytest.raises(Refused, match="How access comes down"):
        make_decision(
            limited,
            "return",
            return_to="pilot",
            reduction="Forms again.",
            reduction_due=TODAY - timedelta(days=1),
            by=hannah,
        )
    make_decision(
        limited,
        "return",
        return_to="pilot",
        reduction="The north goes back to forms.",
        reduction_due=TODAY + timedelta(days=9),
        by=hannah,
    )
    plan = limited.initiative.reduction_plans.get()
    assert (plan.text, plan.made_by) == ("The north goes back to forms.", hannah)
    standing = Rollout.objects.get(pk=limited.pk).standing
    assert standing.breach_since == TODAY
    assert "this stage allows 10 %" in standing.breach


def test_a_return_below_the_bound_asks_for_no_plan(limited: Rollout, hannah: User) -> None:
    count(limited, 500)
    make_decision(limited, "return", return_to="pilot", by=hannah)
    assert not limited.initiative.reduction_plans.exists()
