from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from playbook.services import ensure_standard


class Command(BaseCommand):
    help = "Publish the playbook that this release ships, unless it is published already."

    def handle(self, *args: Any, **options: Any) -> None:
        version = ensure_standard(at=timezone.now())
        self.stdout.write(f"Playbook in force: {version} ({version.sha256[:12]})")
