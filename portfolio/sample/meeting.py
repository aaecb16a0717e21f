"""The sample's gate meeting: the coming Tuesday, with an agenda of what is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from accounts.models import User
from portfolio.meeting.services import call_meeting
from portfolio.sample.clock import Clock

TUESDAY = 1
MINUTES = 60  # too few for everything that waits, so that something is left out


def call(cast: Mapping[str, User], now: datetime) -> None:
    """An hour on the Tuesday after today."""
    ahead = (TUESDAY - now.weekday() - 1) % 7 + 1
    call_meeting(
        day=now.date() + timedelta(days=ahead),
        starts_at=time(10, 0),
        minutes=MINUTES,
        by=cast["Hannah Cole"],
        at=Clock(now, "meeting").at(),
    )
