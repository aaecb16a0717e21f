"""A system that runs, with one row of everything that is recorded of it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from accounts.models import User
from gates.models import Rollout
from operations.models import CapacityOffer, FeedbackItem, Improvement, UserGroup, Wave
from operations.services import adoption, capacity, count_exposure, practice, reach


class Running(NamedTuple):
    wave: Wave
    group: UserGroup
    feedback: FeedbackItem
    improvement: Improvement
    offer: CapacityOffer


def make_running(rollout: Rollout, *, by: User, at: datetime, exposed: int = 1600) -> Running:
    """A quarter of everybody reached by a planned wave, a group below its target with an action,
    feedback open and closed, a review, an update, a backlog, and somebody offered."""
    initiative, today = rollout.initiative, at.date()
    act: dict[str, Any] = {"by": by, "at": at}
    new: dict[str, Any] = {"initiative": initiative, **act}
    count_exposure(exposed=exposed, counted_on=today, note="Active accounts", **new)
    reach.plan_reduction(text="The north goes back to forms.", due=today, **new)
    wave = reach.plan_wave(name="The north", starts=today, **new)
    group = adoption.describe_group(
        name="Night shift", people=90, target_percent=60, wave=wave, **new
    )
    adoption.describe_group(name="Day shift", people=200, target_percent=60, **new)
    adoption.measure_group(group=group, using=20, measured_on=today, **act)
    group = adoption.act_on_group(
        group=group,
        reason="Nobody is there to ask.",
        action="Pair each night",
        owner=by,
        due=today,
        **act,
    )
    said: dict[str, Any] = {"received_on": today, "stage": rollout.stage, "group": group}
    closed = adoption.log_feedback(text="Too many clicks.", **said, **new)
    adoption.close_feedback(item=closed, outcome="One click now.", released=True, **act)
    practice.record_review(held_on=today, found="83 % use it.", decided="Go on.", **new)
    practice.record_update(
        version="Model 2",
        updated_on=today,
        reason="Rain.",
        tested="4,000 photographs.",
        way_back="A setting.",
        **new,
    )
    done = practice.list_improvement(text="Batches at night", **new)
    practice.close_improvement(improvement=done, outcome="A third cheaper.", **act)
    return Running(
        wave=wave,
        group=group,
        feedback=adoption.log_feedback(text="No answer at night.", **said, **new),
        improvement=practice.list_improvement(text="Fewer uploads", **new),
        offer=capacity.offer_capacity(
            people=2,
            share_percent=50,
            skills="Pipelines",
            free_from=today + timedelta(days=9),
            **new,
        ),
    )
