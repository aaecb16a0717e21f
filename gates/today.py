"""The one day by which everything is judged."""

from datetime import date

from django.utils import timezone


def today() -> date:
    """The UTC day: what is due or overdue is so for everybody, whatever the reader's zone."""
    return timezone.now().date()
