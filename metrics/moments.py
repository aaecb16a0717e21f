"""Moments as people give them: a day, or a day with a time, in the organisation's zone."""

from datetime import date, datetime, time

from metrics.days import zone


def moment_of(day: date) -> datetime:
    """The moment that a figure of this day is about: its first. Typed again, it corrects."""
    return datetime.combine(day, time(), zone())


def moment_in(text: str) -> datetime:
    """The moment that ``2026-12-04``, ``2026-12-04 09:30`` or one with a zone names.

    Raises ValueError for anything else, and for what lies before this century.
    """
    text = text.strip()
    if text < "2000":
        raise ValueError(text)
    if len(text) <= len("2026-12-04"):
        return moment_of(date.fromisoformat(text))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone())
