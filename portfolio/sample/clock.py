"""A story's own time: working days and hours, never back, and never past now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

OPENS, CLOSES = 9, 17  # hours of a working day
MORNING = 120  # minutes within which the day's first act falls
APART = (2, 7)  # minutes from one act to the next
SATURDAY = 5
DAY = timedelta(days=1)


class Clock:
    """Where a story is in time. The same name gives the same minutes."""

    def __init__(self, now: datetime, name: str) -> None:
        self.now, self.dice = now, Random(name)  # noqa: S311
        self.moment = datetime.min.replace(tzinfo=now.tzinfo)

    def working_day(self, days_ago: float) -> date:
        """The day so long ago, or the working day before it; a day to come stays as it is."""
        day = (self.now - timedelta(days=days_ago)).date()
        if days_ago < 0:
            return day
        while day.weekday() >= SATURDAY or self._opens(day) + MORNING * timedelta(minutes=1) > (
            self.now
        ):
            day -= DAY
        return day

    def at(self, *, weeks: float = 0, days: float = 0) -> datetime:
        """Go on to the morning of the working day so many weeks and days from now."""
        day = self.working_day(-(weeks * 7 + days))
        minutes = timedelta(minutes=self.dice.randrange(MORNING))
        return self.after(self._opens(day) + minutes)

    def after(self, moment: datetime) -> datetime:
        """Go on to the moment, unless it is past already."""
        self.moment = max(self.moment, moment)
        return self.moment

    def tick(self) -> datetime:
        """Go on to the next act: some minutes later, and not after work."""
        following = self.moment + timedelta(minutes=self.dice.randint(*APART))
        if following.hour >= CLOSES:
            morning = self._opens(following.date()) + DAY
            while morning.weekday() >= SATURDAY:
                morning += DAY
            following = morning if morning < self.now else following
        return self.after(min(following, self.now))

    def _opens(self, day: date) -> datetime:
        return self.now.replace(
            year=day.year, month=day.month, day=day.day, hour=OPENS, minute=0, second=0
        ).replace(microsecond=0)
