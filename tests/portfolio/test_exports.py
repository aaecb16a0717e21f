"""A file holds exactly what the table shows, and nothing that a spreadsheet would run."""

import csv
from io import BytesIO, StringIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from accounts.models import User
from tests.factories import make_initiative, make_rollout

pytestmark = pytest.mark.django_db


def sheet(client: Client, query: str = "") -> list[tuple[object, ...]]:
    content = client.get(f"/portfolio/export/portfolio.xlsx{query}").content
    return list(load_workbook(BytesIO(content)).active.iter_rows(values_only=True))


def test_the_workbook_has_the_rows_of_the_table(hannah: User, maya: User, client: Client) -> None:
    mine = make_rollout(name="Mine", owner=maya, sponsor=hannah, impact_class="rights")
    make_rollout(name="Claimed", stage="limited")
    client.force_login(hannah)
    headings, *rows = sheet(client, "?owner=set")
    assert headings[:6] == ("Reference", "Name", "Unit", "Owner", "Sponsor", "Impact class")
    assert rows[0][3:6] == ("Maya Okafor", "Hannah Cole", "Rights-impacting")
    assert [row[:2] for row in rows] == [(mine.initiative.reference, "Mine")]
    assert len(sheet(client)) == 3


def test_a_workbook_goes_beyond_one_page(hannah: User, maya: User, client: Client) -> None:
    for _ in range(53):
        make_rollout(owner=maya)
    client.force_login(hannah)
    assert len(sheet(client)) == 54


@pytest.mark.parametrize("name", ["=1+1", "+SUM(A1)", "-2", "@cmd", '=HYPERLINK("http://x")'])
def test_a_name_like_a_formula_stays_text(name: str, hannah: User, client: Client) -> None:
    make_rollout(make_initiative(name=name))
    client.force_login(hannah)
    assert sheet(client)[1][1] == f"'{name}"
    text = b"".join(client.get("/portfolio/export/portfolio.csv").streaming_content).decode(
        "utf-8-sig"
    )
    assert list(csv.reader(StringIO(text)))[1][1] == f"'{name}"


def test_exporting_needs_the_right(maya: User, client: Client) -> None:
    make_rollout(owner=maya)
    client.force_login(maya)
    assert client.get("/portfolio/export/portfolio.csv").status_code == 403


def test_only_known_kinds_of_file(hannah: User, client: Client) -> None:
    client.force_login(hannah)
    assert client.get("/portfolio/export/portfolio.exe").status_code == 404
