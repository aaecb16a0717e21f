"""``manage.py load_sample_portfolio``: the portfolio of the demo."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portfolio.sample.loading import load

LINES_EVERY = 5


class Command(BaseCommand):
    help = "Fill an empty database with invented people and initiatives. Else does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load(now=timezone.now(), told=self._tell)
        self.stdout.write(
            f"Loaded {count} sample initiatives."
            if count
            else "There are people or initiatives already; nothing was loaded."
        )

    def _tell(self, done: int, total: int) -> None:
        """A line now and then, so that whoever waits sees that it goes on, also in a log file."""
        if done % LINES_EVERY == 0 and done < total:
            self.stdout.write(f"{done} of {total} stories told")
            self.stdout.flush()
