"""Whom a system reaches, who really uses it, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.permissions import reader
from gates.models import Stage
from gates.reachfacts import reach_of
from gates.services.waves import against_release
from gates.views.loading import load
from gates.views.page import judged, show
from initiatives.models import Initiative
from initiatives.permissions import may_edit
from operations.models import UserGroup

COUNTS_SHOWN = 8
CLOSED_SHOWN = 10
STAGES = {stage.value: stage.label for stage in Stage}


@dataclass(frozen=True)
class GroupLine:
    """A group with the share that uses it, and how it stands: a mark and its word."""

    row: UserGroup
    percent: float | None
    mark: str
    word: str

    @property
    def below(self) -> bool:
        return self.mark in ("not_met", "warning", "overdue")

    @classmethod
    def of(cls, row: UserGroup, today: date) -> GroupLine:
        if row.using is None:
            return cls(row, None, "unknown", "not measured")
        percent = 100 * row.using / row.people
        return cls(row, percent, *_standing(row, percent, today))


def _standing(row: UserGroup, percent: float, today: date) -> tuple[str, str]:
    if percent >= row.target_percent:
        return "met", "on target"
    if not row.action:
        return "not_met", "below target, nothing done"
    if row.action_done_at is not None:
        helped = row.measured_on is None or row.measured_on <= row.action_done_at.date()
        return (
            ("warning", "action done, not measured since")
            if helped
            else (
                "not_met",
                "still below target after the action",
            )
        )
    if row.action_due is not None and row.action_due < today:
        return "overdue", "below target, action overdue"
    return "warning", "below target, acted on"


@login_required
@require_safe
def reach(request: HttpRequest, reference: str) -> HttpResponse:
    """The count against its band, waves, groups and feedback; each is recorded on its own page."""
    rollout = load(request, reference)
    case = judged(rollout)
    initiative = rollout.initiative
    feedback = list(initiative.feedback.select_related("group", "logged_by", "closed_by"))
    closed = [item for item in feedback if item.closed_at]
    waves = list(initiative.waves.select_related("released_by"))
    return show(
        request,
        "gates/reach.html",
        rollout,
        {
            "case": case,
            "reach": reach_of(case),
            "counts": _counts(initiative),
            "plan": initiative.reduction_plans.select_related("made_by").first(),
            "waves": waves,
            "next_wave": next((wave for wave in waves if wave.released_at is None), None),
            "against_release": against_release(case),
            "groups": [GroupLine.of(g, case.facts.today) for g in _groups(initiative)],
            "open_items": [
                (item, STAGES.get(item.stage, item.stage))
                for item in feedback
                if item.closed_at is None
            ],
            "closed_items": closed[:CLOSED_SHOWN],
            "closed_count": len(closed),
            "changed_count": sum(item.released for item in closed),
            "edits": may_edit(reader(request), initiative),
            "today": case.facts.today,
        },
    )


def _counts(initiative: Initiative) -> list[dict[str, Any]]:
    rows = initiative.exposures.select_related("recorded_by")[:COUNTS_SHOWN]
    whole = initiative.population
    return [{"row": row, "percent": 100 * row.exposed / whole if whole else None} for row in rows]


def _groups(initiative: Initiative) -> QuerySet[UserGroup]:
    return initiative.user_groups.select_related("wave", "action_owner")
