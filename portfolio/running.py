"""What needs attention of systems that run: out of their band, or a practice that was left off."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Greatest

from audit.words import listed
from gates.cadence import last_done
from gates.models import Rollout, Stage
from look.templatetags.formats import day
from operations.models import ReductionPlan
from portfolio.lines import Day, Found, first_name, of, page
from portfolio.rows import document_of


def breach(on: Day) -> QuerySet[Any, Found]:
    """Owned rollouts whose exposed population breaks the bounds of their stage, oldest first."""
    return (
        Rollout.objects.live()
        .filter(standing__breach_since__isnull=False, initiative__owner__isnull=False)
        .exclude(pk__in=_past_their_plan(on.today).values("pk"))
        .order_by("standing__breach_since", "pk")
        .values(since=F("standing__breach_since"), how=F("standing__breach"), **of("initiative__"))
    )


def say_breach(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"{found['how']} So since {day(found['since'], today)}.",
        f"Ask {first_name(found['owned_by'])} for the way back",
        f"{page('reach', found)}#exposure",
    )


def _past_their_plan(today: date) -> QuerySet[Any, Any]:
    """Owned rollouts still out of their bounds after the day by which the newest plan made for
    this breach was to bring access down."""
    newest = ReductionPlan.objects.filter(
        initiative=OuterRef("initiative"),
        made_at__date__gte=OuterRef("standing__breach_since"),
    ).order_by("-made_at", "-pk")
    return (
        Rollout.objects.live()
        .filter(standing__breach_since__isnull=False, initiative__owner__isnull=False)
        .annotate(
            planned=Subquery(newest.values("text")[:1]), by=Subquery(newest.values("due")[:1])
        )
        .filter(by__lt=today)
    )


def plan(on: Day) -> QuerySet[Any, Found]:
    """Plans to take access back whose day is over while the breach goes on, oldest first."""
    late = _past_their_plan(on.today).order_by("by", "pk")
    return late.values("planned", "by", **of("initiative__"))


def say_plan(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"Access was to come down by {day(found['by'], today)}: {found['planned']}",
        f"Ask {first_name(found['owned_by'])} to plan anew",
        f"{page('reach', found)}#exposure",
    )


def practice(on: Day) -> QuerySet[Any, Found]:
    """Steady rollouts with a practice whose turn is over; a claim still owes its gates first."""
    last = last_done()
    since = Cast(F("stage_entered_at"), DateField())
    rollouts = Rollout.objects.filter(stage=Stage.STEADY, initiative__owner__isnull=False).exclude(
        standing__labels__contains=["claimed"]
    )
    rollouts = rollouts.annotate(
        **{key: Greatest(Coalesce(day_of, since), since) for key, day_of in last.items()}
    )
    overdue = Q(pk__in=[])
    for playbook, every in on.practice_days.items():
        for key in set(every) & set(last):
            before = on.today - timedelta(days=every[key])
            overdue |= Q(playbook=playbook, **{f"{key}__lt": Value(before, DateField())})
    return (
        rollouts.filter(overdue)
        .order_by("stage_entered_at", "pk")
        .values("playbook", *last, **of("initiative__"))
    )


def say_practice(found: Found, today: date) -> tuple[str, str, str]:
    late = [
        f"{each.name.lower()} since {day(due, today)}"
        for each in document_of(found["playbook"]).steady_practices
        if each.every_days is not None
        and each.key in found
        and (due := found[each.key] + timedelta(days=each.every_days)) < today
    ]
    return (
        f"Overdue: {listed(late)}.",
        f"Ask {first_name(found['owned_by'])}",
        f"{page('practice', found)}#cadence",
    )
