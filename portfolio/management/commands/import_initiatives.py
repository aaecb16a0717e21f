"""Import an inventory from the command line: the same engine as the pages."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from initiatives.errors import Refused
from playbook.services import ensure_standard
from portfolio.importing.apply import confirm_import, make_plan_for, prepare
from portfolio.importing.mapping import (
    Mapping,
    MappingError,
    load_file,
    load_preset,
    presets,
)
from portfolio.importing.planning import Outcome, Plan
from portfolio.importing.reading import ReadError, Sheet, read
from portfolio.importing.report import as_data, as_text
from portfolio.importing.suggesting import suggest_mapping
from portfolio.models import ImportBatch

UNDECIDED = (Outcome.INVALID, Outcome.ASK)


class Command(BaseCommand):
    help = (
        "Import initiatives from a .csv, .xlsx or .xls file. All of it is saved or nothing. "
        "Without --preset or --mapping the columns are guessed from their headings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--preset", choices=sorted(presets()), help="a mapping that comes along")
        how.add_argument("--mapping", type=Path, metavar="FILE.toml", help="a mapping of your own")
        parser.add_argument("--update", action="store_true", help="apply changed rows too")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, only")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--sheet", default="", help="the sheet of the workbook to read")
        parser.add_argument(
            "--leave-out",
            action="store_true",
            help="import the rest when rows are invalid or cannot be matched",
        )
        parser.add_argument(
            "--by", metavar="EMAIL", default="", help="whose import it is (default: command line)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._run(options, at=timezone.now())
        except (ReadError, MappingError, Refused) as error:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False))
            raise CommandError(str(error)) from error
        self.stdout.write(result)

    def _run(self, options: dict[str, Any], *, at: datetime) -> str:
        path: Path = options["file"]
        try:
            sheet = read(path, sheet=options["sheet"])
        except OSError as error:
            raise ReadError(f"{path} cannot be opened: {error.strerror}.") from error
        preset, mapping = _mapping(sheet, options)
        plan = make_plan_for(sheet, mapping)
        undecided = [] if options["leave_out"] else plan.of(*UNDECIDED)
        wanted = plan.of(Outcome.NEW, *([Outcome.CHANGED] if options["update"] else []))
        batch = None
        if wanted and not undecided and not options["dry_run"]:
            batch = self._import(path, sheet, preset, mapping, options, at=at)
        if options["json"]:
            shown = as_data(plan, mapping=preset or "file", update=options["update"], batch=batch)
            text = json.dumps(shown, ensure_ascii=False, indent=1)
        else:
            text = as_text(plan, update=options["update"], batch=batch)
        if undecided and not options["dry_run"]:
            self.stdout.write(text)
            raise CommandError(_undecided(plan))
        return text

    @transaction.atomic
    def _import(
        self,
        path: Path,
        sheet: Sheet,
        preset: str,
        mapping: Mapping,
        options: dict[str, Any],
        *,
        at: datetime,
    ) -> ImportBatch:
        by = _actor(options["by"])
        ensure_standard(at=at)
        batch = prepare(content=path.read_bytes(), file_name=path.name, sheet=sheet, by=by, at=at)
        batch.preset = preset
        batch.mapping = mapping.model_dump(mode="json")
        batch.update_changed = options["update"]
        batch.save()
        return confirm_import(batch=batch, by=by, at=at)


def _mapping(sheet: Sheet, options: dict[str, Any]) -> tuple[str, Mapping]:
    if options["preset"]:
        return options["preset"], load_preset(options["preset"])
    if options["mapping"]:
        return "", load_file(options["mapping"])
    return suggest_mapping(sheet)


def _actor(email: str) -> User:
    """The person named, or the account that stands for whoever has a shell on the server."""
    if email:
        found = User.objects.filter(email__iexact=email, is_active=True).first()
        if found is None:
            raise Refused(f"--by: nobody who can sign in has the address {email}.")
        return found
    account, _ = User.objects.get_or_create(
        email="command-line@clearway.invalid",
        defaults={"name": "Command line", "password": "!", "is_active": False},
    )
    return account


def _undecided(plan: Plan) -> str:
    invalid, ask = len(plan.of(Outcome.INVALID)), len(plan.of(Outcome.ASK))
    return (
        f"Nothing was imported: {invalid:,} rows are invalid and {ask:,} could belong to several "
        "initiatives. Mend them, answer them in the import pages, or pass --leave-out."
    )
