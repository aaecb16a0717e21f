"""``manage.py verify_audit``: prove every chain of the audit trail."""

from django.core.management.base import BaseCommand, CommandError

from audit.services import verify


class Command(BaseCommand):
    help = "Recompute every digest of the audit trail and report each break."

    def handle(self, *args: object, **options: object) -> None:
        count, breaks = verify()
        for found in breaks:
            self.stderr.write(f"{found.chain} event {found.seq}: {found.reason}")
        if breaks:
            raise CommandError(f"{len(breaks)} breaks in {count} events.")
        self.stdout.write(f"{count} events, every chain intact.")
