"""Imports by command, and the inventory as published."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.services import verify
from gates.models import Rollout, Standing
from initiatives.models import Initiative
from portfolio.importing.apply import (
    make_plan_for,
)
from portfolio.importing.mapping import load_data
from portfolio.importing.reading import read
from portfolio.importing.undo import undo_import
from portfolio.models import ImportBatch, ImportedRow
from tests.factories import NOW, make_playbook
from tests.portfolio.batches import HEADINGS, MAPPING, ROWS, domain_rows, imported
from tests.portfolio.inventory import CSV, XLS, csv_bytes, needs_inventory, raw_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def playbook(db: None) -> None:
    make_playbook()


def run(*args: object) -> dict:
    out = StringIO()
    call_command("import_initiatives", *map(str, args), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_refuses_a_file_with_an_invalid_row_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(csv_bytes(("n" * 10_000, "HR", "Pilot", "x"), ("B", "HR", "Pilot", "x")))
    before = domain_rows()
    with pytest.raises(CommandError, match="1 rows are invalid"):
        run(path)
    assert domain_rows() == before
    assert run(path, "--leave-out")["counts"]["new"] == 1
    assert Initiative.objects.get().name == "B"


def test_the_command_takes_a_mapping_file(tmp_path: Path) -> None:
    path, mapping = tmp_path / "a.csv", tmp_path / "mine.toml"
    path.write_bytes(csv_bytes(("A", "HR", "on the road", "x")))
    mapping.write_text(
        'key = ["name"]\nconstants = { unit = "Head office" }\n'
        '[[columns]]\nfield = "name"\nheading = "Project"\n'
        '[[columns]]\nfield = "stage"\nheading = "Status"\nvalues = { "On the road" = "scaled" }\n',
        encoding="utf-8",
    )
    assert run(path, "--mapping", mapping, "--dry-run")["imported"] is False
    run(path, "--mapping", mapping)
    initiative = Initiative.objects.get()
    assert (str(initiative.unit), initiative.rollouts.get().stage) == ("Head office", "scaled")


def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    with pytest.raises(CommandError, match="The file is empty"):
        run(path)
    with pytest.raises(CommandError, match="cannot be opened"):
        run(tmp_path / "absent.csv")


@needs_inventory
def test_the_published_inventory_from_import_to_undo(hannah: User) -> None:
    before = domain_rows()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        result = run(CSV, "--preset", "omb-2024")
    assert result["counts"]["new"] == result["rows"] == 2_133
    assert len(captured) < 30 * 2_133 / 100
    counted = Counter(" ".join(cells[9].split()) for cells in raw_rows()[1:])
    in_production = sum(
        counted[words] for words in ("Operation and Maintenance", "In production", "In mission")
    )
    assert in_production == 892
    assert Rollout.objects.filter(stage="steady").count() == in_production
    steady = Standing.objects.filter(rollout__stage="steady")
    assert steady.filter(labels__contains=["claimed", "extended_pilot"]).count() == in_production
    assert {tuple(row.cells) for row in ImportedRow.objects.all()} == {
        tuple(cells) for cells in raw_rows()[1:]
    }
    assert Initiative.objects.filter(unit__parent__isnull=True).count() >= sum(
        1 for cells in raw_rows()[1:] if not cells[3].strip()
    )

    again = run(CSV, "--preset", "omb-2024")
    assert again["counts"]["unchanged"] == 2_133
    assert again["imported"] is False

    other = run(XLS, "--preset", "omb-2024", "--update")
    assert {(each["row"], each["field"]) for each in other["changed"]} == {
        (row, "benefit") for row in (36, 41, 625, 846, 870, 1086, 1409, 1415)
    }
    assert other["counts"]["unchanged"] == 2_125
    for batch in ImportBatch.objects.order_by("-pk"):
        undo_import(batch=batch, by=hannah, at=NOW)
    assert domain_rows() == before
    assert verify()[1] == []


@needs_inventory
def test_the_published_inventory_needs_no_mapping_to_be_recognised() -> None:
    assert run(XLS, "--dry-run")["mapping"] == "omb-2024"


def test_planning_reads_the_portfolio_in_a_fixed_number_of_statements(hannah: User) -> None:
    sheet = read(csv_bytes(*ROWS, headings=HEADINGS), name="a.csv")
    mapping = load_data(MAPPING)
    counts = []
    for extra in (1, 30):
        imported(hannah, *[(f"P{extra}-{n}", "HR", "Live", "x", "") for n in range(extra)])
        with CaptureQueriesContext(connection) as captured:
            make_plan_for(sheet, mapping)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 4
