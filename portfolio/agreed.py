"""What needs attention of what was agreed: a kill criterion that is hit, an exception asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from gates.models import CriterionException, Rollout
from look.templatetags.formats import day
from portfolio.lines import Day, Found, of, page


def hits(on: Day) -> QuerySet[Any, Found]:
    """Kill criteria of live rollouts that are hit and not settled, the oldest hit first."""
    return (
        Rollout.objects.live()
        .filter(
            initiative__kill_criteria__hit_at__isnull=False,
            initiative__kill_criteria__settled_at__isnull=True,
        )
        .order_by("initiative__kill_criteria__hit_at", "pk")
        .values(
            since=F("initiative__kill_criteria__hit_at"),
            text=F("initiative__kill_criteria__text"),
            note=F("initiative__kill_criteria__hit_note"),
            **of("initiative__"),
        )
    )


def say_hit(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"{found['text']}: hit on {day(found['since'].date(), today)}. {found['note']} "
        "No gate opens before it is answered.",
        "Decide",
        page("decide", found),
    )


def asked(on: Day) -> QuerySet[Any, Found]:
    """Exceptions that wait for approval, the one that is over first in front."""
    waiting = CriterionException.objects.waiting(on=on.today)
    return (
        waiting.filter(rollout__in=Rollout.objects.live())
        .order_by("expires", "pk")
        .values("id", "reason", "expires", who=F("asked_by__name"), **of("rollout__initiative__"))
    )


def say_asked(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"{found['who']} asks until {day(found['expires'], today)}: {found['reason']}",
        "Approve or refuse",
        page("exception", found, found["id"]),
    )
