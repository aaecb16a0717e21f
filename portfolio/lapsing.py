"""Evidence that ran out or soon will, as lines that need attention."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet

from checklists.models import Check, CheckStatus
from gates.models import Rollout
from look.templatetags.formats import day, plural_count
from portfolio.lines import Day, Found, first_name, of, page

LAPSING_DAYS = 14


def lapsed(on: Day) -> QuerySet[Any, Found]:
    return (
        Rollout.objects.live()
        .filter(standing__ladder__contains="l", initiative__owner__isnull=False)
        .order_by("standing__checks_met", "pk")
        .values(met=F("standing__checks_met"), ladder=F("standing__ladder"), **of("initiative__"))
    )


def say_lapsed(found: Found, today: date) -> tuple[str, str, str]:
    gone = found["ladder"].count("l")
    return (
        f"{plural_count(gone, 'check')} lapsed with {'its' if gone == 1 else 'their'} "
        f"evidence: the ladder stands at {found['met']} of {len(found['ladder'])}.",
        f"Ask {first_name(found['owned_by'])} for renewal",
        page("ladder", found),
    )


def runs_out(on: Day) -> QuerySet[Any, Found]:
    live = Rollout.objects.live().filter(initiative=OuterRef("initiative"))
    return (
        Check.objects.filter(
            Exists(live),
            status=CheckStatus.MET,
            valid_until__range=(on.today, on.today + timedelta(days=LAPSING_DAYS)),
        )
        .order_by()
        .values(**of("initiative__"))
        .annotate(checks=Count("pk"), first=Min("valid_until"))
        .order_by("first", "ref")  # type: ignore[misc]  # its columns come out of `of`
    )


def say_runs_out(found: Found, today: date) -> tuple[str, str, str]:
    return (
        f"The evidence of {plural_count(found['checks'], 'check')} runs out, the first on "
        f"{day(found['first'], today)}.",
        f"Ask {first_name(found['owned_by'])} for renewal",
        page("ladder", found),
    )
