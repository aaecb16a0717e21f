"""``manage.py load_sample_portfolio``: the portfolio of the demo."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portfolio.sample.loading import load


class Command(BaseCommand):
    help = "Fill an empty database with invented people and initiatives. Else does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        count = load(now=timezone.now())
        self.stdout.write(
            f"Loaded {count} sample initiatives."
            if count
            else "There are people or initiatives already; nothing was loaded."
        )
