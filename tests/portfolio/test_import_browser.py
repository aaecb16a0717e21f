"""The import wizard in a browser, with and without scripting, wide and narrow."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from initiatives.models import Initiative
from portfolio.models import ImportBatch
from tests.factories import make_playbook
from tests.plugins.site import Visitors
from tests.portfolio.inventory import csv_bytes

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = (
    ("Chatbot for benefits questions", "HR", "Live", "Answers questions"),
    ("Chatbot for benefits questions", "HR", "Live", "Answers other questions"),
    ("Invoice reader", "Finance", "Dreaming", "Reads invoices"),
    ("n" * 600, "Finance", "Live", "Too long a name"),
    ("=Demand forecast", "Finance", "Retired", "Predicts demand"),
)
HEADINGS = ("Project", "Department", "Status", "Description")
PAGES = ("columns", "values", "dry_run")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    make_playbook()
    path = tmp_path / "inventory.csv"
    path.write_bytes(csv_bytes(*ROWS, headings=HEADINGS))
    return path


@pytest.mark.parametrize("javascript", [True, False])
def test_an_inventory_is_imported_and_taken_back(
    visitors: Visitors, hannah: User, inventory: Path, javascript: bool
) -> None:
    page = visitors.page(hannah, javascript=javascript)
    page.goto(reverse("portfolio:imports"))
    page.get_by_label("Inventory file").set_input_files(inventory)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What does each column mean?")
    page.get_by_role("button", name="Go on to values").click()
    page.get_by_label("Stage: Dreaming becomes").select_option(label="Intake")
    page.get_by_role("button", name="Go on to the dry run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "4 of 5 rows would add or change an initiative"
    )
    expect(page.get_by_text("600 characters and 500 fit")).to_be_visible()
    assert Initiative.objects.count() == 0
    page.get_by_role("button", name="Import 4 new rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 initiatives came from this file")
    page.get_by_role("link", name="Take it back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This import was taken back")
    assert Initiative.objects.count() == 0


@pytest.mark.parametrize("width", [1280, 320])
def test_no_page_of_the_wizard_scrolls_sideways(
    visitors: Visitors, hannah: User, inventory: Path, width: int
) -> None:
    page = visitors.page(hannah, width=width)
    page.goto(reverse("portfolio:imports"))
    _fits(page)
    page.get_by_label("Inventory file").set_input_files(inventory)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What does each column mean?")
    batch = ImportBatch.objects.get()
    for name in PAGES:
        page.goto(reverse(f"portfolio:import_{name}", args=[batch.pk]))
        _fits(page)


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
