"""Print the code that the first visitor needs."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from accounts.errors import Refused
from accounts.services.setup import issue_setup_code


class Command(BaseCommand):
    help = "Prints a fresh one-time code with which the first visitor becomes administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = issue_setup_code(at=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write("Nobody administers Clearway yet. The first administrator signs up with")
        self.stdout.write(f"  address  {settings.BASE_URL}{reverse('accounts:setup')}")
        self.stdout.write(f"  code     {code}")
