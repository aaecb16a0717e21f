"""Moments as people give them: a day, or a day with a time, in the organisation's zone."""

from datetime import date, datetime, time

from metrics.days import day_of, zone


def moment_of(day: date, at: datetime) -> datetime:
    """The moment that a figure of this day is about: now for today, else the day's noon."""
    return at if day == day_of(at) else datetime.combine(day, time(12), zone())


def moment_in(text: str, at: datetime) -> datetime:
    """The moment that ``2026-12-04``, ``2026-12-04 09:30`` or one with a zone names.

    Raises ValueError for anything else.
    """
    text = text.strip()
    if len(text) <= len("2026-12-04"):
        return moment_of(date.fromisoformat(text), at)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone())
