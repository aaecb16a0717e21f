"""Count every day of measurements anew, after the organisation's time zone changed."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from gates.models import Standing
from gates.standings import refresh_run_out
from look.templatetags.formats import plural_count
from metrics.days import recount_all


class Command(BaseCommand):
    help = "After a change of CLEARWAY_TIME_ZONE: count all days anew and judge every gate again."

    def handle(self, *args: Any, **options: Any) -> None:
        days, at = recount_all(), timezone.now()
        # Whatever stops this is taken up by the hourly sweep: what is out of date stays marked.
        due = Standing.objects.exclude(rollout__stage__in=("stopped", "retired"))
        count = due.update(valid_until=at.date().replace(year=at.year - 1, day=1))
        refresh_run_out(at=at)
        counted, judged = plural_count(days, "day"), plural_count(count, "rollout")
        self.stdout.write(f"{counted} counted, {judged} judged anew.")
