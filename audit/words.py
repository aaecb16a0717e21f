"""How sentences spell days and lists, whatever the reader's language and zone."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache


@lru_cache(maxsize=4096)  # judging a portfolio spells the same days again and again
def day_words(day: date) -> str:
    """``16 Nov 2026``."""
    return f"{day.day} {day:%b %Y}"


def short_day(day: date, today: date | None = None) -> str:
    """``16 Nov``; with the year where it is not that of ``today``."""
    return day_words(day) if today and day.year != today.year else f"{day.day} {day:%b}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``; empty for no words."""
    *head, tail = words or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail
