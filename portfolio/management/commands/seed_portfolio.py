"""``manage.py seed_portfolio --initiatives N``: an invented portfolio of any size."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portfolio.sample.seed import seed


class Command(BaseCommand):
    help = "Add an invented portfolio, for benchmarks. The same seed gives the same portfolio."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--initiatives", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="S")

    def handle(self, *args: Any, **options: Any) -> None:
        count = seed(count=options["initiatives"], seed=options["seed"], at=timezone.now())
        self.stdout.write(f"Added {count:,} initiatives.")
