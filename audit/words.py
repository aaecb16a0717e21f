"""How sentences in the record spell a day, whatever the reader's language and zone."""

from datetime import date


def day_words(day: date) -> str:
    """``16 Nov 2026``."""
    return f"{day.day} {day:%b %Y}"
