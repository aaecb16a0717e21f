"""Small imports for the tests, and what there is to count afterwards."""

from accounts.models import User
from gates.models import Claim, Rollout, Standing
from initiatives.models import BusinessUnit, Initiative
from portfolio.importing.apply import (
    confirm_import,
    prepare,
)
from portfolio.importing.reading import read
from portfolio.models import ImportBatch, ImportedRow
from tests.factories import NOW
from tests.portfolio.inventory import csv_bytes

MAPPING = {
    "key": ["name"],
    "tell_apart": "problem",
    "columns": [
        {"field": "name", "heading": "Project"},
        {"field": "unit", "heading": "Department"},
        {"field": "stage", "heading": "Status", "values": {"Live": "steady", "Trial": "pilot"}},
        {"field": "problem", "heading": "Description"},
        {"field": "owner", "heading": "Owner"},
    ],
}
HEADINGS = ("Project", "Department", "Status", "Description", "Owner")
ROWS = (
    ("Chatbot", "HR", "Live", "Answers questions", ""),
    ("OCR", "Finance", "Trial", "Reads invoices", "maya.okafor@example.com"),
    ("Forecast", "Finance", "", "Predicts demand", ""),
    ("=Odd", "HR", "retired", "Old", ""),
)


def draft(by: User, *rows: tuple[str, ...], update: bool = False) -> ImportBatch:
    content = csv_bytes(*(rows or ROWS), headings=HEADINGS)
    sheet = read(content, name="inventory.csv")
    batch = prepare(content=content, file_name="inventory.csv", sheet=sheet, by=by, at=NOW)
    batch.mapping = MAPPING
    batch.update_changed = update
    batch.save()
    return batch


def imported(by: User, *rows: tuple[str, ...], update: bool = False) -> ImportBatch:
    return confirm_import(batch=draft(by, *rows, update=update), by=by, at=NOW)


def stages() -> dict[str, str]:
    return dict(Rollout.objects.values_list("initiative__name", "stage"))


def domain_rows() -> dict[str, int]:
    return {
        model.__name__: model.objects.count()
        for model in (Initiative, BusinessUnit, Rollout, Claim, Standing, ImportedRow)
    }
