"""``manage.py state_diagram``: bring the diagram in docs/rollout.md up to date."""

from django.conf import settings
from django.core.management.base import BaseCommand

from gates.diagram import with_diagram


class Command(BaseCommand):
    help = "Draw the rollout's state diagram into docs/rollout.md."

    def handle(self, *args: object, **options: object) -> None:
        path = settings.BASE_DIR / "docs" / "rollout.md"
        path.write_text(with_diagram(path.read_text()))
        self.stdout.write(f"Drawn into {path.name}.")
